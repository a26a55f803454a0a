//! A function as a connector builds one, into a database in memory. A cell that says `panic`
//! panics; one that says `slow` takes two seconds.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sluice_bridge::compare::Compare;
use sluice_bridge::connector::Connector;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};
use sluice_testkit::{Kind, MemoryDatabase, MemorySink, Report, TableSpec};

const PASSWORD: Opt = Opt::new("connection.password", "Needed to start.");

struct Memory(MemorySink, Arc<AtomicBool>);

impl Connector for Memory {
    const OPTIONS: &'static [&'static Opt] = &[&PASSWORD];

    fn configure(settings: &mut Settings) -> Option<Self> {
        settings.required(&PASSWORD);
        let table = TableSpec::new("t").column("amount", Kind::Text);
        let sink = MemorySink::new(&MemoryDatabase::with([table]), Report::Pointer);
        let slow = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&slow);
        let sink = sink.bad(move |_, cell| {
            assert_ne!(cell.as_text(), Some("panic"), "scripted panic");
            seen.fetch_or(cell.as_text() == Some("slow"), Ordering::Relaxed);
            false
        });
        Some(Self(sink, slow))
    }
}

impl Sink for Memory {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.0.begin().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        self.0.table(name).await
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let written = self.0.write(batch).await;
        if self.1.swap(false, Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        written
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.0.commit().await
    }

    async fn abandon(&mut self) {
        self.0.abandon().await;
    }
}

impl DryRun for Memory {}

impl Compare for Memory {}

fn main() -> ExitCode {
    sluice_runtime::run_sink::<Memory>()
}
