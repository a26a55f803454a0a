//! A database of our own in the engine, topics of our own, and the function between them. The front is spoken to in
//! plain HTTP, so that nothing of the connector judges itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krafka::Kafka;
use krafka::admin::NewTopic;
use serde_json::{Value, json};
use sluice_tests::kafka::letter::{self, Letter};
use sluice_tests::kafka::topic;
use sluice_tests::pipeline::{make_executable, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary, unique};
use sluice_tests::signal::signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A topic, a table of the same name, and a topic for letters.
pub(super) struct Stage {
    pub(super) name: String,
    url: String,
    kafka: Kafka,
    directory: PathBuf,
    options: BTreeMap<String, String>,
}

impl Stage {
    pub(super) async fn new(what: &str) -> Self {
        let name = unique(what);
        let server = std::env::var("TEST_DATABEND").expect(
            "TEST_DATABEND is not set: run scripts/test.sh, or eval \"$(scripts/services.sh env)\"",
        );
        let kafka = Kafka::builder(services::kafka()).connect().await.expect("the broker answers");
        let topics = [name.clone(), format!("{name}_dead")];
        for name in &topics {
            topic::create(&kafka, NewTopic::new(name, 1, 1).expect("a name")).await;
        }
        let directory = std::env::temp_dir().join(&name);
        std::fs::create_dir(&directory).expect("a directory of our own");
        let url = server.replace("/default?", &format!("/{name}?"));
        let stage = Self { name, url, kafka, directory, options: BTreeMap::new() };
        stage.ask("default", &format!("CREATE DATABASE {}", stage.name)).await;
        let dead = &topics[1];
        let options = [
            ("name", stage.name.clone()),
            ("connection.url", stage.url.clone()),
            ("errors.tolerance", "all".to_owned()),
            ("errors.deadletterqueue.topic.name", dead.clone()),
            ("retry.backoff.ms", "50".to_owned()),
        ];
        options.iter().fold(stage, |stage, (option, value)| stage.with(option, value))
    }

    pub(super) fn with(mut self, option: &str, value: &str) -> Self {
        let variable = format!("SLUICE_{}", option.to_uppercase().replace('.', "_"));
        self.options.insert(variable, value.to_owned());
        self
    }

    /// By the record's own key, and tombstones delete.
    pub(super) fn upserting(self) -> Self {
        let options = [
            ("insert.mode", "upsert"),
            ("pk.mode", "record_key"),
            ("pk.fields", "id"),
            ("delete.enabled", "true"),
        ];
        options.iter().fold(self, |stage, (option, value)| stage.with(option, value))
    }

    /// Sends lines of key, tab and value; a line without a value is a tombstone.
    pub(super) async fn send(&self, lines: &str) {
        let file = self.directory.join("lines");
        let (full, tombstones): (Vec<&str>, Vec<&str>) =
            lines.lines().partition(|line| !line.ends_with('\t'));
        std::fs::write(&file, full.join("\n") + "\n").expect("a file of our own");
        let file = file.to_str().expect("a path of text");
        self.command(&["send", "--topic", &self.name, "--lines", "--key-separator", "\t", file])
            .await;
        for line in tombstones {
            self.command(&["send", "--topic", &self.name, "--key", line.trim_end(), "--tombstone"])
                .await;
        }
    }

    async fn command(&self, arguments: &[&str]) {
        let mut command = sluice();
        command.args(arguments).args(["--bootstrap", &services::kafka()]);
        let run = Running::start(command, None).ended().await;
        assert_eq!(run.code, Some(0), "{run:#?}");
    }

    pub(super) async fn drain(&self) -> Run {
        self.start().ended().await
    }

    /// Starts the trigger. The function is a script that notes its process id and becomes it.
    pub(super) fn start(&self) -> Running {
        let (script, log) = (self.directory.join("databend"), self.directory.join("function.log"));
        let text = format!(
            "#!/bin/sh\necho $$ >>{:?}\nexec {:?}\n",
            self.directory.join("pids"),
            binary("databend")
        );
        std::fs::write(&script, text).expect("a file of our own");
        make_executable(&script);
        let mut command = sluice();
        command.args([
            "trigger",
            "--once",
            "--summary",
            "json",
            "--batch-window",
            "50ms",
            "--timeout",
            "15s",
        ]);
        command.args([
            "--bootstrap",
            &services::kafka(),
            "--topics",
            &self.name,
            "--group",
            &self.name,
        ]);
        command.arg("--function").arg(script).arg("--function-log").arg(&log).envs(&self.options);
        Running::start(command, Some(log))
    }

    /// The process ids of every start of the function.
    pub(super) fn starts(&self) -> Vec<u32> {
        let noted = std::fs::read_to_string(self.directory.join("pids")).unwrap_or_default();
        noted.lines().filter_map(|line| line.parse().ok()).collect()
    }

    pub(super) fn kill_function(&self) {
        signal(*self.starts().last().expect("the function was started"), "KILL");
    }

    pub(super) async fn first_letter(&self) -> Letter {
        let letters = letter::read(&self.kafka, &format!("{}_dead", self.name)).await;
        letters.into_iter().next().expect("there is a letter")
    }

    /// The rows of a query in which TABLE stands for the table.
    pub(super) async fn query(&self, sql: &str) -> Value {
        self.ask(&self.name, &sql.replace("TABLE", &self.name)).await["data"].clone()
    }

    /// Creates the table, with `id` as its key.
    pub(super) async fn create(&self, columns: &str) {
        let key = "COMMENT = 'primary key [\"id\"]'";
        self.ask(&self.name, &format!("CREATE TABLE {} ({columns}) {key}", self.name)).await;
    }

    /// Compares a table of MySQL, of the same name, with the table. Returns the exit code and the report.
    pub(super) async fn compare(&self, source: &str) -> (Option<i32>, Value) {
        let mut command = sluice();
        command.args(["compare", "--output", "json", "--table", &self.name]);
        for (side, connector, url) in
            [("source", "analyticdb-mysql", source), ("copy", "databend", &self.url)]
        {
            let variable = format!("{}_URL", side.to_uppercase());
            command.arg(format!("--{side}")).arg(binary(connector));
            command
                .arg(format!("--{side}-option"))
                .arg(format!("connection.url=${{env:{variable}}}"));
            command.env(variable, url);
        }
        let run = Running::start(command, None).ended().await;
        let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
        (run.code, report)
    }

    /// Makes the front misbehave once, see `tests/databend/trouble.py`.
    pub(super) async fn trouble(&self, what: &str, matching: &str) {
        let trouble =
            json!({"database": self.name, "match": matching, "what": what, "seconds": 1.5});
        self.post("control/trouble", &trouble).await;
    }

    /// How many statements were held up by a trouble.
    pub(super) async fn slowed(&self) -> usize {
        let met = self.post("control/met", &json!({"database": self.name})).await;
        met.as_array().map_or(0, Vec::len)
    }

    async fn ask(&self, database: &str, sql: &str) -> Value {
        ask(&self.url, database, sql).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        post(&self.url, path, body).await
    }
}

async fn ask(url: &str, database: &str, sql: &str) -> Value {
    let session = json!({"database": database, "settings": {"timezone": "UTC"}});
    let body = json!({"sql": sql, "session": session, "pagination": {"wait_time_secs": 30}});
    let answer = post(url, "v1/query", &body).await;
    assert!(answer["error"].is_null(), "{sql}: {}", answer["error"]);
    answer
}

async fn post(url: &str, path: &str, body: &Value) -> Value {
    let (login, place) = url["databend://".len()..].split_once('@').expect("a login");
    let address = place.split('/').next().expect("an address");
    let (login, body) = (STANDARD.encode(login), body.to_string());
    let mut stream = TcpStream::connect(address).await.expect("the front is there");
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {login}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it is answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    serde_json::from_str(body).expect("JSON")
}

impl Drop for Stage {
    /// Also after a failure, so that nothing stays in the servers.
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
        let (url, name) = (self.url.clone(), self.name.clone());
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                ask(&url, "default", &format!("DROP DATABASE {name}")).await;
                let kafka =
                    Kafka::builder(services::kafka()).connect().await.expect("the broker answers");
                let (topics, admin) = ([name.clone(), format!("{name}_dead")], kafka.admin());
                let _ = admin.delete_topics(&topics, Default::default()).await;
                let _ = admin.delete_consumer_groups(&[name], Default::default()).await;
            });
        });
        let _ = cleaner.join();
    }
}
