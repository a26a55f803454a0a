//! The same functions on Function Compute: a server that is sent the events of ApsaraMQ for Kafka's trigger.
//! What is written, lettered and given back is what it is under Lambda; a batch fails as a whole.

use std::collections::BTreeSet;

use bytes::Bytes;
use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::step::Step;
use sluice_tests::pipeline::traffic::value_of;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary, until};
use sluice_tests::wire::proxy::Proxy;

use crate::instance::{GOOD, Instance};

const PLATFORM: [&str; 2] = ["--platform", "function-compute"];
const COLUMNS: &str = "id int PRIMARY KEY, n int";

async fn drain(pipeline: &Pipeline, arguments: &[&str]) -> Run {
    pipeline.drain(&[&PLATFORM, arguments].concat()).await
}

fn start(pipeline: &Pipeline, arguments: &[&str]) -> Running {
    pipeline.start(&[&PLATFORM[..], &["--once"], arguments].concat())
}

async fn upserts_of_several_partitions(target: Target) {
    let pipeline = Pipeline::to(target, "fc_upsert", 3, COLUMNS).await.upserting();
    let value = |at: i64| format!("{{\"id\":{},\"n\":{at}}}", at % 500);
    let record = |at: i64| value_of(value(at)).partition((at % 500 % 3) as i32);
    pipeline.send((0..2000).map(record)).await;
    let run = drain(&pipeline, &["--concurrency", "2", "--batch-size", "300"]).await;
    run.assert_settled();
    assert_eq!((run.count("records"), run.count("restarts")), (2000, 0), "{run:#?}");
    let sum: i64 = pipeline.query("SELECT sum(n) FROM TABLE").await[0].get(0);
    assert_eq!(
        (pipeline.rows().await, sum),
        (500, (1500..2000).sum()),
        "the last of each key stays"
    );
    let lines = run.lines();
    let requests: BTreeSet<&str> =
        lines.iter().filter_map(|line| line["requestId"].as_str()).collect();
    assert_eq!((requests.len(), run.logged("received")), (lines.len(), 2000), "{run:#?}");
}

/// Keys, headers and timestamps come as the record had them, as far as the letter tells.
async fn letters_hold_the_record(target: Target) {
    let pipeline = Pipeline::to(target, "fc_letters", 1, COLUMNS).await.upserting();
    let bad = |value: &'static str| {
        Record::new("", value)
            .partition(0)
            .key("ü-1")
            .timestamp(1_700_000_000_123)
            .header("trace", &b"\xff\x00one"[..])
            .null_header("nothing")
    };
    let good = value_of("{\"id\":1,\"n\":1}").partition(0);
    pipeline.send([bad("{\"id\":"), good, bad("{\"id\":2,\"n\":\"many\"}")]).await;
    drain(&pipeline, &[]).await.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((pipeline.rows().await, dead.len(), errors.len()), (1, 1, 1));
    for (letter, offset, value) in
        [(&dead[0], "0", "{\"id\":"), (&errors[0], "2", "{\"id\":2,\"n\":\"many\"}")]
    {
        assert_eq!(letter.origin(), (pipeline.name.as_str(), "0", offset));
        let sent = (Some("ü-1".as_bytes()), Some(value.as_bytes()));
        assert_eq!((letter.key.as_deref(), letter.value.as_deref()), sent);
        let headers: [(&str, Option<&[u8]>); 2] =
            [("trace", Some(b"\xff\x00one")), ("nothing", None)];
        assert_eq!(letter.own_headers(), headers);
        assert_eq!(letter.reason("__sluice.errors.timestamp"), "1700000000123");
    }
}

/// Bytes that are not text reach the function only in base64.
async fn values_of_every_encoding(target: Target) {
    for (encoding, lost) in [("text", true), ("json", true), ("base64", false)] {
        let what = format!("fc_{encoding}");
        let pipeline = Pipeline::to(target, &what, 1, COLUMNS).await.upserting();
        let pipeline = pipeline.with("event.value.encoding", encoding);
        let binary = Bytes::from_static(b"{\"id\":\xff");
        let tombstone = Record::tombstone("", "k").partition(0);
        pipeline
            .send([
                value_of("{\"id\":1,\"n\":12}").partition(0),
                Record::new("", binary.clone()).partition(0),
                tombstone,
            ])
            .await;
        let run = drain(&pipeline, &[]).await;
        run.assert_settled();
        let (dead, _) = pipeline.letters().await;
        assert_eq!(pipeline.column("SELECT n FROM TABLE").await, ["12"], "{encoding}");
        assert_eq!(dead[0].value.as_ref() != Some(&binary), lost, "{encoding}: {dead:?}");
        assert_eq!((dead.len(), run.count("filtered")), (1, 1), "a tombstone stays one: {run:#?}");
    }
}

/// Nothing of it is written, whatever of the batch was good.
async fn a_bad_record_gives_its_whole_batch_back(target: Target) {
    let mut pipeline = Pipeline::to(target, "fc_poison", 2, COLUMNS).await.upserting();
    pipeline.set("errors.tolerance", "none");
    pipeline.unset("errors.deadletterqueue.topic.name");
    pipeline.unset("errors.data.topic.name");
    let value = |id: i32| match id {
        5 => "{\"id\":5,\"n\":\"five\"}".to_owned(),
        id => format!("{{\"id\":{id},\"n\":1}}"),
    };
    pipeline.send((0..20).map(|id| value_of(value(id)).partition(id % 2))).await;
    let run = drain(&pipeline, &["--max-retries", "1", "--batch-window", "2s"]).await;
    assert_eq!((run.code, run.count("given_up")), (Some(1), 20), "{run:#?}");
    assert_eq!((pipeline.rows().await, run.count("retries")), (0, 1), "{run:#?}");
    assert!(run.log.contains("Sluice.BadRecord") && !run.log.contains("five"), "{}", run.log);

    // It is tolerated now: the group goes on where it stopped, and nothing was lost.
    pipeline.set("errors.tolerance", "all");
    pipeline.set("errors.deadletterqueue.topic.name", "DEAD");
    drain(&pipeline, &[]).await.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.read(&pipeline.dead).await.len()), (19, 1));
}

async fn an_outage_loses_nothing(target: Target) {
    let proxy = Proxy::before(&target.address()).await;
    let pipeline = Pipeline::to(target, "fc_outage", 1, COLUMNS).await.upserting().through(&proxy);
    let value = |id: i64| format!("{{\"id\":{id},\"n\":{id}}}");
    pipeline.send_values((0..20).map(value)).await;
    let mut commit = Step::Commit.hold(&pipeline, &proxy);
    let running = start(&pipeline, &["--max-retries", "100"]);
    commit.caught().await;
    proxy.shut().await;
    commit.release();
    until("it is told", async || pipeline.log().contains("Sluice.Transient")).await;
    proxy.open().await;
    let run = running.ended().await;
    run.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.starts().len()), (20, 1), "{run:#?}");
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "an outage is no reason for a letter");
}

/// Killed after the commit and before the answer: where nothing tells the records apart they are written
/// again, and with the offsets beside the rows they are not.
async fn a_redelivery_doubles_nothing_where_offsets_are_kept(target: Target) {
    for (what, times) in [("fc_twice", 2), ("fc_once", 1)] {
        let proxy = Proxy::before(&target.address()).await;
        let mut pipeline = Pipeline::to(target, what, 1, "id int, n int").await.through(&proxy);
        if times == 1 {
            let offsets = format!("{}_offsets", pipeline.name);
            pipeline.set("name", what);
            pipeline.set("exactly.once.enabled", "true");
            pipeline.set("offsets.table", &offsets);
        }
        pipeline.send_values((0..20).map(|id| format!("{{\"id\":{id},\"n\":1}}"))).await;
        let mut answer = Step::Answer.hold(&pipeline, &proxy);
        let running = start(&pipeline, &["--batch-window", "1s"]);
        answer.caught().await;
        pipeline.kill_function();
        proxy.cut();
        let run = running.ended().await;
        run.assert_settled();
        assert_eq!((run.count("retries"), pipeline.starts().len()), (1, 2), "{run:#?}");
        assert_eq!(pipeline.rows().await, 20 * times, "{what}");
    }
}

async fn one_event_is_invoked_from_a_file(target: Target) {
    let pipeline = Pipeline::to(target, "fc_invoke", 1, COLUMNS).await.upserting();
    let pipeline = pipeline.with("errors.tolerance", "none");
    let invoke = async |name: &str, event: &str| {
        let mut command = sluice();
        command.arg("invoke").arg("--function").arg(binary(target.connector())).args(PLATFORM);
        command.arg("--event").arg(pipeline.file(name, event)).envs(pipeline.options());
        command.env_remove("SLUICE_ERRORS_DEADLETTERQUEUE_TOPIC_NAME");
        command.env_remove("SLUICE_ERRORS_DATA_TOPIC_NAME");
        Running::start(command, None).ended().await
    };
    let record = |value: &str| {
        let value = value.replace('"', "\\\"");
        let topic = &pipeline.name;
        format!("[{{\"topic\":\"{topic}\",\"partition\":0,\"offset\":7,\"value\":\"{value}\"}}]")
    };
    let run = invoke("good", &record("{\"id\":7,\"n\":70}")).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "{\"batchItemFailures\":[]}\n"),
        "{run:#?}"
    );
    assert_eq!(pipeline.column("SELECT n FROM TABLE WHERE id = 7").await, ["70"]);
    let run = invoke("bad", "<html>").await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("Sluice.NotAnEvent: "), "{run:#?}");
}

/// The platform asks for it before it ends an instance.
async fn before_it_is_stopped_its_connections_are_closed(target: Target) {
    let pipeline = Pipeline::to(target, "fc_stop", 1, COLUMNS).await.upserting();
    let name = pipeline.name.clone();
    let pipeline = pipeline.with("name", &name).with("kafka.bootstrap.servers", &services::kafka());
    let instance = Instance::start(target.connector(), &pipeline, &[]).await;
    assert!(instance.ask("POST /initialize", &[], "").await.starts_with(GOOD));
    let sessions = async || -> i64 {
        pipeline.query(&pipeline.target.count_sessions(&pipeline.name)).await[0].get(0)
    };
    assert_eq!(sessions().await, 0, "nothing is connected before there is work");
    for id in 1..=2 {
        let record = format!(
            r#"[{{"topic":"{}","partition":0,"offset":{id},"value":{{"id":{id},"n":1}}}}]"#,
            pipeline.name
        );
        let answer = instance.ask("POST /invoke", &[], &record).await;
        assert!(answer.starts_with(GOOD), "{answer}");
        assert_eq!((pipeline.rows().await, sessions().await), (id, 1));
        assert!(instance.ask("GET /pre-stop", &[], "").await.starts_with(GOOD));
        until("the session is gone", async || sessions().await == 0).await;
    }
    let run = instance.stop().await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
}

sluice_tests::on_each_target! {
    upserts_of_several_partitions,
    letters_hold_the_record,
    values_of_every_encoding,
    a_bad_record_gives_its_whole_batch_back,
    an_outage_loses_nothing,
    a_redelivery_doubles_nothing_where_offsets_are_kept,
    one_event_is_invoked_from_a_file,
    before_it_is_stopped_its_connections_are_closed,
}
