//! A storm: many writers at one table, the source's function beside them, killed and invoked over one another, and what
//! a reader of committed records finds in the end. Everything is drawn from a seed.
//!
//! What it does not prove: that a server that dies keeps what it has committed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use krafka::Kafka;
use krafka::admin::NewTopic;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::kafka::committed;
use crate::kafka::topic;
use crate::pipeline::sluice;
use crate::services::{self, binary, unique};
use crate::signal::signal;

mod writers;

const TABLES: &str = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v INT NOT NULL, \
     ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (ts, id)); \
     CREATE TABLE u (id INT PRIMARY KEY, v INT); INSERT INTO u VALUES (1, 1)";
const PARTITIONS: i32 = 3;
/// How long the writers write.
const WRITING: Duration = Duration::from_secs(20);
/// The rows of the modes with a timestamp are read once they are a second old.
const MARGIN: Duration = Duration::from_millis(2_500);
/// How often the source is invoked behind the writers, at most.
const LAST: usize = 20;

/// A row version: its id, and in the modes with a timestamp the moment of its last change.
type Version = (i64, String);

/// A storm from one seed on one server.
#[derive(Debug)]
pub struct Storm {
    seed: u64,
    /// The database, the connector, and what the topic begins with.
    name: String,
    url: String,
    options: BTreeMap<&'static str, String>,
    has_time: bool,
}

/// What came of a storm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that are committed in the table.
    pub rows: usize,
    /// Invocations that were killed.
    pub killed: usize,
    /// Rows that no record shows.
    pub lost: usize,
    /// Records that show what another one shows.
    pub doubled: usize,
}

impl Storm {
    /// The storm of this seed on the server of `variable`, such as `TEST_MYSQL`: an even seed reads by id, an odd one
    /// by timestamp and id.
    ///
    /// # Panics
    /// The variable is not set.
    #[must_use]
    pub fn new(variable: &str, seed: u64) -> Self {
        let name = unique("storm");
        let home = services::exported(variable);
        let (base, _) = home.rsplit_once('/').expect("a URL with a database");
        let has_time = seed % 2 == 1;
        let mode = if has_time { "timestamp+incrementing" } else { "incrementing" };
        let mut options: BTreeMap<_, _> = [
            ("SLUICE_NAME", name.clone()),
            ("SLUICE_CONNECTION_URL", format!("{base}/{name}")),
            ("SLUICE_MODE", mode.to_owned()),
            ("SLUICE_TABLE_WHITELIST", "t".to_owned()),
            ("SLUICE_TOPIC_PREFIX", format!("{name}-")),
            ("SLUICE_BATCH_MAX_ROWS", "200".to_owned()),
            ("SLUICE_KAFKA_BOOTSTRAP_SERVERS", services::kafka()),
        ]
        .into();
        if has_time {
            options.insert("SLUICE_TIMESTAMP_COLUMN_NAME", "ts".to_owned());
        }
        Self { seed, url: format!("{base}/{name}"), name, options, has_time }
    }

    /// Runs it, and leaves nothing behind.
    ///
    /// # Panics
    /// A server does not answer, or the source does not come to an end.
    pub async fn run(self, home: &str) -> Outcome {
        let mut admin = writers::connect(home).await;
        let create =
            format!("CREATE DATABASE {0} CHARACTER SET utf8mb4; USE {0}; {TABLES}", self.name);
        admin.query_drop(create).await.expect("a database of our own");
        let kafka = Kafka::builder(services::kafka()).connect().await.expect("the broker answers");
        let topic = NewTopic::new(self.topic(), PARTITIONS, 1).expect("a name");
        topic::create(&kafka, topic).await;

        let until = Instant::now() + WRITING;
        let (writers, killed) =
            tokio::join!(writers::write(&self.url, self.seed, until), self.disturb(until));
        writers.into_iter().for_each(|writer| assert!(writer, "a writer ends"));
        sleep(MARGIN).await;
        self.finish().await;

        let committed = self.committed(&mut admin).await;
        let told = self.told(&kafka).await;
        let distinct: BTreeSet<_> = told.iter().cloned().collect();
        let outcome = Outcome {
            rows: committed.len(),
            killed,
            lost: committed.difference(&distinct).count(),
            doubled: told.len() - distinct.len(),
        };
        admin.query_drop(format!("DROP DATABASE {}", self.name)).await.expect("it is dropped");
        let topics = [self.topic(), format!("{}-offsets", self.name)];
        let _ = kafka.admin().delete_topics(&topics, Default::default()).await;
        outcome
    }

    fn topic(&self) -> String {
        format!("{}-t", self.name)
    }

    fn poll(&self) -> Command {
        let mut command = sluice();
        command.args(["poll", "--timeout", "10s", "--function"]).arg(binary("mysql-source"));
        command.envs(&self.options).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        command.stderr(Stdio::null());
        command
    }

    /// Invokes the source all the time: some invocations are killed, some begin while another one runs. Returns how many
    /// were killed.
    async fn disturb(&self, until: Instant) -> usize {
        let mut random = Rng::with_seed(self.seed);
        let (mut killed, mut running) = (0, Vec::new());
        while Instant::now() < until {
            let child = self.poll().spawn().expect("it starts");
            sleep(Duration::from_millis(random.u64(50..1_500))).await;
            match random.u32(0..3) {
                // The function itself: what it has sent stays in an open transaction.
                0 => killed += usize::from(kill_function(&child)),
                // The next invocation begins beside it.
                1 => running.push(child),
                _ => drop(child.wait_with_output().await),
            }
        }
        for child in running {
            drop(child.wait_with_output().await);
        }
        killed
    }

    /// Until nothing is new.
    async fn finish(&self) {
        for _ in 0..LAST {
            let status = self.poll().status().await.expect("it runs");
            if status.success() {
                return;
            }
        }
        panic!("the source of {} does not come to an end", self.name);
    }

    async fn committed(&self, admin: &mut Conn) -> BTreeSet<Version> {
        admin.query_drop("SET time_zone = '+00:00'").await.expect("a zone");
        let question =
            format!("SELECT id, DATE_FORMAT(ts, '%Y-%m-%dT%H:%i:%s.%fZ') FROM {}.t", self.name);
        let rows: Vec<Version> = admin.query(question).await.expect("rows");
        rows.into_iter().map(|(id, time)| self.version(id, time)).collect()
    }

    fn version(&self, id: i64, time: String) -> Version {
        (id, if self.has_time { time } else { String::new() })
    }

    /// Every record that a reader of committed records sees.
    async fn told(&self, kafka: &Kafka) -> Vec<Version> {
        let records = committed::records(kafka, &self.topic(), PARTITIONS).await;
        let told = records.into_iter().map(|record| {
            let value = record.value.expect("a value");
            let value: Value = serde_json::from_slice(&value).expect("JSON");
            let time = value["ts"].as_str().expect("a moment").to_owned();
            self.version(value["id"].as_i64().expect("an id"), time)
        });
        told.collect()
    }
}

/// Kills the function that a command has started, if it still runs.
fn kill_function(command: &Child) -> bool {
    let Some(id) = command.id() else { return false };
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let function =
        children.unwrap_or_default().split_whitespace().next().and_then(|id| id.parse().ok());
    let is_there = |id: &u32| std::path::Path::new(&format!("/proc/{id}")).exists();
    match function.filter(is_there) {
        Some(id) => {
            signal(id, "KILL");
            true
        }
        None => false,
    }
}
