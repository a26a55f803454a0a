//! Tokens of the server in place of the password (`session_token=enable`), as the front gives them, which follows the
//! sources of the server.

use databend::DatabendSink;
use serde_json::{Value, json};
use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::contract::Subject;
use sluice_testkit::invocation::{self, INSERT, UPDATE, all_written, deliver_values};

use crate::faults::{STAGED, scene, table, values};
use crate::subject::Server;
use crate::support;

/// A sink that asks for tokens, and makes a file of every batch.
fn asking(server: &Server, more: invocation::Options<'_>) -> DatabendSink {
    let url = support::url(&server.admin.database) + "&session_token=enable";
    server.sink_with(&[STAGED, &[("connection.url", url.as_str())], more].concat())
}

/// Inserts a row, and returns each request of the invocation with how it logs in.
async fn insert(server: &Server, sink: &mut DatabendSink) -> Vec<(String, Value)> {
    let before = server.admin.seen().await.len();
    assert_eq!(deliver_values(sink, "t", INSERT, values(1)).await, Ok(all_written(1)));
    let seen = server.admin.seen().await.split_off(before);
    seen.into_iter().map(|(it, headers)| (it, headers["login"].clone())).collect()
}

/// How the requests of an invocation's transaction log in. Other sessions of it may have a token before.
fn logins(seen: &[(String, Value)]) -> Vec<&str> {
    let mut logins: Vec<&str> = seen
        .iter()
        .filter(|(it, _)| TRANSACTION.iter().any(|begin| it.starts_with(begin)))
        .map(|(_, login)| login.as_str().expect("a scheme"))
        .collect();
    logins.dedup();
    logins
}

const TRANSACTION: [&str; 4] = ["BEGIN", "upload ", "INSERT INTO", "COMMIT"];

fn is_renewal(statement: &str) -> bool {
    ["login", "refresh"].contains(&statement)
}

fn renewals(seen: &[(String, Value)]) -> Vec<&str> {
    seen.iter().map(|(it, _)| it.as_str()).filter(|it| is_renewal(it)).collect()
}

/// Inserts rows until there is a token, for which an invocation waits only a little. Returns how many.
async fn until_token(server: &Server, sink: &mut DatabendSink) -> usize {
    for count in 1..60 {
        if logins(&insert(server, sink).await) == ["Bearer"] {
            return count;
        }
    }
    panic!("there is no token");
}

/// Inserts rows until an invocation has these requests for tokens: one that is not answered in time is sent again.
/// Returns how the other requests of that invocation log in.
async fn until_renewals(server: &Server, sink: &mut DatabendSink, wanted: &[&str]) -> String {
    for _ in 1..60 {
        let seen = insert(server, sink).await;
        let [login] = logins(&seen)[..] else { panic!("a request was refused: {seen:?}") };
        if renewals(&seen) == wanted {
            return login.to_owned();
        }
    }
    panic!("there is no invocation with {wanted:?}");
}

/// The first invocation has the password in every request, and asks for a token beside its work. After that the token
/// is in every request.
#[test]
fn a_token_replaces_the_password() {
    invocation::run(async {
        let (mut server, _) = scene().await;
        let mut sink = asking(&server, &[]);
        let seen = insert(&server, &mut sink).await;
        assert_eq!((logins(&seen), &*seen[0].0), (vec!["Basic"], "BEGIN"), "it waits for no token");
        let count = until_token(&server, &mut sink).await;
        assert_eq!(server.rows(&table()).await.len(), 1 + count);
        // The pages of a result belong to the session that began the query.
        server.admin.trouble("page", "LEFT ANTI JOIN", json!({"rows": 2})).await;
        let outcome = deliver_values(&mut sink, "t", UPDATE, values(7)).await.expect("a session");
        assert_eq!((outcome.written, outcome.filtered), (1, 6));
    });
}

/// A token whose time is over in the middle of a transaction costs one more request, and no row.
#[test]
fn a_token_may_expire_in_a_transaction() {
    invocation::run(async {
        for matching in ["BEGIN", "INSERT INTO", "COMMIT"] {
            let (mut server, _) = scene().await;
            let mut sink = asking(&server, &[]);
            let before = until_token(&server, &mut sink).await;
            server.admin.trouble("expired", matching, json!({})).await;
            let seen = insert(&server, &mut sink).await;
            let sent: Vec<&Value> =
                seen.iter().filter(|(it, _)| it.starts_with(matching)).map(|it| &it.1).collect();
            assert_eq!(sent, ["Bearer", "Basic"], "{matching}");
            let again = until_token(&server, &mut sink).await;
            assert_eq!(server.rows(&table()).await.len(), before + 1 + again, "{matching}");
        }
    });
}

/// New tokens are there before the time of the old ones is over; the refresh token is enough for that, and if it is
/// refused, the password.
#[test]
fn tokens_are_renewed_beside_the_work() {
    invocation::run(async {
        for wanted in [vec!["refresh"], vec!["refresh", "login"]] {
            let (server, _) = scene().await;
            let mut sink = asking(&server, &[]);
            server.admin.trouble("brief", "login", json!({"seconds": 0, "times": 99})).await;
            if wanted.len() > 1 {
                server.admin.trouble("missing", "refresh", json!({"times": 99})).await;
            }
            assert_eq!(until_renewals(&server, &mut sink, &wanted).await, "Bearer");
            if wanted.len() == 1 {
                // The new tokens have their whole time.
                assert_eq!(until_renewals(&server, &mut sink, &[]).await, "Bearer");
            }
        }
    });
}

/// A server that knows no logins is not asked again.
#[test]
fn a_server_without_logins_has_the_password() {
    invocation::run(async {
        let (server, _) = scene().await;
        let mut sink = asking(&server, &[]);
        server.admin.trouble("missing", "login", json!({"times": 99})).await;
        for asked in [vec!["login"], vec![]] {
            assert_eq!(until_renewals(&server, &mut sink, &asked).await, "Basic");
        }
        let seen = insert(&server, &mut sink).await;
        assert_eq!((logins(&seen), renewals(&seen)), (vec!["Basic"], vec![]));
    });
}

/// A wrong password is told by the first statement, and is not tried a second time for a token: servers count attempts.
#[test]
fn a_wrong_password_asks_for_no_token() {
    invocation::run(async {
        let (server, _) = scene().await;
        let mut sink = asking(&server, &[("connection.password", "wrong")]);
        let error = sink.begin().await.expect_err("no login");
        assert_eq!(error.fault, Fault::Unauthorized);
        assert!(error.to_string().contains("5100"), "{error}");
        assert!(!server.admin.seen().await.iter().any(|(it, _)| is_renewal(it)));
    });
}
