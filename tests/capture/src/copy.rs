//! A copy: its tables, and the trigger and the function that fill them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use krafka::Kafka;
use serde_json::Value;
use sluice_tests::database::session::Session;
use sluice_tests::pipeline::sluice;
use sluice_tests::services::{self, binary};
use tokio::process::{Child, Command};

use crate::Arguments;
use crate::kind::{Failed, Kind};
use crate::page;
use crate::tables::Table;

/// A copy in one database.
#[derive(Debug)]
pub(crate) struct Copy {
    /// The kind of its database.
    pub(crate) kind: Kind,
    /// A session in it.
    pub(crate) session: Session,
    /// The topic of its letters.
    pub(crate) letters: String,
    unconstrained: bool,
    options: BTreeMap<String, String>,
    log: PathBuf,
}

/// What the function counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Records that were written.
    pub(crate) written: u64,
    /// Records that became letters.
    pub(crate) lettered: u64,
    /// Records that were filtered.
    pub(crate) filtered: u64,
}

impl Copy {
    /// An empty database, and a topic for letters.
    pub(crate) async fn create(
        kind: Kind,
        prefix: &str,
        arguments: &Arguments,
        folder: &Path,
    ) -> Result<Self, Failed> {
        let database = "captured";
        let session = kind.create(false, database).await?;
        let letters = format!("letters-{prefix}-{}", kind.name());
        make_topic(&letters).await?;
        let mut all = page::options()?;
        if let Some(mapping) = all.get_mut("topics.to.tables.mapping") {
            *mapping = mapping.replace("shop\\.", &format!("{prefix}\\."));
        }
        let own = [
            ("connection.url", kind.address(false)?.url(database)),
            ("errors.deadletterqueue.topic.name", letters.clone()),
            ("kafka.bootstrap.servers", services::kafka()),
            ("name", format!("{prefix}-{}", kind.name())),
        ];
        all.extend(own.map(|(name, value)| (name.to_owned(), value)));
        all.remove("connection.user");
        all.remove("connection.password");
        all.extend(arguments.options.iter().cloned());
        all.retain(|_, value| !value.is_empty());
        let log = folder.join(format!("function-{}.log", kind.name()));
        let unconstrained = arguments.unconstrained;
        Ok(Self { kind, session, letters, unconstrained, options: all, log })
    }

    /// Makes tables as they are at the source, in this database's types.
    pub(crate) async fn make<'t>(
        &self,
        tables: impl IntoIterator<Item = &'t Table>,
    ) -> Result<(), Failed> {
        for table in tables {
            let create = if self.unconstrained {
                table.unconstrained().create(self.kind, false)
            } else {
                table.create(self.kind, false)
            };
            let made = self.session.run(&create).await;
            made.map_err(|error| format!("copy in {}: {error}: {create}", self.kind.name()))?;
        }
        Ok(())
    }

    /// Everything that stands in the topics goes through the function. The trigger's own words if
    /// something was given up, or stays.
    pub(crate) async fn drain(&self, topics: &[String]) -> Result<Option<String>, Failed> {
        let run = self.trigger(topics, 1000).arg("--once").output().await?;
        let said = String::from_utf8_lossy(&run.stderr).trim().to_owned();
        Ok((!run.status.success()).then_some(said))
    }

    /// Several times, two triggers in one group share the topics, and one of the four processes is
    /// killed.
    pub(crate) async fn drain_with_kills(
        &self,
        topics: &[String],
        times: u32,
        rng: &mut fastrand::Rng,
    ) -> Result<(), Failed> {
        let mut running = [self.follow(topics)?, self.follow(topics)?];
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(rng.u64(300..2500))).await;
            let victim = rng.usize(..2);
            if rng.bool()
                && let Some(function) = child_of(running[victim].id()).await
            {
                sluice_tests::signal::signal(function, "KILL");
            } else {
                running[victim].kill().await?;
                running[victim] = self.follow(topics)?;
            }
        }
        for mut trigger in running {
            trigger.kill().await?;
        }
        // So long the group waits for the two that were killed.
        tokio::time::sleep(Duration::from_secs(7)).await;
        Ok(())
    }

    fn follow(&self, topics: &[String]) -> Result<Child, Failed> {
        let mut trigger = self.trigger(topics, 20);
        let trigger = trigger.args(["--session-timeout", "6s"]).stdout(Stdio::null());
        Ok(trigger.stderr(Stdio::null()).spawn()?)
    }

    fn trigger(&self, topics: &[String], batch: u32) -> Command {
        let mut command = sluice();
        command
            .arg("trigger")
            .arg("--function")
            .arg(binary(self.kind.connector()))
            .args(["--bootstrap", &services::kafka()])
            .args(["--topics", &topics.join(","), "--group", &self.letters])
            .args(["--batch-size", &batch.to_string(), "--batch-window", "100ms"])
            .arg("--function-log")
            .arg(&self.log)
            .envs(self.options.iter().map(|(name, value)| (as_variable(name), value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// What the function has counted in all its lines. Killed ones may have written a line before their
    /// offsets were committed: then records count twice.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for line in std::fs::read_to_string(&self.log).unwrap_or_default().lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let of = |name: &str| line[name].as_u64().unwrap_or_default();
            counts.written += of("written");
            counts.lettered += of("lettered");
            counts.filtered += of("filtered");
        }
        counts
    }
}

/// `insert.mode`: `SLUICE_INSERT_MODE`
fn as_variable(option: &str) -> String {
    format!("SLUICE_{}", option.to_uppercase().replace('.', "_"))
}

async fn child_of(process: Option<u32>) -> Option<u32> {
    let listed = Command::new("pgrep").args(["-P", &process?.to_string()]).output().await.ok()?;
    String::from_utf8_lossy(&listed.stdout).lines().next()?.parse().ok()
}

async fn make_topic(name: &str) -> Result<(), Failed> {
    let kafka = Kafka::builder(services::kafka()).connect().await?;
    let topic = krafka::admin::NewTopic::new(name, 1, 1)?;
    for (_, made) in kafka.admin().create_topics([topic], Default::default()).await? {
        made?;
    }
    Ok(())
}
