//! Databases of our own on both servers, and a source over them.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use mysql_source::MySqlSource;
use sluice_bridge::options::{Opt, Settings};
use sluice_source::error::SourceError;
use sluice_source::options::mode::{OPTIONS, Rules};
use sluice_source::poll::Poll;
use sluice_source::poll::outcome::Outcome;
use sluice_source::source::Source;
use sluice_testkit::{MemoryJournal, Told};
use tokio::time::Instant;

/// A server, and a database of ours on it.
pub(crate) struct Stage {
    pub(crate) is_maria: bool,
    url: String,
    pub(crate) database: String,
}

/// Runs a test on MariaDB and on MySQL.
#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
pub(crate) fn on_both(name: &str, test: impl AsyncFn(&Stage)) {
    on("TEST_MARIADB", name, &test);
    on("TEST_MYSQL", name, &test);
}

#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
pub(crate) fn on_maria(name: &str, test: impl AsyncFn(&Stage)) {
    on("TEST_MARIADB", name, &test);
}

#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
pub(crate) fn on_mysql(name: &str, test: impl AsyncFn(&Stage)) {
    on("TEST_MYSQL", name, &test);
}

fn on(variable: &str, name: &str, test: &impl AsyncFn(&Stage)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let home = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: run scripts/test.sh"));
        let database = format!("source_{name}");
        let (base, _) = home.rsplit_once('/').expect("a URL with a database");
        let url = format!("{base}/{database}");
        let is_maria = variable == "TEST_MARIADB";
        let mut admin = Conn::new(Opts::from_url(&home).expect("a URL")).await.expect("a server");
        let fresh = format!(
            "DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4"
        );
        admin.query_drop(fresh).await.expect("a database of our own");
        test(&Stage { is_maria, url, database: database.clone() }).await;
        admin.query_drop(format!("DROP DATABASE {database}")).await.expect("it goes");
        admin.disconnect().await.expect("goodbye");
    });
}

impl Stage {
    /// Another connection.
    pub(crate) async fn connect(&self) -> Conn {
        Conn::new(Opts::from_url(&self.url).expect("a URL")).await.expect("a connection")
    }

    /// Says something on a connection of its own.
    pub(crate) async fn say(&self, sql: &str) {
        let mut conn = self.connect().await;
        conn.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        conn.disconnect().await.expect("goodbye");
    }

    /// A source with these options, whatever is wrong with it.
    pub(crate) fn source(&self, options: &[(&str, &str)]) -> (MySqlSource, Rules) {
        let given = [&[("name", "c"), ("connection.url", self.url.as_str())], options].concat();
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let known: Vec<&'static Opt> =
            [OPTIONS, MySqlSource::OPTIONS].iter().flat_map(|list| list.iter()).copied().collect();
        let mut settings = Settings::new(&known, given);
        let rules = Rules::from_settings(&mut settings);
        let source = MySqlSource::configure(&mut settings, &rules);
        settings.check().unwrap_or_else(|problems| panic!("{problems}"));
        (source.expect("a source"), rules)
    }

    /// One invocation.
    pub(crate) async fn poll(
        &self,
        journal: &MemoryJournal,
        options: &[(&str, &str)],
    ) -> Result<Outcome, SourceError> {
        self.poll_for(Duration::from_secs(20), journal, options).await
    }

    /// Why one invocation reads nothing of its only table.
    pub(crate) async fn refused(&self, options: &[(&str, &str)]) -> SourceError {
        let journal = MemoryJournal::default();
        let outcome = self.poll(&journal, options).await.expect("an outcome");
        assert_eq!(journal.take(), []);
        outcome.error().expect("an error")
    }

    pub(crate) async fn poll_for(
        &self,
        time: Duration,
        journal: &MemoryJournal,
        options: &[(&str, &str)],
    ) -> Result<Outcome, SourceError> {
        let (source, rules) = self.source(options);
        let mut poll = Poll::open(source, journal.clone(), rules).await?;
        let outcome = poll.run(Instant::now() + time).await;
        poll.close().await;
        outcome
    }

    /// The values that one invocation tells, which comes to its end.
    pub(crate) async fn values(
        &self,
        journal: &MemoryJournal,
        options: &[(&str, &str)],
    ) -> Vec<String> {
        self.told(journal, options).await.into_iter().map(|told| told.value).collect()
    }

    /// The records of one invocation, which comes to its end.
    pub(crate) async fn told(
        &self,
        journal: &MemoryJournal,
        options: &[(&str, &str)],
    ) -> Vec<Told> {
        let outcome = self.poll(journal, options).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(outcome.error(), None);
        assert!(outcome.is_done, "{outcome:?}");
        journal.take()
    }

    /// The records of one invocation, and what it says to a person.
    pub(crate) async fn told_with_warnings(&self, options: &[(&str, &str)]) -> (Vec<Told>, String) {
        let journal = MemoryJournal::default();
        let (source, rules) = self.source(options);
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
        let warnings = poll.warnings().join("\n");
        let outcome = poll.run(Instant::now() + Duration::from_secs(20)).await.expect("an outcome");
        poll.close().await;
        assert_eq!(outcome.error(), None);
        (journal.take(), warnings)
    }
}
