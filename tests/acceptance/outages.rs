//! When the world is at fault, nothing is lettered and nothing is lost: the batch is given back,
//! and the next invocation goes on by itself.

use std::time::Duration;

use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::step::Step;
use sluice_tests::run::Run;
use sluice_tests::services::{self, until};
use sluice_tests::wire::proxy::Proxy;

const COLUMNS: &str = "id int PRIMARY KEY, n int";
const GOOD: i64 = 20;

/// Rows for ids 0 to 19, and one record for each topic for letters.
async fn pipeline(target: Target, what: &str) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 1, COLUMNS).await.upserting();
    let name = pipeline.name.clone();
    pipeline.with("name", &name).with("max.retries", "1")
}

async fn send(pipeline: &Pipeline) {
    let good = (0..GOOD).map(|id| format!("{{\"id\":{id},\"n\":{id}}}"));
    let bad = ["{\"id\":", "{\"id\":-1,\"n\":\"many\"}"].map(str::to_owned);
    pipeline.send_values(good.chain(bad)).await;
}

async fn assert_nothing_left(pipeline: &Pipeline) {
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "an outage is no reason for a letter");
}

/// All rows are there, and exactly the two bad records are lettered.
async fn assert_whole(pipeline: &Pipeline) {
    let sum: i64 = pipeline.query("SELECT sum(n) FROM TABLE").await[0].get(0);
    assert_eq!((pipeline.rows().await, sum), (GOOD, GOOD * (GOOD - 1) / 2));
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1));
}

#[track_caller]
fn assert_given_up(run: &Run, says: &str) {
    assert_eq!((run.code, run.count("records")), (Some(1), 0), "{run:#?}");
    assert_eq!(run.count("given_up"), GOOD as u64 + 2);
    assert!(run.stderr.contains(says) && run.log.contains(says), "{says}: {run:#?}");
}

/// Drains once more, now that the world is well again.
async fn assert_resumes(pipeline: &Pipeline) {
    pipeline.drain(&[]).await.assert_settled();
    assert_whole(pipeline).await;
}

async fn a_locked_row(target: Target) {
    let pipeline = pipeline(target, "locked").await;
    pipeline.sql(&format!("INSERT INTO {} VALUES (3, 0)", pipeline.name)).await;
    send(&pipeline).await;
    let other = target.connect().await;
    let lock = format!("BEGIN; SELECT id FROM {} WHERE id = 3 FOR UPDATE", pipeline.name);
    other.run(&lock).await.expect("locked");
    let run = pipeline.drain(&["--timeout", "2s", "--max-retries", "0"]).await;
    assert_given_up(&run, "in time");
    assert_eq!(pipeline.starts().len(), 1, "it answered before it was killed: {run:#?}");
    assert_nothing_left(&pipeline).await;
    until("the session is gone", async || sessions(&pipeline).await == 0).await;
    other.run("ROLLBACK").await.expect("unlocked");
    assert_resumes(&pipeline).await;
}

async fn sessions(pipeline: &Pipeline) -> i64 {
    pipeline.query(&pipeline.target.count_sessions(&pipeline.name)).await[0].get(0)
}

async fn terminate(pipeline: &Pipeline) {
    assert_eq!(sessions(pipeline).await, 1);
    pipeline.sql(&pipeline.target.terminate(&pipeline.name)).await;
    until("the session is gone", async || sessions(pipeline).await == 0).await;
}

async fn a_backend_killed_before_the_rows(target: Target) {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = pipeline(target, "killed1").await.through(&proxy);
    send(&pipeline).await;
    let mut rows = Step::Write.hold(&pipeline, &proxy);
    let running = pipeline.start(&["--once"]);
    rows.caught().await;
    terminate(&pipeline).await;
    rows.release();
    let run = running.ended().await;
    run.assert_settled();
    assert_eq!(run.logged("retries"), 1, "within the invocation: {run:#?}");
    assert_eq!(run.count("retries"), 0);
    assert_whole(&pipeline).await;
}

async fn a_backend_killed_before_the_commit(target: Target) {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = pipeline(target, "killed2").await.through(&proxy);
    send(&pipeline).await;
    let mut commit = Step::Commit.hold(&pipeline, &proxy);
    let running = pipeline.start(&["--once"]);
    commit.caught().await;
    assert_eq!(pipeline.rows().await, 0);
    terminate(&pipeline).await;
    commit.release();
    let run = running.ended().await;
    run.assert_settled();
    assert_eq!(pipeline.rows().await, GOOD);
    // The letters had gone already; they come again with the same coordinates.
    let (dead, errors) = pipeline.letters().await;
    for letters in [dead, errors] {
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].origin(), letters[1].origin());
    }
}

async fn a_revoked_grant(target: Target) {
    let mut pipeline = pipeline(target, "grant").await;
    let name = pipeline.name.clone();
    pipeline.set("connection.url", &target.url_without_login());
    pipeline.set("connection.user", &name);
    pipeline.set("connection.password", &target.password());
    pipeline.sql(&target.let_only_read(&name)).await;
    send(&pipeline).await;
    let run = pipeline.drain(&["--max-retries", "1"]).await;
    assert_given_up(&run, Refusal::Privilege.code(target));
    assert_eq!(run.logged("retries"), 0, "it is not tried again at once");
    assert_nothing_left(&pipeline).await;
    pipeline.sql(&target.let_write(&name)).await;
    assert_resumes(&pipeline).await;
}

async fn a_dropped_table(target: Target) {
    let pipeline = pipeline(target, "dropped").await;
    pipeline.sql(&format!("DROP TABLE {}", pipeline.name)).await;
    send(&pipeline).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_given_up(&run, &pipeline.name);
    assert_nothing_left(&pipeline).await;
    pipeline.sql(&format!("CREATE TABLE {} ({COLUMNS})", pipeline.name)).await;
    assert_resumes(&pipeline).await;
}

/// Dropped and made again with another shape while the function runs.
async fn a_table_replaced_between_invocations(target: Target) {
    let pipeline = pipeline(target, "replaced").await;
    pipeline.send_values(["{\"id\":100,\"n\":1}"]).await;
    let running = pipeline.start(&[]);
    until("the first row", async || pipeline.rows().await == 1).await;
    let columns = "n bigint, extra varchar(9) DEFAULT 'new', id bigint PRIMARY KEY";
    pipeline.sql(&format!("DROP TABLE {0}; CREATE TABLE {0} ({columns})", pipeline.name)).await;
    send(&pipeline).await;
    until("the other rows", async || pipeline.rows().await == GOOD).await;
    running.stop().await.assert_settled();
    assert_eq!(pipeline.starts().len(), 1);
    assert_eq!(pipeline.column("SELECT DISTINCT extra FROM TABLE").await, ["new"]);
}

async fn a_missing_topic_for_letters(target: Target) {
    let pipeline = pipeline(target, "topicless").await;
    pipeline.delete_topic(&pipeline.dead).await;
    send(&pipeline).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_given_up(&run, &pipeline.dead);
    assert_eq!(pipeline.rows().await, 0, "nothing is committed without its letters");
    assert!(run.stderr.contains("does not exist"), "{}", run.stderr);
    let sent_anyway = pipeline.read(&pipeline.errors).await.len();
    pipeline.create_topic(&pipeline.dead, 1, &[]).await;
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, GOOD);
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1 + sent_anyway));
}

async fn a_broker_that_is_down_for_letters(target: Target) {
    let proxy = Proxy::before(&services::kafka()).await;
    let pipeline = pipeline(target, "brokerless").await.letters_through(&proxy);
    proxy.shut().await;
    send(&pipeline).await;
    let run = pipeline.drain(&["--timeout", "3s", "--max-retries", "0"]).await;
    assert_given_up(&run, &proxy.address());
    assert_eq!(pipeline.starts().len(), 1, "it answered before it was killed: {run:#?}");
    assert_eq!(pipeline.rows().await, 0, "nothing is committed without its letters");
    proxy.open().await;
    assert_resumes(&pipeline).await;
}

/// The same process, and its producer, survive the broker.
async fn a_broker_that_goes_and_comes_back(target: Target) {
    let proxy = Proxy::before(&services::kafka()).await;
    let pipeline = pipeline(target, "broker").await.letters_through(&proxy);
    pipeline.send_values(["{\"id\":", "{\"id\":0,\"n\":0}"]).await;
    let running = pipeline.start(&["--timeout", "10s"]);
    // A row is committed when the letters of its event are acknowledged: before that they may be
    // there, and come again.
    until("the first row", async || pipeline.rows().await == 1).await;
    proxy.shut().await;
    pipeline.send_values(["{\"id\":1,\"n\":1}", "{\"id\":"]).await;
    until("it is given back", async || pipeline.log().contains("could not be sent")).await;
    assert_eq!(pipeline.rows().await, 1);
    proxy.open().await;
    until("the other row", async || pipeline.rows().await == 2).await;
    running.stop().await.assert_settled();
    assert_eq!(pipeline.starts().len(), 1);
    assert_eq!(pipeline.read(&pipeline.dead).await.len(), 2);
}

async fn a_database_that_is_down_at_the_start(target: Target) {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = pipeline(target, "down").await.through(&proxy);
    proxy.shut().await;
    send(&pipeline).await;
    let running = pipeline.start(&[]);
    until("it is given back", async || pipeline.log().contains("\"given_back\":22")).await;
    assert_nothing_left(&pipeline).await;
    proxy.open().await;
    until("the rows", async || pipeline.rows().await == GOOD).await;
    running.stop().await.assert_settled();
    assert_eq!(pipeline.starts().len(), 1);
    assert_whole(&pipeline).await;
}

/// A script that stops it is told how much is left.
async fn a_run_that_ends_while_nothing_can_be_written(target: Target) {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = pipeline(target, "left").await.through(&proxy);
    proxy.shut().await;
    send(&pipeline).await;
    let running = pipeline.start(&[]);
    until("it is given back", async || pipeline.log().contains("\"given_back\":22")).await;
    let stopped = running.stop().await;
    assert_eq!((stopped.code, stopped.count("behind")), (Some(0), GOOD as u64 + 2), "{stopped:#?}");
    proxy.open().await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!(run.count("behind"), 0, "{run:#?}");
    assert_whole(&pipeline).await;
}

/// A connection over which nothing comes any more, after a pause of the given length.
async fn frozen(target: Target, what: &str, pause: Duration) -> Run {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = pipeline(target, what).await.through(&proxy);
    pipeline.send_values(["{\"id\":100,\"n\":1}"]).await;
    let running = pipeline.start(&["--timeout", "5s"]);
    until("the first row", async || pipeline.rows().await == 1).await;
    until("the first answer", async || !pipeline.log().is_empty()).await;
    tokio::time::sleep(pause).await;
    proxy.freeze();
    send(&pipeline).await;
    until("the other rows", async || pipeline.rows().await == GOOD + 1).await;
    let run = running.stop().await;
    run.assert_settled();
    assert_eq!(pipeline.starts().len(), 1, "{run:#?}");
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1));
    run
}

async fn a_connection_that_died_during_a_long_pause(target: Target) {
    let run = frozen(target, "frozen1", Duration::from_millis(5100)).await;
    assert_eq!(run.count("retries"), 0, "noticed before anything was lost: {run:#?}");
}

async fn a_connection_that_died_during_a_short_pause(target: Target) {
    let run = frozen(target, "frozen2", Duration::ZERO).await;
    assert_eq!(run.count("retries"), 0, "another is made within the invocation: {run:#?}");
}

sluice_tests::on_each_target! {
    a_locked_row,
    a_backend_killed_before_the_rows,
    a_backend_killed_before_the_commit,
    a_revoked_grant,
    a_dropped_table,
    a_table_replaced_between_invocations,
    a_missing_topic_for_letters,
    a_broker_that_is_down_for_letters,
    a_broker_that_goes_and_comes_back,
    a_database_that_is_down_at_the_start,
    a_run_that_ends_while_nothing_can_be_written,
    a_connection_that_died_during_a_long_pause,
    a_connection_that_died_during_a_short_pause,
}
