//! The incumbent, on the same machine with the same topic: Kafka Connect with Debezium's JDBC sink,
//! tuned in its favour. Where its jars are the script says.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use sluice_tests::database::target::Target;
use sluice_tests::services;
use tokio::process::{Child, Command};

use crate::parts::topic::{self, Pace, RECORDS};
use crate::results::figures::Figure;
use crate::results::words::thousands;
use crate::setting::database::{Database, SCHEMA};

type Failed = Box<dyn Error + Sync + Send>;

const TOPIC: &str = "sluice-bench-peers";
const PARTITIONS: i32 = 4;
const PEER: &str = "Kafka Connect 4.2, Debezium JDBC sink 3.3";
/// How long it may take, start and all.
const PATIENCE: Duration = Duration::from_secs(180);
/// Turns of each.
const RUNS: usize = 3;

/// What both are asked to do, in the same way.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// As the option `insert.mode` has it.
    mode: &'static str,
    /// Whether the connection to the database is encrypted.
    encrypted: bool,
}

/// Both, append and upsert, from the same topic.
///
/// # Errors
/// A server or a process fails, or rows are missing.
pub async fn measure(database: &Database) -> Result<Vec<Figure>, Failed> {
    topic::fill(database.target, TOPIC, PARTITIONS).await?;
    let mut figures = Vec::new();
    for course in Course::all(database.target) {
        let key = if course.mode == "upsert" { ", PRIMARY KEY (id)" } else { "" };
        let plain = format!("{}?ssl-mode=DISABLED", database.url);
        let mut options = vec![("insert.mode", course.mode)];
        options.extend((course.mode == "upsert").then_some(("pk.mode", "record_value")));
        options.extend((!course.encrypted).then_some(("connection.url", plain.as_str())));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let table = topic::table(database, "peers", key).await?;
            ours.push(topic::drain(database, TOPIC, &table, 2, &options).await?);
            let table = topic::table(database, "peers", key).await?;
            theirs.push(connect(database, &table, course).await?);
        }
        figures.extend(compare(course, &middle(ours), &middle(theirs)));
    }
    crate::setting::kafka::delete(&services::kafka(), TOPIC).await?;
    Ok(figures)
}

impl Course {
    /// Encrypted, as both drivers of PostgreSQL are by default. MariaDB's own driver is not, and is
    /// therefore met on those terms too.
    fn all(target: Target) -> Vec<Self> {
        let [insert, upsert] = ["insert", "upsert"].map(|mode| Self { mode, encrypted: true });
        match target {
            Target::Postgres => vec![insert, upsert],
            Target::Mariadb => vec![insert, upsert, Self { encrypted: false, ..insert }],
        }
    }

    /// In words.
    fn name(self) -> String {
        let mode = if self.mode == "insert" { "append" } else { self.mode };
        format!("{mode}{}", if self.encrypted { "" } else { ", neither encrypted" })
    }

    /// What its figures are kept under.
    fn key(self) -> String {
        self.name().replace(", neither encrypted", "-plain")
    }
}

/// The run of median speed.
fn middle(mut runs: Vec<Pace>) -> Pace {
    runs.sort_by_key(|pace| pace.running);
    runs[runs.len() / 2]
}

fn compare(course: Course, ours: &Pace, theirs: &Pace) -> [Figure; 2] {
    let (key, name) = (course.key(), course.name());
    let running = Figure::new(
        &format!("peers-{key}"),
        format!("topic → table, 4 partitions, {name}, once running"),
        ours.rate() / theirs.rate(),
        "×",
    );
    let detail = format!("{} against {} rows/s", thousands(ours.rate()), thousands(theirs.rate()));
    let first = Figure::new(
        &format!("peers-{key}-first"),
        format!("topic → table, {name}, process start → first row"),
        theirs.first.as_secs_f64() / ours.first.as_secs_f64(),
        "×",
    );
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    [
        running.against(PEER).at_least(5.0, 10.0).detail(detail),
        first.against(PEER).detail(format!(
            "{} against {}",
            seconds(ours.first),
            seconds(theirs.first)
        )),
    ]
}

/// One run of Kafka Connect, standalone, from its start to the last row.
async fn connect(database: &Database, table: &str, course: Course) -> Result<Pace, Failed> {
    let home = tempdir()?;
    fs::write(home.join("worker.properties"), worker(&home)?)?;
    fs::write(home.join("sink.properties"), sink(database, table, course)?)?;
    let began = database.clock().await?;
    let start = Instant::now();
    let mut process = launch(&home)?;
    while database.number(&format!("SELECT count(*) FROM {table}")).await? < RECORDS as i64 {
        let ended = process.try_wait()?.is_some();
        if ended || start.elapsed() > PATIENCE {
            let log = fs::read_to_string(home.join("log"))?;
            let last: Vec<&str> = log.lines().rev().take(30).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            return Err(format!("Kafka Connect does not get there:\n{}", last.join("\n")).into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let whole = start.elapsed();
    process.kill().await?;
    fs::remove_dir_all(&home)?;
    topic::pace(database, table, began, whole).await
}

fn launch(home: &Path) -> Result<Child, Failed> {
    let log = fs::File::create(home.join("log"))?;
    let child = Command::new("java")
        .args(["-Xmx1g", "-cp"])
        .arg(format!("{}/*", variable("BENCH_CONNECT_JARS")?))
        .arg("org.apache.kafka.connect.cli.ConnectStandalone")
        .args([home.join("worker.properties"), home.join("sink.properties")])
        .stdin(Stdio::null())
        .stderr(log.try_clone()?)
        .stdout(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

fn tempdir() -> Result<PathBuf, Failed> {
    let home = std::env::temp_dir().join(services::unique("connect"));
    fs::create_dir(&home)?;
    Ok(home)
}

fn variable(name: &str) -> Result<String, Failed> {
    std::env::var(name).map_err(|_| format!("{name} is not set: run scripts/bench.sh peers").into())
}

fn worker(home: &Path) -> Result<String, Failed> {
    Ok(format!(
        "bootstrap.servers={}\n\
         key.converter=org.apache.kafka.connect.converters.ByteArrayConverter\n\
         value.converter=org.apache.kafka.connect.json.JsonConverter\n\
         value.converter.schemas.enable=true\n\
         value.converter.schema.content={}\n\
         offset.storage.file.filename={}\n\
         plugin.path={}\n\
         listeners=http://127.0.0.1:0\n\
         consumer.max.poll.records=5000\n\
         consumer.fetch.min.bytes=100000\n\
         consumer.auto.offset.reset=earliest\n",
        services::kafka(),
        schema(),
        home.join("offsets").display(),
        variable("BENCH_CONNECT_PLUGINS")?,
    ))
}

/// The schema outside the messages, which Kafka Connect allows since 4.2.
fn schema() -> String {
    let field = |(name, kind): (&str, &str)| json!({"field": name, "type": kind, "optional": true});
    let fields = [
        ("customer", "string"),
        ("amount", "double"),
        ("currency", "string"),
        ("created_at", "string"),
        ("note", "string"),
        ("quantity", "int32"),
    ];
    let key = json!({"field": "id", "type": "int64", "optional": false});
    let fields: Vec<_> = std::iter::once(key).chain(fields.map(field)).collect();
    json!({"type": "struct", "optional": false, "name": "order", "fields": fields}).to_string()
}

fn sink(database: &Database, table: &str, course: Course) -> Result<String, Failed> {
    let mode = course.mode;
    let key = if mode == "upsert" {
        "primary.key.mode=record_value\nprimary.key.fields=id\n"
    } else {
        "primary.key.mode=none\n"
    };
    // A name, and so a consumer group, that has read nothing yet.
    let connector = services::unique("connector");
    let login = database.url.split(['/', ':', '@']).filter(|part| !part.is_empty());
    let [_, user, password, ..] = login.collect::<Vec<_>>()[..] else {
        return Err("no login".into());
    };
    Ok(format!(
        "name={connector}\n\
         connector.class=io.debezium.connector.jdbc.JdbcSinkConnector\n\
         topics={TOPIC}\n\
         tasks.max={PARTITIONS}\n\
         connection.url={}\n\
         connection.username={user}\n\
         connection.password={password}\n\
         insert.mode={mode}\n\
         {key}\
         schema.evolution=none\n\
         collection.name.format={table}\n\
         batch.size=5000\n",
        jdbc(database, course),
    ))
}

/// The driver, and the option of it that writes many rows at once. For MariaDB both drivers were
/// tried with what they have: its own appends faster, MySQL's upserts.
fn jdbc(database: &Database, course: Course) -> String {
    let address = database.target.address();
    match (database.target, course) {
        (Target::Postgres, _) => {
            let name = database.url.rsplit('/').next().unwrap_or_default();
            format!(
                "jdbc:postgresql://{address}/{name}?reWriteBatchedInserts=true&stringtype=unspecified"
            )
        }
        (Target::Mariadb, Course { mode: "upsert", encrypted }) => {
            let tls = if encrypted { "REQUIRED" } else { "DISABLED" };
            format!("jdbc:mysql://{address}/{SCHEMA}?rewriteBatchedStatements=true&sslMode={tls}")
        }
        (Target::Mariadb, Course { encrypted, .. }) => {
            let tls = if encrypted { "trust" } else { "disable" };
            format!("jdbc:mariadb://{address}/{SCHEMA}?useBulkStmts=true&sslMode={tls}")
        }
    }
}
