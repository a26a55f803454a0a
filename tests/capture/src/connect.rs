//! Kafka Connect with one of Debezium's source connectors, in a process of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sluice_tests::services;
use tokio::process::{Child, Command};

use crate::kind::{Failed, Kind};
use crate::page;

/// A worker that runs.
#[derive(Debug)]
pub(crate) struct Connect {
    child: Child,
    log: std::path::PathBuf,
}

/// What is tried, beside the kind of the source.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// The kind of the database.
    pub(crate) kind: Kind,
    /// The database's name.
    pub(crate) database: &'a str,
    /// What the topics' names begin with.
    pub(crate) prefix: &'a str,
    /// Partitions of each topic.
    pub(crate) partitions: u32,
    /// Settings that win over the page's.
    pub(crate) settings: &'a [(String, String)],
}

/// Longer than a snapshot here takes, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(600);

impl Connect {
    /// Starts a worker; its files go to `folder`.
    pub(crate) fn start(source: &Source<'_>, folder: &Path) -> Result<Self, Failed> {
        let (worker, connector) =
            (folder.join("worker.properties"), folder.join("source.properties"));
        let offsets = folder.join("offsets").to_string_lossy().into_owned();
        let plugins = variable("CAPTURE_PLUGINS")?;
        let properties = [
            ("bootstrap.servers", services::kafka()),
            ("key.converter", "org.apache.kafka.connect.json.JsonConverter".to_owned()),
            ("value.converter", "org.apache.kafka.connect.json.JsonConverter".to_owned()),
            ("offset.storage.file.filename", offsets),
            ("offset.flush.interval.ms", "1000".to_owned()),
            ("plugin.path", plugins),
            ("plugin.discovery", "service_load".to_owned()),
            ("listeners", "http://127.0.0.1:0".to_owned()),
        ];
        std::fs::write(&worker, lines(properties.map(|(name, value)| (name.to_owned(), value))))?;
        std::fs::write(&connector, lines(source.properties()?))?;
        let log = folder.join("connect.log");
        let out = std::fs::File::create(&log)?;
        let jars = format!("{}/*", variable("CAPTURE_CONNECT")?);
        let child = Command::new("java")
            .args(["-Xmx700m", "-cp", &jars, "org.apache.kafka.connect.cli.ConnectStandalone"])
            .args([&worker, &connector])
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Waits until the topic of fences holds this one, and what came before it is written too.
    pub(crate) async fn reaches(&mut self, topic: &str, fence: u32) -> Result<(), Failed> {
        let (start, wanted) = (Instant::now(), format!("\"id\":{fence}"));
        while !keys(topic).await?.lines().any(|key| key.contains(&wanted)) {
            if let Some(status) = self.child.try_wait()? {
                return Err(
                    format!("Connect ended with {status}; see {}", self.log.display()).into()
                );
            }
            let log = std::fs::read_to_string(&self.log)?;
            if log.contains("being killed and will not recover") || start.elapsed() > PATIENCE {
                return Err(format!("Debezium does not go on; see {}", self.log.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        // Another partition's records may be on their way still.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    /// Asks it to end, and waits for that.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        if let Some(process) = self.child.id() {
            sluice_tests::signal::signal(process, "TERM");
        }
        self.child.wait().await?;
        Ok(())
    }
}

impl Source<'_> {
    /// What names of tables and topics have before the table's own.
    pub(crate) fn schema(&self) -> &str {
        if self.kind == Kind::Postgres { "public" } else { self.database }
    }

    /// The page's settings, with what is particular to this run.
    fn properties(&self) -> Result<BTreeMap<String, String>, Failed> {
        let address = self.kind.address(true)?;
        let mut all = page::connector(self.kind)?;
        let mut own = vec![
            ("name", self.prefix.to_owned()),
            ("topic.prefix", self.prefix.to_owned()),
            ("database.hostname", address.host),
            ("database.port", address.port),
            ("topic.creation.default.partitions", self.partitions.to_string()),
            ("topic.creation.default.replication.factor", "1".to_owned()),
            // Tables whose rows depend on each other, see "Partitions" on the page.
            ("topic.creation.groups", "ordered".to_owned()),
            ("topic.creation.ordered.include", ".*\\.(cikey|tree|uniq)".to_owned()),
            ("topic.creation.ordered.partitions", "1".to_owned()),
            ("topic.creation.ordered.replication.factor", "1".to_owned()),
            // See "Tables without a primary key".
            ("message.key.columns", format!("{}\\.nokey:a", self.schema())),
        ];
        if self.kind == Kind::Postgres {
            own.push(("database.dbname", self.database.to_owned()));
            own.push(("slot.name", self.prefix.replace('-', "_")));
        } else {
            own.push(("database.include.list", self.database.to_owned()));
            own.push(("schema.history.internal.kafka.bootstrap.servers", services::kafka()));
            own.push(("schema.history.internal.kafka.topic", format!("history-{}", self.prefix)));
        }
        all.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        all.extend(self.settings.iter().cloned());
        all.retain(|_, value| !value.is_empty());
        Ok(all)
    }
}

fn lines(properties: impl IntoIterator<Item = (String, String)>) -> String {
    let line =
        |(name, value): (String, String)| format!("{name}={}\n", value.replace('\\', "\\\\"));
    properties.into_iter().map(line).collect()
}

/// The keys of a topic's records, one a line; none while there is no topic.
async fn keys(topic: &str) -> Result<String, Failed> {
    let servers = services::kafka();
    let arguments = ["-C", "-e", "-q", "-b", &servers, "-t", topic, "-f", "%k\n"];
    let read = Command::new("kcat").args(arguments).output().await?;
    Ok(String::from_utf8_lossy(&read.stdout).into_owned())
}

fn variable(name: &str) -> Result<String, Failed> {
    std::env::var(name)
        .map_err(|_| format!("{name} is not set: run scripts/try-change-capture.sh").into())
}
