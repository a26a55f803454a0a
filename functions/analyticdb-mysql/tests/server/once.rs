//! `exactly.once.enabled=true`: the table that progress is kept in, and engines that cannot.

use sluice_bridge::model::failure::Fault;

use crate::support::{Options, Stage, all_written, everywhere};

const ONCE: Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "once"), ("errors.tolerance", "all")];
const ROWS: [&str; 3] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#, r#"{"v":"c"}"#];

async fn plain(stage: &mut Stage) {
    stage.sql("CREATE TABLE t (v varchar(9))").await;
}

#[test]
fn a_table_of_offsets_that_cannot_be_made() {
    everywhere("once_nowhere", async |stage| {
        plain(stage).await;
        let elsewhere = [ONCE, &[("offsets.table", "no_such_database.progress")]].concat();
        let given_back = stage.deliver("t", &elsewhere, ROWS).await.expect_err("no such database");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(
            told.starts_with("the offsets table `no_such_database`.`progress` cannot be created: "),
            "{told}"
        );
    });
}

/// Without transactions offsets and rows would not be of one mind.
#[test]
fn engines_without_transactions_are_refused() {
    everywhere("once_engines", async |stage| {
        plain(stage).await;
        assert_eq!(stage.deliver("t", ONCE, ROWS).await, Ok(all_written(3)));
        stage.sql("CREATE TABLE m (v varchar(9)) ENGINE=MyISAM").await;
        let error = stage.deliver("m", ONCE, ROWS).await.expect_err("MyISAM").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("has the engine MyISAM"), "{error}");
        assert_eq!(stage.column("SELECT COUNT(*) FROM m").await, ["0"]);
        stage.sql("ALTER TABLE sluice_offsets ENGINE=MEMORY").await;
        let error = stage.deliver("t", ONCE, ROWS).await.expect_err("MEMORY").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("engine without transactions"), "{error}");
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["3"]);
    });
}
