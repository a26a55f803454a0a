//! A pipeline: a topic, a table, two topics for letters, and the function between them. Every test
//! has its own, and nothing of it stays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use krafka::Kafka;
use tokio::process::Command;

use crate::database::session::{Row, Session};
use crate::database::target::Target;
use crate::run::{Run, Running};
use crate::services::{self, binary, unique};
use crate::wire::proxy::Proxy;

pub mod step;
pub mod traffic;

/// A topic, a table of the same name, topics for letters, and options.
pub struct Pipeline {
    /// The source topic and the table.
    pub name: String,
    /// The topic for what cannot be decoded or mapped.
    pub dead: String,
    /// The topic for what the target refuses.
    pub errors: String,
    /// Which database it ends at.
    pub target: Target,
    /// The database, as its owner.
    pub db: Session,
    /// The broker.
    pub kafka: Kafka,
    options: BTreeMap<String, String>,
    directory: PathBuf,
}

impl Pipeline {
    /// A pipeline to PostgreSQL, see [`Pipeline::to`].
    ///
    /// # Panics
    /// The servers are not there.
    pub async fn new(what: &str, partitions: i32, columns: &str) -> Self {
        Self::to(Target::Postgres, what, partitions, columns).await
    }

    /// A topic of `partitions` and a table of `columns`, in which `NAME` stands for the table;
    /// failures are tolerated and retries quick.
    ///
    /// # Panics
    /// The servers are not there.
    pub async fn to(target: Target, what: &str, partitions: i32, columns: &str) -> Self {
        let name = unique(what);
        let (dead, errors) = (format!("{name}_dead"), format!("{name}_errors"));
        // Topics change under it.
        let kafka = Kafka::builder(services::kafka()).metadata_max_age(Duration::from_millis(50));
        let kafka = kafka.connect().await.expect("the broker answers");
        let db = target.connect().await;
        let directory = std::env::temp_dir().join(&name);
        std::fs::create_dir(&directory).expect("a directory of our own");
        let options = BTreeMap::new();
        let pipeline = Self { name, dead, errors, target, db, kafka, options, directory };
        pipeline.create_topic(&pipeline.name, partitions, &[]).await;
        pipeline.create_topic(&pipeline.dead, 1, &[]).await;
        pipeline.create_topic(&pipeline.errors, 1, &[]).await;
        let columns = columns.replace("NAME", &pipeline.name);
        pipeline.sql(&format!("CREATE TABLE {} ({columns})", pipeline.name)).await;
        pipeline.sql(&target.admit(&pipeline.name)).await;
        let url = target.url_of(&pipeline.name);
        pipeline
            .with("connection.url", &url)
            .with("errors.tolerance", "all")
            .with("errors.deadletterqueue.topic.name", "DEAD")
            .with("errors.data.topic.name", "ERRORS")
            .with("retry.backoff.ms", "50")
    }

    /// With an option more, or another value of it; `DEAD` and `ERRORS` are this pipeline's topics.
    #[must_use]
    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.set(option, value);
        self
    }

    /// Keyed by the record's field `id`, the last value wins.
    #[must_use]
    pub fn upserting(self) -> Self {
        self.with("insert.mode", "upsert").with("pk.mode", "record_value").with("pk.fields", "id")
    }

    /// With a proxy before the database.
    #[must_use]
    pub fn through(self, proxy: &Proxy) -> Self {
        let url = self.target.in_the_clear(&self.target.url_of(&self.name), &proxy.address());
        self.with("connection.url", &url)
    }

    /// With a proxy before the broker, for letters.
    #[must_use]
    pub fn letters_through(self, proxy: &Proxy) -> Self {
        self.with("kafka.bootstrap.servers", &proxy.address())
    }

    /// Sets an option.
    pub fn set(&mut self, option: &str, value: &str) {
        let value = match value {
            "DEAD" => &self.dead,
            "ERRORS" => &self.errors,
            value => value,
        };
        self.options.insert(variable(option), value.to_owned());
    }

    /// Sets an environment variable that is no option.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.options.insert(name.to_owned(), value.to_owned());
    }

    /// The variables that the function gets.
    #[must_use]
    pub fn options(&self) -> &BTreeMap<String, String> {
        &self.options
    }

    /// Takes an option back.
    pub fn unset(&mut self, option: &str) {
        self.options.remove(&variable(option));
    }

    /// A file in a directory that goes with the pipeline.
    ///
    /// # Panics
    /// It cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::write(&path, content).expect("a file of our own");
        path
    }

    /// Runs the topic through the function until everything in it is settled or given up.
    pub async fn drain(&self, arguments: &[&str]) -> Run {
        self.start(&[&["--once"], arguments].concat()).ended().await
    }

    /// Starts the trigger. The function is a script that notes its process id and becomes it.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        let log = self.directory.join("function.log");
        let mut command = self.trigger(&self.script(), arguments);
        command.arg("--function-log").arg(&log);
        Running::start(command, Some(log))
    }

    /// The trigger's command with this pipeline's options, for a function that starts by `script`.
    #[must_use]
    pub fn trigger(&self, script: &Path, arguments: &[&str]) -> Command {
        let mut command = sluice();
        command
            .arg("trigger")
            .arg("--function")
            .arg(script)
            .args(arguments)
            .args(unless_given(arguments, ["--bootstrap", &services::kafka()]))
            .args(unless_given(arguments, ["--summary", "json"]))
            .args(unless_given(arguments, ["--topics", &self.name]))
            .args(unless_given(arguments, ["--group", &self.name]))
            .args(unless_given(arguments, ["--batch-window", "50ms"]))
            .args(unless_given(arguments, ["--timeout", "10s"]))
            .envs(&self.options);
        command
    }

    /// Written once: another trigger may be running it.
    fn script(&self) -> PathBuf {
        let connector = self.target.connector();
        let (script, pids) = (self.directory.join(connector), self.directory.join("pids"));
        if !script.exists() {
            let function = binary(connector);
            let text = format!("#!/bin/sh\necho $$ >>{pids:?}\nexec {function:?}\n");
            make_executable(&self.file(connector, &text));
        }
        script
    }

    /// The process ids of every start of the function.
    #[must_use]
    pub fn starts(&self) -> Vec<u32> {
        let noted = std::fs::read_to_string(self.directory.join("pids")).unwrap_or_default();
        noted.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Kills the function, as the kernel would.
    ///
    /// # Panics
    /// It is not running.
    pub fn kill_function(&self) {
        crate::signal::signal(*self.starts().last().expect("the function was started"), "KILL");
    }

    /// What the function has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("function.log")).unwrap_or_default()
    }

    /// Runs statements.
    ///
    /// # Panics
    /// One of them is wrong.
    pub async fn sql(&self, statements: &str) {
        let run = self.db.run(statements).await;
        run.unwrap_or_else(|error| panic!("{error}: {statements}"));
    }

    /// Rows of a query in which `TABLE` stands for the table.
    ///
    /// # Panics
    /// The query is wrong.
    pub async fn query(&self, query: &str) -> Vec<Row> {
        let query = query.replace("TABLE", &self.name);
        self.db.query(&query).await.unwrap_or_else(|error| panic!("{error}: {query}"))
    }

    /// The first column of a query, as text, in order.
    pub async fn column(&self, query: &str) -> Vec<String> {
        self.query(query).await.iter().map(|row| row.get(0)).collect()
    }

    /// How many rows the table has.
    pub async fn rows(&self) -> i64 {
        self.query("SELECT count(*) FROM TABLE").await[0].get(0)
    }
}

impl Drop for Pipeline {
    /// Also after a failure, so that nothing stays in the servers.
    fn drop(&mut self) {
        let (target, name) = (self.target, self.name.clone());
        let _ = std::fs::remove_dir_all(&self.directory);
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(clean(target, &name));
        });
        let _ = cleaner.join();
    }
}

/// Drops what is named after the pipeline at the target, and every topic and group whose name begins
/// with its name.
async fn clean(target: Target, name: &str) {
    let db = target.connect().await;
    for statement in target.forget(name) {
        let _ = db.run(&statement).await;
    }
    let Ok(kafka) = Kafka::builder(services::kafka()).connect().await else { return };
    let admin = kafka.admin();
    let mut topics = admin.list_topics(Default::default()).await.unwrap_or_default();
    topics.retain(|topic| topic.starts_with(name));
    let _ = admin.delete_topics(&topics, Default::default()).await;
    let groups = admin.list_consumer_groups(Default::default()).await.unwrap_or_default();
    let groups = groups.into_values().flatten().flatten().map(|group| group.group_id);
    let ours: Vec<String> = groups.filter(|group| group.starts_with(name)).collect();
    let _ = admin.delete_consumer_groups(&ours, Default::default()).await;
}

/// The command, with nothing of the caller's environment that would configure it.
#[must_use]
pub fn sluice() -> Command {
    clean_environment(Command::new(binary("sluice")))
}

/// The command without variables that configure functions.
#[must_use]
pub fn clean_environment(mut command: Command) -> Command {
    let ours = |name: &str| name.starts_with("SLUICE_") || name.starts_with("KAFKA_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
}

fn unless_given<'a>(arguments: &[&str], [name, value]: [&'a str; 2]) -> Vec<&'a str> {
    if arguments.contains(&name) { Vec::new() } else { vec![name, value] }
}

/// `insert.mode`: `SLUICE_INSERT_MODE`
fn variable(option: &str) -> String {
    format!("SLUICE_{}", option.to_uppercase().replace('.', "_"))
}

/// Lets everybody run a file.
///
/// # Panics
/// It is not ours.
pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("our own file");
}
