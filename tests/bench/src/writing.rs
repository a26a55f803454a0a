//! Append and upsert: the built function with events of 6 MB, against what `psql` makes of the
//! same rows on the same server. The two take turns.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use crate::database::{Database, SCHEMA};
use crate::event;
use crate::figures::Figure;
use crate::lambda::Function;
use crate::median::Spread;
use crate::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

/// Rows of one run, and the bytes of a record.
pub const ROWS: u64 = 300_000;
const SIZE: usize = 340;
const RUNS: usize = 7;
const UPSERT_RUNS: usize = 5;

const COPY: &str = "psql `\\copy` of the same rows";
const STAGED: &str = "hand-written staged COPY and ON CONFLICT in psql";

/// The same rows as events and as a text file.
struct Rows {
    events: Vec<Bytes>,
    file: PathBuf,
}

impl Rows {
    fn new(name: &str, size: usize) -> Result<Self, Failed> {
        let orders = || (0..ROWS).map(move |id| Order::new(id, size));
        let file = std::env::temp_dir().join(format!("sluice-bench-{}-{name}", std::process::id()));
        let lines: String = orders().map(|order| order.line()).collect();
        std::fs::write(&file, lines)?;
        Ok(Self { events: event::events(orders().map(|order| order.json())), file })
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Measures appends and what memory they take.
///
/// # Errors
/// A server, a function or `psql` fails, or rows are missing.
pub async fn append(database: &Database) -> Result<Vec<Figure>, Failed> {
    let rows = Rows::new("append", SIZE)?;
    let table = format!("{SCHEMA}.appended");
    database.create_orders("appended", "").await?;
    let options = [("connection.url", database.url.as_str()), ("table.name.format", &table)];
    let mut function = Function::start(&options).await?;
    let (idle, _) = function.memory()?;
    function.invoke(&rows.events[0]).await?;
    let mut pairs = Pairs::default();
    for _ in 0..RUNS {
        empty(database, &table).await?;
        pairs.ours.push(function.invoke_all(&rows.events).await?);
        expect(database, &table).await?;
        empty(database, &table).await?;
        pairs.theirs.push(database.psql(&copy(&table, &rows.file))?);
        expect(database, &table).await?;
    }
    let (_, peak) = function.memory()?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![
        pairs.figure("append", "append, events of 6 MB", COPY).at_least(0.9, 1.0),
        Figure::new("rss-idle", "memory (RSS), waiting for the first event", megabytes(idle), "MB")
            .at_most(10.0, 8.0),
        Figure::new("rss-peak", "memory (RSS), most ever at events of 6 MB", megabytes(peak), "MB")
            .at_most(40.0, 35.0),
    ])
}

/// Measures upserts of new keys, then of the same keys with other values.
///
/// # Errors
/// As [`append`].
pub async fn upsert(database: &Database) -> Result<Vec<Figure>, Failed> {
    let (new, changed) = (Rows::new("new", SIZE)?, Rows::new("changed", SIZE + 1)?);
    let table = format!("{SCHEMA}.upserted");
    database.create_orders("upserted", ", PRIMARY KEY (id)").await?;
    let options = [
        ("connection.url", database.url.as_str()),
        ("table.name.format", &table),
        ("insert.mode", "upsert"),
        ("pk.mode", "record_value"),
    ];
    let mut function = Function::start(&options).await?;
    function.invoke(&new.events[0]).await?;
    let (mut added, mut updated) = (Pairs::default(), Pairs::default());
    let copies = |rows: &Rows| staged(&table, &rows.file);
    for _ in 0..UPSERT_RUNS {
        empty(database, &table).await?;
        added.ours.push(function.invoke_all(&new.events).await?);
        database.settle().await?;
        updated.ours.push(function.invoke_all(&changed.events).await?);
        expect(database, &table).await?;
        empty(database, &table).await?;
        added.theirs.push(database.psql(&copies(&new))?);
        database.settle().await?;
        updated.theirs.push(database.psql(&copies(&changed))?);
        expect(database, &table).await?;
    }
    Ok(vec![
        added.figure("upsert-new", "upsert, new keys", STAGED).at_least(0.9, 1.0),
        updated.figure("upsert-existing", "upsert, existing keys", STAGED).at_least(0.9, 1.0),
    ])
}

/// An empty table, and nothing left for the server to write.
async fn empty(database: &Database, table: &str) -> Result<(), Failed> {
    database.run(&format!("TRUNCATE {table}")).await?;
    database.settle().await
}

async fn expect(database: &Database, table: &str) -> Result<(), Failed> {
    let found = database.number(&format!("SELECT count(*) FROM {table}")).await?;
    if found == ROWS as i64 { Ok(()) } else { Err(format!("{found} rows are there").into()) }
}

fn copy(table: &str, file: &Path) -> String {
    format!("\\copy {table} FROM '{}'", file.display())
}

fn staged(table: &str, file: &Path) -> String {
    let set = ["customer", "amount", "currency", "created_at", "note", "items"];
    let set: Vec<_> = set.iter().map(|column| format!("{column} = EXCLUDED.{column}")).collect();
    format!(
        "BEGIN;\nCREATE TEMPORARY TABLE stage (LIKE {table}) ON COMMIT DROP;\n{}\n\
         INSERT INTO {table} SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET {};\nCOMMIT;",
        copy("stage", file),
        set.join(", ")
    )
}

/// Runs of both, in turns.
#[derive(Default)]
struct Pairs {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

impl Pairs {
    fn figure(&self, id: &str, what: &str, against: &str) -> Figure {
        let spread =
            |runs: &[Duration]| Spread::of(runs.iter().map(Duration::as_secs_f64).collect());
        let (ours, theirs) = (spread(&self.ours), spread(&self.theirs));
        let seconds =
            |Spread { median, least, most }| format!("{median:.2} s ({least:.2}–{most:.2})");
        Figure::new(id, what, theirs.median / ours.median, "×").against(against).detail(format!(
            "{} rows/s; {} against {}",
            crate::words::thousands(ROWS as f64 / ours.median),
            seconds(ours),
            seconds(theirs)
        ))
    }
}
