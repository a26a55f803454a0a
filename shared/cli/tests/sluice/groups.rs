//! `sluice lag` and `sluice offsets`.

use std::collections::BTreeMap;
use std::process::Command;

use krafka::producer::Record;
use serde_json::{Value, json};

use crate::process::{Ended, bootstrap, ended, run, signal, sluice};
use crate::stage::{Stage, offsets, plain};

fn command(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = sluice();
    command.args(arguments).args(["--bootstrap", &bootstrap(), "--group", &stage.group]);
    command
}

fn reset(stage: &Stage, partitions: &str, arguments: &[&str]) -> Command {
    let mut command = command(stage, &["offsets", "reset"]);
    command.args(["--topic", &format!("{}{partitions}", stage.topic)]).args(arguments);
    command
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("no JSON: {ended:?}"))
}

#[tokio::test]
async fn lag_is_told_and_can_fail_a_script() {
    let stage = Stage::new(2).await;
    stage.fill(0, 30, plain).await;
    let unknown = run(command(&stage, &["lag"])).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("has committed no offset"), "{unknown:?}");

    assert_eq!(run(stage.trigger(&["--once"])).await.count("records"), 30);
    stage.fill(0, 5, plain).await;
    stage.fill(1, 2, plain).await;
    let told = run(command(&stage, &["lag", "--fail-above", "7"])).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines[0], format!("group {}: Empty, 0 members, 7 behind", stage.group));
    let cells: Vec<Vec<&str>> = lines[1..].iter().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(cells[0], ["topic", "partition", "committed", "end", "lag"]);
    assert_eq!(cells[1], [&stage.topic, "0", "30", "35", "5"]);

    let told = run(command(&stage, &["lag", "--fail-above", "6", "--output", "json"])).await;
    assert_eq!((told.code, &json(&told)["lag"]), (Some(1), &json!(7)), "{told:?}");
}

#[tokio::test]
async fn a_group_is_moved_only_on_demand_and_only_when_it_rests() {
    let stage = Stage::new(3).await;
    let producer = stage.kafka.producer().build().await.expect("a producer");
    for (partition, timestamp) in [(0, 1000), (0, 2000), (0, 3000), (1, 1000), (2, 9000)] {
        let mut record = Record::new(&stage.topic, plain(timestamp)).partition(partition);
        record.timestamp = Some(timestamp);
        let _ = producer.send(record).await.expect("written");
    }
    producer.close().await.expect("closed");
    assert_eq!(run(stage.trigger(&["--once"])).await.count("records"), 5);
    let drained = BTreeMap::from([(0, 3), (1, 1), (2, 1)]);
    assert_eq!(stage.committed().await, drained);

    let planned = run(reset(&stage, "", &["--to", "earliest"])).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert!(planned.stdout.contains("3 again") && planned.stdout.contains("--execute"));
    assert_eq!(stage.committed().await, drained, "nothing is changed");

    let moved = run(reset(&stage, "", &["--to", "timestamp=2", "--execute"])).await;
    assert_eq!(moved.code, Some(0), "{moved:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 1), (1, 1), (2, 0)]), "{moved:?}");

    let moved = run(reset(&stage, ":0,1", &["--to", "offset=1", "--execute"])).await;
    assert!(moved.stdout.contains("nothing to do"), "{moved:?}");
    let moved =
        run(reset(&stage, ":2", &["--to", "latest", "--execute", "--output", "json"])).await;
    let expected = json!([{"topic": stage.topic, "partition": 2, "from": 0, "to": 1}]);
    assert_eq!(json(&moved)["moves"], expected, "{moved:?}");

    for (partitions, target, says) in
        [(":0", "offset=4", "is outside this range"), (":7", "earliest", "has no partition 7")]
    {
        let refused = run(reset(&stage, partitions, &["--to", target, "--execute"])).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(says), "{refused:?}");
    }

    let moved = run(reset(&stage, "", &["--to", "earliest", "--execute"])).await;
    assert_eq!(moved.code, Some(0), "{moved:?}");
    let again = run(stage.trigger(&["--once"])).await;
    assert_eq!(again.count("records"), 5, "{again:?}");
    assert_eq!(stage.received()[&0], [offsets(3), offsets(3)].concat());
}

#[tokio::test]
async fn a_group_with_members_is_not_moved() {
    let stage = Stage::new(1).await;
    stage.fill(0, 3, plain).await;
    let child = stage.trigger(&[]).spawn().expect("the command starts");
    stage.until("it has read", async |s| s.committed().await == [(0, 3)].into()).await;
    let refused = run(reset(&stage, "", &["--to", "earliest", "--execute"])).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("is active (1 members, state Stable)"), "{refused:?}");
    let told = run(command(&stage, &["offsets", "show"])).await;
    assert!(told.stdout.contains("Stable, 1 member, 0 behind"), "{told:?}");
    signal(child.id(), "TERM");
    assert_eq!(ended(child).await.code, Some(0));
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 3)]));

    let new =
        run(command(&stage, &["offsets", "reset", "--topic", &stage.topic, "--to", "latest"]));
    assert!(new.await.stdout.contains("nothing to do"));
}
