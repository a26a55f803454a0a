//! One run: the source is made and captured, copies are filled in two rounds with a change of the tables
//! between them, and compared.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use krafka::Kafka;
use sluice_tests::database::session::Session;
use sluice_tests::services;

use crate::Arguments;
use crate::canonical::Class;
use crate::compare::compare;
use crate::connect::{Connect, Source};
use crate::copy::Copy;
use crate::kind::{Failed, Kind};
use crate::limits::Limits;
use crate::page;
use crate::report;
use crate::tables::{Column, Table, tables};
use crate::workload::Workload;

/// The source's database, as the page calls it.
const DATABASE: &str = "shop";

/// Runs; whether the copies are equal but for known limits.
pub(crate) async fn run(arguments: &Arguments) -> Result<bool, Failed> {
    let kind = arguments.source;
    let prefix = format!("capture-{}-{:x}", kind.name(), seconds());
    let folder = folder(&prefix)?;
    println!("logs: {}", folder.display());
    let mut tables = tables(kind)?;
    let session = kind.create(true, DATABASE).await?;
    prepare(&session, kind).await?;
    for table in tables.iter().filter(|table| !table.later) {
        make_source(&session, kind, table).await?;
    }
    admit(&session, kind).await?;
    let mut copies = Vec::new();
    for to in targets(arguments) {
        let copy = Copy::create(to, &prefix, arguments, &folder).await?;
        prepare_copy(&copy, kind).await?;
        copy.make(tables.iter().filter(|table| !table.later)).await?;
        copies.push(copy);
    }
    perform(arguments, &prefix, &folder, &session, &mut tables, &copies).await?;
    let kafka = Kafka::builder(services::kafka()).connect().await?;
    let file = std::fs::read_to_string(services::repository().join("scripts/capture/limits.txt"))?;
    let mut well = true;
    for copy in &copies {
        let mut compared = Vec::new();
        for table in &tables {
            compared.push(compare(table, (&session, kind), (&copy.session, copy.kind)).await?);
        }
        let limits = Limits::read(&file, kind, copy.kind)?;
        well &= report::path(&kafka, kind, copy, &compared, &limits).await?;
    }
    Ok(well)
}

/// The traffic, and the copying in two rounds.
async fn perform(
    arguments: &Arguments,
    prefix: &str,
    folder: &Path,
    session: &Session,
    tables: &mut [Table],
    copies: &[Copy],
) -> Result<(), Failed> {
    let kind = arguments.source;
    let source = Source {
        kind,
        database: DATABASE,
        prefix,
        partitions: arguments.partitions,
        settings: &arguments.settings,
    };
    let fences = format!("{prefix}.{}.fence", source.schema());
    let mut workload = Workload::new(kind, session, tables, arguments.seed);
    workload.begin(arguments.changes / 5).await?;
    let first = workload.fence().await?;
    let mut connect = Connect::start(&source, folder)?;
    connect.reaches(&fences, first).await?;
    println!("snapshot taken");
    workload.stream(2 * arguments.changes / 5).await?;
    let second = workload.fence().await?;
    connect.reaches(&fences, second).await?;
    for copy in copies {
        fill(copy, prefix, arguments).await?;
    }
    println!("first round copied; now the tables change");
    let late = tables.iter().filter(|table| table.later);
    for table in late {
        make_source(session, kind, table).await?;
    }
    change(session, kind).await?;
    session.run("TRUNCATE TABLE trunc").await?;
    for copy in copies {
        copy.make(tables.iter().filter(|table| table.later)).await?;
        change(&copy.session, copy.kind).await?;
    }
    workload.finish(2 * arguments.changes / 5).await?;
    let third = workload.fence().await?;
    connect.reaches(&fences, third).await?;
    for copy in copies {
        fill(copy, prefix, arguments).await?;
    }
    println!("{} statements of traffic were committed", workload.changes);
    connect.stop().await?;
    changed(tables);
    Ok(())
}

/// Everything in the topics goes into the copy.
async fn fill(copy: &Copy, prefix: &str, arguments: &Arguments) -> Result<(), Failed> {
    let kafka = Kafka::builder(services::kafka()).connect().await?;
    let mut topics = kafka.admin().list_topics(Default::default()).await?;
    topics.retain(|topic| topic.starts_with(&format!("{prefix}.")));
    if arguments.kill > 0 {
        let mut rng = fastrand::Rng::with_seed(arguments.seed);
        copy.drain_with_kills(&topics, arguments.kill, &mut rng).await?;
    }
    if let Some(said) = copy.drain(&topics).await? {
        println!("{}: the trigger did not settle everything:\n{said}", copy.kind.name());
    }
    Ok(())
}

fn targets(arguments: &Arguments) -> Vec<Kind> {
    if arguments.to.is_empty() { vec![arguments.source] } else { arguments.to.clone() }
}

const EXTENSIONS: &str = "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; \
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy'); CREATE TYPE pair AS (a int, b text)";

async fn prepare(session: &Session, kind: Kind) -> Result<(), Failed> {
    if kind == Kind::Postgres {
        session.run(EXTENSIONS).await?;
    }
    Ok(())
}

/// Debezium gets its user, as the page has it. It may be there from an earlier run.
async fn admit(session: &Session, kind: Kind) -> Result<(), Failed> {
    for statement in page::login(kind)? {
        let done = session.run(statement).await;
        if !["CREATE USER", "CREATE ROLE"].iter().any(|first| statement.starts_with(first)) {
            done.map_err(|error| format!("{}: {error}: {statement}", kind.name()))?;
        }
    }
    Ok(())
}

async fn prepare_copy(copy: &Copy, source: Kind) -> Result<(), Failed> {
    if source == Kind::Postgres { prepare(&copy.session, copy.kind).await } else { Ok(()) }
}

async fn make_source(session: &Session, kind: Kind, table: &Table) -> Result<(), Failed> {
    let create = table.create(kind, true);
    session.run(&create).await.map_err(|error| format!("source: {error}: {create}"))?;
    if kind == Kind::Postgres && table.identity_full {
        session.run(&format!("ALTER TABLE {} REPLICA IDENTITY FULL", table.name)).await?;
    }
    Ok(())
}

/// A column is added, one is renamed, one is dropped.
async fn change(session: &Session, kind: Kind) -> Result<(), Failed> {
    for statement in [
        "ALTER TABLE evo ADD COLUMN added INT DEFAULT 7",
        "ALTER TABLE evo RENAME COLUMN b TO c",
        "ALTER TABLE evo DROP COLUMN a",
    ] {
        let changed = session.run(statement).await;
        changed.map_err(|error| format!("{}: {error}: {statement}", kind.name()))?;
    }
    Ok(())
}

/// The same in what we know of the tables.
fn changed(tables: &mut [Table]) {
    for table in tables.iter_mut().filter(|table| table.name == "evo") {
        table.columns.retain(|column| column.name == "id");
        table.columns.push(Column::plain("added", Class::Int, "INT"));
        table.columns.push(Column::plain("c", Class::Text, "VARCHAR(100)"));
    }
}

fn folder(prefix: &str) -> Result<PathBuf, Failed> {
    let folder = std::env::temp_dir().join(prefix);
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}
