//! A database of our own, topics of our own, and the source between them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use krafka::Kafka;
use krafka::admin::{ConfigOp, ConfigResource, NewTopic};
use krafka::consumer::ConsumerRecord;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use serde_json::Value;
use sluice_tests::kafka::committed;
use sluice_tests::kafka::topic;
use sluice_tests::pipeline::sluice;
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary, unique};
use tokio::process::{Child, Command};

/// The variables that say where the databases are.
pub(super) const MARIADB: &str = "TEST_MARIADB";
pub(super) const MYSQL: &str = "TEST_MYSQL";

/// The servers, and what is ours on them.
pub(super) struct Stage {
    /// The database, the connector, and what the topics begin with.
    pub(super) name: String,
    url: String,
    pub(super) kafka: Kafka,
    event: PathBuf,
    options: BTreeMap<String, String>,
}

impl Stage {
    /// A table `t` with these columns, and its topic.
    pub(super) async fn new(server: &str, what: &str, columns: &str) -> Self {
        let name = unique(what);
        let home = std::env::var(server)
            .unwrap_or_else(|_| panic!("{server} is not set: run scripts/test.sh"));
        let (base, _) = home.rsplit_once('/').expect("a URL with a database");
        let (admin, url) = (home.clone(), format!("{base}/{name}"));
        let mut conn = Conn::new(Opts::from_url(&admin).expect("a URL")).await.expect("a server");
        conn.query_drop(format!(
            "CREATE DATABASE {name} CHARACTER SET utf8mb4; CREATE TABLE {name}.t ({columns})"
        ))
        .await
        .expect("a database of our own");
        conn.disconnect().await.expect("goodbye");
        let kafka = Kafka::builder(services::kafka()).connect().await.expect("the broker answers");
        let event = std::env::temp_dir().join(format!("{name}.json"));
        std::fs::write(&event, "{}").expect("a file of our own");
        let prefix = format!("{name}-");
        let options = [
            ("NAME", name.as_str()),
            ("CONNECTION_URL", url.as_str()),
            ("MODE", "incrementing"),
            ("TABLE_WHITELIST", "t"),
            ("TOPIC_PREFIX", prefix.as_str()),
            ("KAFKA_BOOTSTRAP_SERVERS", &services::kafka()),
        ];
        let options = options.map(|(name, value)| (format!("SLUICE_{name}"), value.to_owned()));
        let stage = Self { name: name.clone(), url, kafka, event, options: options.into() };
        stage.topic("t").await;
        stage
    }

    /// Creates a topic of ours, and returns its name.
    pub(super) async fn topic(&self, short: &str) -> String {
        let name = format!("{}-{short}", self.name);
        topic::create(&self.kafka, NewTopic::new(&name, 3, 1).expect("a name")).await;
        name
    }

    /// Where the database is: a URL with user and password.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its `host:port`.
    pub(super) fn address(&self) -> String {
        let place = self.url.rsplit_once('@').and_then(|(_, place)| place.split_once('/'));
        place.expect("a URL with a login and a database").0.to_owned()
    }

    pub(super) fn with(mut self, variable: &str, value: &str) -> Self {
        self.options.insert(format!("SLUICE_{variable}"), value.to_owned());
        self
    }

    /// From now on the topic takes no larger message.
    pub(super) async fn limit_messages(&self, bytes: usize) {
        let topic = ConfigResource::topic(format!("{}-t", self.name));
        let change = ConfigOp::set("max.message.bytes", bytes.to_string());
        let altered = self
            .kafka
            .admin()
            .incremental_alter_configs([(topic, vec![change])], Default::default())
            .await;
        altered.expect("an answer").into_values().for_each(|one| one.expect("a limit"));
    }

    pub(super) async fn connect(&self) -> Conn {
        Conn::new(Opts::from_url(&self.url).expect("a URL")).await.expect("a connection")
    }

    pub(super) async fn say(&self, sql: &str) {
        let mut conn = self.connect().await;
        conn.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        conn.disconnect().await.expect("goodbye");
    }

    fn command(&self, timeout: &str) -> Command {
        let mut command = sluice();
        command
            .args(["invoke", "--timeout", timeout, "--function"])
            .arg(binary("mysql-source"))
            .arg("--event")
            .arg(&self.event)
            .envs(&self.options);
        command
    }

    /// A command of `sluice`, with the options of the source.
    pub(super) fn sluice(&self, arguments: &[&str]) -> Command {
        let mut command = sluice();
        command.args(arguments).envs(&self.options);
        command
    }

    /// `sluice poll` of the source.
    pub(super) fn poll_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sluice(&["poll", "--timeout", "30s", "--function"]);
        command.arg(binary("mysql-source")).args(arguments);
        command
    }

    /// One invocation.
    pub(super) async fn invoke(&self) -> Run {
        self.begin().ended().await
    }

    /// An invocation that is waited for later.
    pub(super) fn begin(&self) -> Running {
        Running::start(self.command("30s"), None)
    }

    /// One invocation that succeeds: what it answers.
    pub(super) async fn poll(&self) -> Value {
        let run = self.invoke().await;
        assert_eq!(run.code, Some(0), "{run:#?}");
        serde_json::from_str(run.stdout.lines().last().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{error}: {run:#?}"))
    }

    /// Invocations that succeed, until nothing is new: how many rows they count.
    pub(super) async fn poll_all(&self) -> u64 {
        let mut rows = 0;
        loop {
            let answer = self.poll().await;
            rows += answer["rows"].as_u64().expect("a number");
            if answer["done"] == true {
                return rows;
            }
        }
    }

    /// An invocation that is not waited for.
    pub(super) fn start(&self) -> Child {
        let mut command = self.command("30s");
        // The function ends with the command that serves it.
        command.kill_on_drop(true).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    }

    /// The committed values of the table's topic.
    pub(super) async fn values(&self) -> Vec<String> {
        let records = self.records("t").await;
        records.into_iter().map(|record| text(record.value.as_deref())).collect()
    }

    /// The records of a topic of ours, as a reader of committed records sees them.
    pub(super) async fn records(&self, short: &str) -> Vec<ConsumerRecord> {
        self.records_of(short, 3).await
    }

    /// The same of a topic with so many partitions.
    pub(super) async fn records_of(&self, short: &str, partitions: i32) -> Vec<ConsumerRecord> {
        committed::records(&self.kafka, &format!("{}-{short}", self.name), partitions).await
    }

    /// Nothing stays.
    pub(super) async fn gone(self) {
        self.say(&format!("DROP DATABASE {}", self.name)).await;
        let topics = ["t", "offsets", "dead"].map(|short| format!("{}-{short}", self.name));
        let _ = self.kafka.admin().delete_topics(&topics, Default::default()).await;
        let _ = std::fs::remove_file(&self.event);
    }
}

/// Bytes that are text.
pub(super) fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8(bytes.expect("a value").to_vec()).expect("text")
}
