//! `auto.create` where the server does not allow it.

use sluice_bridge::failure::Fault;

use crate::support::{Options, configure, deliver, on_stage};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];

#[test]
fn who_may_not_make_a_table_says_so() {
    on_stage("create_denied", async |stage| {
        stage.sql("DROP ROLE IF EXISTS create_denied; CREATE ROLE create_denied LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA create_denied TO create_denied").await;
        let url = stage.url(&[]);
        let mut sink = configure(&[
            ("connection.url", &url),
            ("connection.user", "create_denied"),
            ("connection.password", "x"),
        ])
        .expect("the options are good");
        let given_back = deliver(&mut sink, "t", CREATE, [r#"{"a":1}"#]).await.expect_err("denied");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(told.starts_with("table \"t\" cannot be made: permission denied"), "{told}");
        stage.sql("DROP OWNED BY create_denied; DROP ROLE create_denied").await;
    });
}
