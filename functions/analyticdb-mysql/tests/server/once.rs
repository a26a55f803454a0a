//! `exactly.once.enabled=true`: invocations that race, connections that are lost, and the table
//! that progress is kept in.

use std::time::Duration;

use sluice_bridge::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{Options, Stage, all_written, deliver, everywhere};

const ONCE: Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "once"), ("errors.tolerance", "all")];
const ROWS: [&str; 3] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#, r#"{"v":"c"}"#];

async fn plain(stage: &mut Stage) {
    stage.sql("CREATE TABLE t (v varchar(9))").await;
}

/// What `offsets.table` says.
async fn reached(stage: &mut Stage) -> Vec<String> {
    let rows = stage.rows(
        "SELECT topic, `partition`, `table`, next_offset FROM sluice_offsets ORDER BY 1, 2, 3",
    );
    rows.await.into_iter().map(|row| row.join(" ")).collect()
}

/// One invocation writes, and another with the same records waits for it to end.
async fn race(stage: &mut Stage, end: impl AsyncFnOnce(&mut analyticdb_mysql::MySqlSink)) -> usize {
    let mut second = stage.sink_of_user(&["ALL ON *.*"]).await;
    let mut first = stage.sink();
    let rules = invocation::rules(ONCE);
    let body = EventBuilder::msk().values("t", 0, ROWS).build();
    invocation::write(&mut first, &body, &rules).await.expect("it is written");
    let racing = deliver(&mut second, "t", ONCE, ROWS);
    let name = stage.database.clone();
    let ending = async {
        let waits = format!(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '{name}' AND COMMAND <> 'Sleep' \
             AND (INFO LIKE '%sluice_offsets%')"
        );
        loop {
            let before = stage.column(&waits).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            if before.len() == 1 && stage.column(&waits).await.len() == 1 {
                break;
            }
        }
        end(&mut first).await;
    };
    let (outcome, ()) = futures_util::future::join(racing, ending).await;
    outcome.expect("the race is no fault").written
}

#[test]
fn a_race_for_a_new_partition_is_won_by_one() {
    everywhere("once_race_new", async |stage| {
        plain(stage).await;
        stage.deliver("u", ONCE, ROWS).await.expect_err("there is no such table");
        let written = race(stage, async |first| first.commit().await.expect("it commits")).await;
        assert_eq!(written, 0);
        assert_eq!(stage.column("SELECT v FROM t ORDER BY v").await, ["a", "b", "c"]);
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3"]);
    });
}

#[test]
fn a_race_for_a_known_partition_is_won_by_one() {
    everywhere("once_race", async |stage| {
        plain(stage).await;
        let event = EventBuilder::msk().values("t", 0, [r#"{"v":"0"}"#]).build();
        let rules = invocation::rules(ONCE);
        invocation::deliver(&mut stage.sink(), &event, &rules).await.expect("it is written");
        let written = race(stage, async |first| first.commit().await.expect("it commits")).await;
        assert_eq!(written, 0);
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["3"]);
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3"]);
    });
}

#[test]
fn who_waits_for_one_that_fails_writes_instead() {
    everywhere("once_race_lost", async |stage| {
        plain(stage).await;
        stage.deliver("u", ONCE, ROWS).await.expect_err("there is no such table");
        let written = race(stage, async |first| first.abandon().await).await;
        assert_eq!(written, 3);
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["3"]);
    });
}

#[test]
fn many_first_invocations_make_one_table_of_offsets() {
    everywhere("once_first", async |stage| {
        plain(stage).await;
        let options = [ONCE, &[("max.retries", "10")]].concat();
        let race = async |nth: i32| {
            let body = EventBuilder::msk().values("t", nth, ROWS).build();
            invocation::deliver(&mut stage.sink(), &body, &invocation::rules(&options)).await
        };
        let outcomes = futures_util::future::join_all((0..8).map(race)).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(all_written(3))), "{outcomes:?}");
        assert_eq!(reached(stage).await.len(), 8);
    });
}

/// Invocations of several partitions, given in any order, do not wait for each other in a circle.
#[test]
fn partitions_are_locked_in_one_order() {
    everywhere("once_order", async |stage| {
        plain(stage).await;
        let options = [ONCE, &[("max.retries", "0")]].concat();
        stage.deliver("t", &options, ROWS).await.expect("the table of offsets is made");
        for round in 1..5 {
            let race = async |nth: usize| {
                let mut partitions = [1, 2, 3, 4];
                partitions.rotate_left(nth);
                let event = partitions.into_iter().fold(EventBuilder::msk(), |event, partition| {
                    let rows = (0..round).map(|_| ROWS[0]);
                    event.values("t", partition, rows)
                });
                invocation::deliver(&mut stage.sink(), &event.build(), &invocation::rules(&options))
                    .await
            };
            let outcomes = futures_util::future::join_all((0..4).map(race)).await;
            assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            let count = stage.column("SELECT COUNT(*) FROM t").await;
            assert_eq!(count, [(3 + 4 * round).to_string()]);
        }
    });
}

#[test]
fn a_redelivery_is_filtered() {
    everywhere("once_again", async |stage| {
        plain(stage).await;
        let mut sink = stage.sink();
        assert_eq!(deliver(&mut sink, "t", ONCE, ROWS).await, Ok(all_written(3)));
        let outcome = deliver(&mut sink, "t", ONCE, ROWS).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.filtered), (0, 3));
        let more: Vec<String> = (0..2_500).map(|nth| format!(r#"{{"v":"v{nth}"}}"#)).collect();
        let outcome = deliver(&mut sink, "t", ONCE, &more).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.filtered), (2_497, 3));
        assert_eq!(reached(stage).await, ["t 0 \"t\" 2500"]);
    });
}

#[test]
fn rows_that_are_refused_do_no_harm_to_the_offsets() {
    everywhere("once_refused", async |stage| {
        stage.sql("CREATE TABLE t (v varchar(9), CHECK (v <> 'b'))").await;
        let outcome = stage.deliver("t", ONCE, ROWS).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.failures.len()), (2, 1));
        let outcome =
            stage.deliver("t", ONCE, [r#"{"v":"b"}"#]).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.filtered), (0, 1));
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3"]);
    });
}

#[test]
fn the_table_of_offsets_can_be_named_and_made_by_hand() {
    everywhere("once_named", async |stage| {
        plain(stage).await;
        let named = [ONCE, &[("offsets.table", "once_named.pro`gress")]].concat();
        assert_eq!(stage.deliver("t", &named, ROWS).await, Ok(all_written(3)));
        assert_eq!(stage.column("SELECT next_offset FROM `pro``gress`").await, ["3"]);
        let elsewhere = [ONCE, &[("offsets.table", "no_such_database.progress")]].concat();
        let given_back = stage.deliver("t", &elsewhere, ROWS).await.expect_err("no such database");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(
            told.starts_with("the offsets table `no_such_database`.`progress` cannot be made: "),
            "{told}"
        );
        stage.sql("CREATE TABLE other (id int)").await;
        let other = [ONCE, &[("offsets.table", "other")]].concat();
        let given_back = stage.deliver("t", &other, ROWS).await.expect_err("another table");
        assert_eq!(given_back.error.fault, Fault::Fatal, "{given_back:?}");
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
        assert!(error.to_string().contains("of the engine MyISAM"), "{error}");
        assert_eq!(stage.column("SELECT COUNT(*) FROM m").await, ["0"]);
        stage.sql("ALTER TABLE sluice_offsets ENGINE=MEMORY").await;
        let error = stage.deliver("t", ONCE, ROWS).await.expect_err("MEMORY").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("engine without transactions"), "{error}");
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["3"]);
    });
}
