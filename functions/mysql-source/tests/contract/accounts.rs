//! What an account needs, and that a source which could lose rows does not start.

use sluice_source::error::Next;
use sluice_source::poll::Poll;
use sluice_testkit::MemoryJournal;

use crate::late::{T, TABLES};
use crate::stage::{Stage, on_both};

const PASSWORD: &str = "Reader-1-secret";

/// An account that may read our tables, and these things more.
async fn account(stage: &Stage, name: &str, grants: &[&str]) -> String {
    let user = format!("{}_{name}", stage.database);
    let mut sql = format!(
        "DROP USER IF EXISTS {user}; CREATE USER {user} IDENTIFIED BY '{PASSWORD}'; \
         GRANT SELECT ON {}.* TO {user}",
        stage.database
    );
    for grant in grants {
        sql += &format!("; GRANT {grant} TO {user}");
    }
    stage.say(&sql).await;
    user
}

/// Opens a source with an account: what it says at its start, or why it does not start.
async fn opened(stage: &Stage, user: &str, mode: &str, late: &str) -> Result<Vec<String>, String> {
    let time = ("timestamp.column.name", if mode == "incrementing" { "" } else { "ts" });
    let login = [("connection.user", user), ("connection.password", PASSWORD)];
    let options = [&login[..], &[T, ("mode", mode), time, ("late.commits", late)]].concat();
    let (source, rules) = stage.source(&options);
    let opened = Poll::open(source, MemoryJournal::default(), rules).await;
    match opened {
        Ok(mut poll) => {
            poll.close().await;
            Ok(poll.warnings())
        }
        Err(error) => {
            assert_eq!(error.next, Next::Stop, "{error}");
            Err(error.message)
        }
    }
}

#[test]
fn an_account_that_can_only_read_is_refused() {
    on_both("reader", async |stage| {
        stage.say(TABLES).await;
        let user = account(stage, "only", &[]).await;
        for mode in ["incrementing", "timestamp"] {
            let why = opened(stage, &user, mode, "auto").await.expect_err("it would lose rows");
            for way in ["metadata-locks: ", "processes: ", "table-lock: ", "late.commits=delay"] {
                assert!(why.contains(way), "{mode}: nothing of {way} in {why}");
            }
            let warned = opened(stage, &user, mode, "delay").await.expect("it was asked for");
            assert!(warned.iter().any(|told| told.contains("is not proven")), "{warned:?}");
        }
        assert_eq!(opened(stage, &user, "bulk", "auto").await, Ok(vec![]), "a pass has no bound");
        stage.say(&format!("DROP USER {user}")).await;
    });
}

/// The right to ask whether the server replicates another one.
fn monitor(stage: &Stage) -> &'static str {
    if stage.is_maria { "SLAVE MONITOR ON *.*" } else { "REPLICATION CLIENT ON *.*" }
}

#[test]
fn an_account_that_may_not_ask_for_replication_is_told_so() {
    on_both("monitor", async |stage| {
        stage.say(TABLES).await;
        let user = account(stage, "process", &["PROCESS ON *.*"]).await;
        let warned = opened(stage, &user, "incrementing", "auto").await.expect("it starts");
        let right = monitor(stage).trim_end_matches(" ON *.*");
        let told = |warning: &String| {
            warning.contains("replicates another one")
                && warning.ends_with(&format!("grant {right}"))
        };
        assert!(warned.len() == 1 && told(&warned[0]), "{warned:?}");
        stage.say(&format!("DROP USER {user}")).await;
    });
}

#[test]
fn one_right_more_is_enough() {
    on_both("rights", async |stage| {
        stage.say(TABLES).await;
        let monitor = monitor(stage);
        let process = account(stage, "process", &["PROCESS ON *.*", monitor]).await;
        let lock = format!("LOCK TABLES ON {}.*", stage.database);
        let lock = account(stage, "lock", &[&lock, monitor]).await;
        for mode in ["incrementing", "timestamp"] {
            assert_eq!(opened(stage, &process, mode, "auto").await, Ok(vec![]), "{mode}");
        }
        assert_eq!(opened(stage, &lock, "incrementing", "auto").await, Ok(vec![]));
        let why = opened(stage, &lock, "timestamp", "auto").await.expect_err("ids alone");
        assert!(why.contains("table-lock: it works only with mode=incrementing"), "{why}");
        stage.say(&format!("DROP USER {process}, {lock}")).await;
        if !stage.is_maria {
            let locks =
                ["metadata_locks", "threads"].map(|t| format!("SELECT ON performance_schema.{t}"));
            let rights = [&locks.each_ref().map(String::as_str)[..], &[monitor]].concat();
            let locks = account(stage, "locks", &rights).await;
            for mode in ["incrementing", "timestamp"] {
                assert_eq!(opened(stage, &locks, mode, "auto").await, Ok(vec![]), "{mode}");
            }
            let why =
                opened(stage, &locks, "timestamp", "processes").await.expect_err("no PROCESS");
            assert!(why.contains("processes: "), "{why}");
            stage.say(&format!("DROP USER {locks}")).await;
        }
    });
}
