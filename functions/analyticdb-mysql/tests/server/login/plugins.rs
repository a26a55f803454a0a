//! How the password is proven: plugins of the servers, and passwords that one of them does not take.

use sluice_bridge::model::failure::Fault;
use sluice_testkit::invocation::run;

use super::refused;
use crate::account::{PASSWORD, Server, begin};

/// The first login with caching_sha2_password sends the password, over TLS or under the server's
/// RSA key; later ones send a hash, until the server forgets.
#[test]
fn caching_sha2_password_in_every_way() {
    run(async {
        let server = Server::MySql;
        let clauses = format!("IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'");
        for mode in ["REQUIRED", "DISABLED"] {
            server.account("login_sha2", &clauses).await;
            let place = format!("{}?ssl-mode={mode}", server.place());
            let right = format!("mysql://login_sha2:{PASSWORD}@{place}");
            let wrong = format!("mysql://login_sha2:hunter3@{place}");
            for _ in 0..2 {
                begin(&right).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
                assert_eq!(refused(&wrong).await.fault, Fault::Unauthorized);
                begin(&right).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
                server.sql(["FLUSH PRIVILEGES"]).await;
                assert_eq!(refused(&wrong).await.fault, Fault::Unauthorized);
            }
        }
    });
}

/// RSA takes no more in one piece; TLS takes any, and so does a server that remembers the password.
#[test]
fn a_password_that_is_too_long_for_rsa() {
    run(async {
        let server = Server::MySql;
        for length in [213, 214, 256] {
            let password = "p".repeat(length);
            let clauses = format!("IDENTIFIED WITH caching_sha2_password BY '{password}'");
            server.account("login_long", &clauses).await;
            let url =
                |mode| format!("mysql://login_long:{password}@{}?ssl-mode={mode}", server.place());
            let logged_in = begin(&url("DISABLED")).await;
            if length == 213 {
                assert_eq!(logged_in, Ok(()));
            } else {
                let error = logged_in.expect_err("nothing encrypts it");
                assert_eq!(error.fault, Fault::Fatal);
                let told = error.to_string();
                assert!(told.contains("213 bytes") && !told.contains(&password), "{told}");
            }
            assert_eq!(begin(&url("REQUIRED")).await, Ok(()));
            assert_eq!(begin(&url("DISABLED")).await, Ok(()));
        }
    });
}

#[test]
fn plugins_of_mariadb() {
    run(async {
        let server = Server::MariaDb;
        server.sql(["INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'"]).await;
        for plugin in ["mysql_native_password", "ed25519"] {
            let clauses = format!("IDENTIFIED VIA {plugin} USING PASSWORD('{PASSWORD}')");
            server.account("login_plugin", &clauses).await;
            for mode in ["REQUIRED", "DISABLED"] {
                let place = format!("{}?ssl-mode={mode}", server.place());
                let right = format!("mysql://login_plugin:{PASSWORD}@{place}");
                begin(&right).await.unwrap_or_else(|error| panic!("{plugin} {mode}: {error}"));
                for wrong in ["login_plugin:hunter3", "login_plugin"] {
                    let wrong = refused(&format!("mysql://{wrong}@{place}")).await;
                    assert_eq!(wrong.fault, Fault::Unauthorized, "{plugin}: {wrong}");
                }
            }
        }
        server.account("login_plugin", "").await;
        begin(&format!("mysql://login_plugin@{}", server.place())).await.expect("no password");
    });
}

/// MySQL asks a user it does not know for a plugin of its choice: here for this one now and then.
#[test]
fn a_plugin_that_is_not_known_is_named() {
    run(async {
        let server = Server::MySql;
        let clauses = format!("IDENTIFIED WITH sha256_password BY '{PASSWORD}'");
        server.account("login_sha256", &clauses).await;
        let url = format!("mysql://login_sha256:{PASSWORD}@{}", server.place());
        let error = refused(&url).await;
        assert_eq!(error.fault, Fault::Unauthorized, "{error}");
        assert!(error.to_string().contains("authentication plugin sha256_password"), "{error}");
    });
}
