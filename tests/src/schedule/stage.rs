//! Where a schedule is carried out: a pipeline, a proxy in each of its wires, the triggers, and a
//! directory in which everything leaves its log.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tokio::sync::Mutex;

use crate::database::session::Session;
use crate::pipeline::Pipeline;
use crate::schedule::fault::{Fault, Wire};
use crate::schedule::processes::{self, Processes};
use crate::schedule::records::{RAISED, columns};
use crate::schedule::table_chain::{PARENT, name_of};
use crate::schedule::taken::Taken;
use crate::schedule::{Mode, Schedule};
use crate::services;
use crate::wire::proxy::Proxy;

/// A function gives up after so long, a group on a member a good deal later: a trigger that was
/// killed leaves a function behind, and that one must not write once another has its partitions.
const TIMES: [&str; 6] =
    ["--timeout", "5s", "--session-timeout", "12s", "--metadata-max-age", "1s"];

/// Everything a schedule plays on.
pub struct Stage {
    /// Topics, table and options.
    pub pipeline: Pipeline,
    /// Before the database.
    pub database: Proxy,
    /// Before Kafka, for letters.
    pub letters: Proxy,
    /// Before Kafka, for the triggers.
    pub source: Proxy,
    /// The triggers.
    pub processes: Mutex<Processes>,
    /// Held by whoever restarts the database.
    pub restarting: Mutex<()>,
    /// Partitions of the topic, once it has grown.
    pub partitions: i32,
    /// Whether it has all of them.
    pub grown: AtomicBool,
    /// Where the logs are.
    pub directory: PathBuf,
    began: Instant,
    diary: std::sync::Mutex<File>,
    taken: std::sync::Mutex<Taken>,
}

impl Stage {
    /// Builds it, with nobody at work yet.
    ///
    /// # Panics
    /// The servers are not there.
    pub async fn build(schedule: &Schedule) -> Self {
        let database = Proxy::before(&schedule.target.address()).await;
        let letters = Proxy::before(&services::kafka()).await;
        let source = Proxy::before(&services::kafka()).await;
        let pipeline = pipeline(schedule).await.through(&database).letters_through(&letters);
        if schedule.faults.iter().any(|(_, fault)| matches!(fault, Fault::LateLetters(_))) {
            pipeline.delete_topic(&pipeline.dead).await;
        }
        let directory = services::built().join("schedules").join(&pipeline.name);
        fs::create_dir_all(&directory).expect("a directory of our own");
        let mut diary = File::create(directory.join("diary")).expect("a file of our own");
        writeln!(diary, "{schedule}").expect("written");
        let processes = Processes::new(
            schedule.target,
            &directory,
            arguments(schedule, &pipeline, &source.address()),
        );
        Self {
            pipeline,
            database,
            letters,
            source,
            processes: Mutex::new(processes),
            restarting: Mutex::new(()),
            partitions: schedule.partitions,
            grown: AtomicBool::new(schedule.partitions == schedule.partitions_at_first),
            directory,
            began: Instant::now(),
            diary: std::sync::Mutex::new(diary),
            taken: std::sync::Mutex::default(),
        }
    }

    /// The proxy in a wire.
    #[must_use]
    pub fn proxy(&self, wire: Wire) -> &Proxy {
        match wire {
            Wire::Database => &self.database,
            Wire::Letters => &self.letters,
            Wire::Source => &self.source,
        }
    }

    /// The functions that live.
    #[must_use]
    pub fn functions(&self) -> Vec<u32> {
        processes::functions(&self.directory, &services::binary(self.pipeline.target.connector()))
    }

    /// A session with a database that may be down for a moment.
    ///
    /// # Panics
    /// It stays down.
    pub async fn patient_session(&self) -> Session {
        let url = self.pipeline.target.url();
        let mut session = None;
        services::until("the database answers", async || {
            session = Session::open(&url).await.ok();
            session.is_some()
        })
        .await;
        session.expect("a session")
    }

    /// What was taken away so far.
    ///
    /// # Panics
    /// Somebody panicked while noting it.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken.lock().expect("nothing panics while it holds the lock").clone()
    }

    /// Notes that something is taken away.
    ///
    /// # Panics
    /// Somebody panicked while noting it.
    pub fn take(&self, note: impl FnOnce(&mut Taken)) {
        note(&mut self.taken.lock().expect("nothing panics while it holds the lock"));
    }

    /// Notes what happens now.
    ///
    /// # Panics
    /// The diary cannot be written.
    pub fn note(&self, what: &str) {
        let mut diary = self.diary.lock().expect("nothing panics while it holds the lock");
        writeln!(diary, "{:>8.3?} {what}", self.began.elapsed()).expect("written");
    }

    /// Everything that was logged to files whose name begins with `whose`, each file on its own.
    ///
    /// # Panics
    /// The directory is gone.
    #[must_use]
    pub fn logs(&self, whose: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).expect("our own directory");
        let names = entries.map(|entry| entry.expect("an entry").path());
        let ours = names.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(whose) && name.ends_with(".log")
        });
        ours.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into())
            .collect()
    }

    /// Adds to the end of the diary, when all is over.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn close(directory: &std::path::Path, findings: &str) {
        let mut diary = OpenOptions::new().append(true).open(directory.join("diary"));
        let diary = diary.as_mut().expect("our own file");
        writeln!(diary, "{findings}").expect("written");
    }
}

async fn pipeline(schedule: &Schedule) -> Pipeline {
    let target = schedule.target;
    let columns = columns(target);
    let columns = match schedule.mode {
        Mode::Insert => format!("seen {}, id int NOT NULL, {columns}", target.serial()),
        _ => format!("id int PRIMARY KEY, {columns}"),
    };
    let what = format!("seed_{:x}", schedule.seed);
    let pipeline = Pipeline::to(target, &what, schedule.partitions_at_first, &columns).await;
    let name = pipeline.name.clone();
    if schedule.mode == Mode::Insert {
        pipeline.sql(&target.note_transactions(&name)).await;
    }
    pipeline.sql(&target.refuse(&name, RAISED)).await;
    for generation in 1..schedule.topics() {
        let (child, parent) = (name_of(&name, generation), name_of(&name, generation - 1));
        pipeline.create_topic(&child, schedule.partitions, &[]).await;
        let columns = self::columns(target);
        pipeline
            .sql(&format!(
                "CREATE TABLE {child} (id int PRIMARY KEY, {columns}, {PARENT} int NOT NULL, \
             FOREIGN KEY ({PARENT}) REFERENCES {parent} (id))"
            ))
            .await;
    }
    let pipeline = pipeline
        .with("name", &name)
        .with("max.retries", &schedule.retries.to_string())
        .with("report.batch.item.failures", if schedule.reports { "true" } else { "false" });
    // Records are compared byte for byte, and some are not text.
    let pipeline = match schedule.function_compute {
        true => {
            pipeline.with("event.key.encoding", "base64").with("event.value.encoding", "base64")
        }
        false => pipeline,
    };
    let pipeline = if schedule.evolves { pipeline.with("auto.evolve", "true") } else { pipeline };
    let pipeline = match schedule.table_chain {
        Some(table_chain) => {
            pipeline.with("errors.retry.timeout", &table_chain.patience.to_string())
        }
        None => pipeline,
    };
    let pipeline = match schedule.mode {
        Mode::Insert => pipeline,
        Mode::Upsert => keyed_by_record(pipeline),
        Mode::UpsertAndDelete => keyed_by_record(pipeline).with("delete.enabled", "true"),
    };
    if schedule.exactly_once {
        let table = offsets_table(&name);
        return pipeline.with("exactly.once.enabled", "true").with("offsets.table", &table);
    }
    pipeline
}

/// Where the function keeps the offsets it has reached; it makes the table itself.
pub(crate) fn offsets_table(name: &str) -> String {
    format!("{name}_offsets")
}

fn keyed_by_record(pipeline: Pipeline) -> Pipeline {
    pipeline.with("insert.mode", "upsert").with("pk.mode", "record_key").with("pk.fields", "id")
}

fn arguments(schedule: &Schedule, pipeline: &Pipeline, source: &str) -> Vec<String> {
    let topics = (0..schedule.topics()).map(|topic| name_of(&pipeline.name, topic));
    let topics = ["--topics".to_owned(), topics.collect::<Vec<_>>().join(",")];
    let numbers = [
        format!("--batch-size={}", schedule.batch_size),
        format!("--concurrency={}", schedule.concurrency),
        format!("--report-batch-item-failures={}", schedule.reports),
    ];
    let source = ["--bootstrap", source].map(str::to_owned);
    let platform = if schedule.function_compute { "function-compute" } else { "lambda" };
    let platform = [format!("--platform={platform}")];
    topics
        .into_iter()
        .chain(numbers)
        .chain(platform)
        .chain(source)
        .chain(TIMES.map(str::to_owned))
        .collect()
}
