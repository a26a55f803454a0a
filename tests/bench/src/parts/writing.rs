//! Append and upsert: the built function with events of 6 MB, against what a person makes of the
//! same rows on the same server by hand. They take turns.

use std::error::Error;
use std::time::Duration;

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::results::words::thousands;
use crate::rivals::hand::{self, Way};
use crate::setting::database::{Database, SCHEMA};
use crate::setting::lambda::Function;

type Failed = Box<dyn Error + Sync + Send>;

/// Rows of one run, and the bytes of a record.
pub const ROWS: u64 = 300_000;
const SIZE: u64 = 340;
const RUNS: usize = 7;
const UPSERT_RUNS: usize = 5;

/// Measures appends and what memory they take.
///
/// # Errors
/// A server, a function or a client fails, or rows are missing.
pub async fn append(database: &Database) -> Result<Vec<Figure>, Failed> {
    let table = format!("{SCHEMA}.appended");
    database.create_orders("appended", "").await?;
    let rows = hand::rows(database, &table, false, [ROWS, SIZE])?;
    let options = [("connection.url", database.url.as_str()), ("table.name.format", &table)];
    let mut function = Function::start(database.target, &options).await?;
    let (idle, _) = function.memory()?;
    function.invoke(&rows.events[0]).await?;
    let mut turns = Turns::of(database);
    for _ in 0..RUNS {
        database.empty(&table).await?;
        turns.ours.push(function.invoke_all(&rows.events).await?);
        expect(database, &table).await?;
        for (way, runs) in &mut turns.theirs {
            database.empty(&table).await?;
            runs.push(way.write(database, &rows).await?);
            expect(database, &table).await?;
        }
    }
    let (_, peak) = function.memory()?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![
        turns.figure("append", "append, events of 6 MB", false).at_least(0.9, 1.0),
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
    let table = format!("{SCHEMA}.upserted");
    database.create_orders("upserted", ", PRIMARY KEY (id)").await?;
    let rows = |size| hand::rows(database, &table, true, [ROWS, size]);
    let (new, changed) = (rows(SIZE)?, rows(SIZE + 1)?);
    let options = [
        ("connection.url", database.url.as_str()),
        ("table.name.format", &table),
        ("insert.mode", "upsert"),
        ("pk.mode", "record_value"),
    ];
    let mut function = Function::start(database.target, &options).await?;
    function.invoke(&new.events[0]).await?;
    let (mut added, mut updated) = (Turns::of(database), Turns::of(database));
    for _ in 0..UPSERT_RUNS {
        database.empty(&table).await?;
        added.ours.push(function.invoke_all(&new.events).await?);
        database.settle().await?;
        updated.ours.push(function.invoke_all(&changed.events).await?);
        expect(database, &table).await?;
        for ((way, added), (_, updated)) in added.theirs.iter_mut().zip(&mut updated.theirs) {
            database.empty(&table).await?;
            added.push(way.write(database, &new).await?);
            database.settle().await?;
            updated.push(way.write(database, &changed).await?);
            expect(database, &table).await?;
        }
    }
    Ok(vec![
        added.figure("upsert-new", "upsert, new keys", true).at_least(0.9, 1.0),
        updated.figure("upsert-existing", "upsert, existing keys", true).at_least(0.9, 1.0),
    ])
}

async fn expect(database: &Database, table: &str) -> Result<(), Failed> {
    let found = database.number(&format!("SELECT count(*) FROM {table}")).await?;
    if found == ROWS as i64 { Ok(()) } else { Err(format!("{found} rows are there").into()) }
}

/// Runs of all, in turns.
struct Turns {
    ours: Vec<Duration>,
    theirs: Vec<(Way, Vec<Duration>)>,
}

impl Turns {
    fn of(database: &Database) -> Self {
        let ways = Way::all(database.target).iter();
        Self { ours: Vec::new(), theirs: ways.map(|way| (*way, Vec::new())).collect() }
    }

    /// Ours against the best of theirs.
    fn figure(&self, id: &str, what: &str, upsert: bool) -> Figure {
        let ours = spread(&self.ours);
        let mut theirs: Vec<_> =
            self.theirs.iter().map(|(way, runs)| (way.words(upsert), spread(runs))).collect();
        theirs.sort_by(|(_, one), (_, other)| one.median.total_cmp(&other.median));
        let (words, best) = &theirs[0];
        let against = match theirs.len() {
            1 => words.clone(),
            _ => format!("the best statement by hand: {words}"),
        };
        let others =
            theirs[1..].iter().map(|(words, time)| format!("; {words}: {}", seconds(*time)));
        let detail = format!(
            "{} rows/s; {} against {}{}",
            thousands(ROWS as f64 / ours.median),
            seconds(ours),
            seconds(*best),
            others.collect::<String>()
        );
        Figure::new(id, what, best.median / ours.median, "×").against(against).detail(detail)
    }
}

fn spread(runs: &[Duration]) -> Spread {
    Spread::of(runs.iter().map(Duration::as_secs_f64).collect())
}

fn seconds(Spread { median, least, most }: Spread) -> String {
    format!("{median:.2} s ({least:.2}–{most:.2})")
}
