//! Transactions on real brokers: all or nothing, a newer instance takes over, and the end of a compacted topic is not
//! taken to be where somebody else's transaction begins.

mod support;

use std::collections::HashMap;

use bytes::Bytes;
use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::TopicPartition;
use sluice_kafka::{Connected, SendError, Tasks, TransactionError, Transactions};
use support::{access, create, exported, name, plain_brokers, within};

async fn open(servers: &str, id: &str) -> Transactions {
    Transactions::open(&access(servers, &[]), id).await.expect("a producer")
}

async fn send(transactions: &mut Transactions, topic: &str, key: &str, value: &str) {
    let (key, value) = (Bytes::from(key.to_owned()), Bytes::from(value.to_owned()));
    transactions.send(topic, Some(key), Some(value), vec![], None).await.expect("it is queued");
}

async fn read(servers: &str, topic: &str) -> HashMap<String, String> {
    let mut reader = open(servers, &name("reader")).await;
    let read = reader.read_compacted(topic, within(10)).await.expect("its end is reached");
    reader.close().await;
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).expect("text");
    read.into_iter().map(|(key, value)| (text(key), text(value))).collect()
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> HashMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

const COMPACT: [(&str, &str); 1] = [("cleanup.policy", "compact")];

#[tokio::test]
async fn what_is_committed_is_read_and_nothing_else() {
    for servers in plain_brokers() {
        let (id, topic, other) = (name("id"), name("offsets"), name("records"));
        create(&servers, &topic, 3, &COMPACT).await;
        create(&servers, &other, 1, &COMPACT).await;
        let mut one = open(&servers, &id).await;
        one.commit().await.expect("nothing is committed");
        for (key, value) in [("a", "1"), ("b", "1"), ("a", "2")] {
            send(&mut one, &topic, key, value).await;
            send(&mut one, &other, key, value).await;
        }
        one.commit().await.expect("a commit");
        send(&mut one, &topic, "a", "lost").await;
        send(&mut one, &other, "a", "lost").await;
        one.abort().await.expect("undone");
        one.abort().await.expect("nothing is left to undo");
        let gone = one.send(&topic, Some("b".into()), None, vec![], Some(7)).await;
        gone.expect("a deletion is queued");
        one.commit().await.expect("a commit after an abort");
        assert_eq!(read(&servers, &topic).await, map([("a", "2")]), "{servers}");
        assert_eq!(read(&servers, &other).await, map([("a", "2"), ("b", "1")]), "{servers}");
        one.close().await;
    }
}

#[tokio::test]
async fn a_newer_instance_takes_over() {
    for servers in plain_brokers() {
        let (id, topic) = (name("id"), name("offsets"));
        create(&servers, &topic, 1, &COMPACT).await;
        let mut older = open(&servers, &id).await;
        send(&mut older, &topic, "a", "older").await;
        let mut newer = open(&servers, &id).await;
        let read = newer.read_compacted(&topic, within(10)).await.expect("its end is reached");
        assert!(read.is_empty(), "{servers}: the older transaction is undone");
        assert_eq!(older.commit().await, Err(TransactionError::Superseded), "{servers}");
        send(&mut newer, &topic, "a", "newer").await;
        newer.commit().await.expect("a commit");
        // One that slept notices too: at its first message, between that and its commit, or then.
        for pause in [0, 300] {
            let mut slept = open(&servers, &id).await;
            drop(open(&servers, &id).await);
            let sent =
                slept.send(&topic, Some("a".into()), Some("slept".into()), vec![], None).await;
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
            let ended = match sent {
                Ok(()) => slept.commit().await,
                failed => failed,
            };
            assert_eq!(ended, Err(TransactionError::Superseded), "{servers}, {pause} ms");
        }
        assert_eq!(self::read(&servers, &topic).await, map([("a", "newer")]), "{servers}");
    }
}

fn count(value: Option<&[u8]>) -> Result<usize, String> {
    match value {
        None => Ok(1),
        Some(b"3") => Ok(3),
        Some(other) => Err(format!("{other:?} is no number")),
    }
}

/// Those that it does not use, too. What they have committed is read behind that.
#[tokio::test]
async fn an_instance_with_fewer_tasks_takes_over_from_all() {
    for servers in plain_brokers() {
        let (id, topic) = (name("id"), name("offsets"));
        create(&servers, &topic, 1, &COMPACT).await;
        let take_over = async |tasks| {
            let tasks = Tasks {
                count: tasks,
                id: &|task| format!("{id}#{task}"),
                key: b"tasks",
                read: count,
            };
            let connected = Connected::open(&access(&servers, &[])).await.expect("a connection");
            connected.take_over_all(&tasks, &[], &topic, within(10)).await
        };
        let mut older = take_over(3).await.expect("producers");
        assert_eq!((older.producers.len(), older.before), (3, 1), "{servers}");
        send(&mut older.producers[0], &topic, "tasks", "3").await;
        older.producers[0].commit().await.expect("a commit");
        for task in [1, 2] {
            send(&mut older.producers[task], &topic, "a", &format!("{task}")).await;
            older.producers[task].commit().await.expect("a commit");
            send(&mut older.producers[task], &topic, "b", "lost").await;
        }
        let newer = take_over(1).await.expect("a producer");
        assert_eq!((newer.producers.len(), newer.before), (1, 3), "{servers}");
        let of = |key: &str| newer.values.get(key.as_bytes()).map(AsRef::as_ref);
        assert_eq!((of("a"), of("b")), (Some(&b"2"[..]), None), "{servers}");
        for producer in &mut older.producers[1..] {
            assert_eq!(producer.commit().await, Err(TransactionError::Superseded), "{servers}");
        }
        let [mut only] = <[_; 1]>::try_from(newer.producers).expect("one");
        send(&mut only, &topic, "tasks", "three").await;
        only.commit().await.expect("a commit");
        let unknown = take_over(1).await.expect_err("the number is not known");
        assert!(unknown.to_string().contains(&format!("in topic {topic} ")), "{unknown}");
    }
}

/// Behind the last message of partition 0, whether its transaction is committed or not.
async fn last_offset(servers: &str, topic: &str) -> i64 {
    let kafka = access(servers, &[]).connect().await.expect("a broker");
    let partition = TopicPartition::new(topic, 0);
    let asked = [(partition, OffsetSpec::Latest)];
    let answers = kafka.admin().list_offsets(asked, ListOffsetsOptions::default()).await;
    let answer = answers.expect("an answer").into_values().next().expect("its partition");
    answer.expect("its end").offset
}

/// The last stable offset lies before a foreign transaction that is open, and with it before our last commit.
#[tokio::test]
async fn an_open_transaction_of_somebody_else_hides_no_commit() {
    for servers in plain_brokers() {
        let topic = name("offsets");
        create(&servers, &topic, 1, &COMPACT).await;
        let (mut ours, mut foreign) =
            (open(&servers, &name("ours")).await, open(&servers, &name("foreign")).await);
        send(&mut ours, &topic, "a", "1").await;
        ours.commit().await.expect("a commit");
        send(&mut foreign, &topic, "b", "1").await;
        // One record and the mark of its commit are ours: the foreign message has arrived before our next one does.
        while last_offset(&servers, &topic).await < 3 {}
        send(&mut ours, &topic, "a", "2").await;
        ours.commit().await.expect("a commit");
        let hidden = ours.read_compacted(&topic, within(1)).await;
        let Err(TransactionError::Failed(SendError::Unavailable(why))) = hidden else {
            panic!("{servers}: an old offset is taken for the last one: {hidden:?}");
        };
        assert!(why.contains("did not hand out topic"), "{why}");
        foreign.abort().await.expect("undone");
        assert_eq!(read(&servers, &topic).await, map([("a", "2")]), "{servers}");
    }
}

#[tokio::test]
async fn topics_are_named_when_they_are_wrong() {
    let servers = exported("TEST_KAFKA");
    let mut one = open(&servers, &name("id")).await;
    let missing = name("missing");
    let told =
        one.send(&missing, None, Some("v".into()), vec![], None).await.expect_err("no topic");
    let TransactionError::Failed(SendError::TopicMissing(why)) = told else { panic!("{told:?}") };
    assert!(why.contains(&missing), "{why}");
    let kept = name("kept");
    create(&servers, &kept, 1, &[("cleanup.policy", "delete")]).await;
    let told = one.read_compacted(&kept, within(5)).await.expect_err("not compacted");
    assert!(told.to_string().contains("has cleanup.policy=delete"), "{told}");
    let made = name("made");
    assert!(one.read_compacted(&made, within(5)).await.expect("it is created").is_empty());
    send(&mut one, &made, "a", "1").await;
    one.commit().await.expect("a commit");
    assert_eq!(read(&servers, &made).await, map([("a", "1")]));
}
