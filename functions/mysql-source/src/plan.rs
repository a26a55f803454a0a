//! What the server would do to read a page: a missing index is logged at start, with the plan that the server
//! chose. And rows that no page will ever hold, because they have no timestamp, or not yet, because the clock has not reached it.

use mysql_async::{Row, Value};
use sluice_source::error::{Next, SourceError};
use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Order, Position};

use crate::catalog::{Described, TimeColumns};
use crate::select::select;
use crate::session::Session;

/// From so many rows on, a plan counts although there is an index: of a small table the server reads all.
const MANY: u64 = 10_000;
/// How many rows the page has of which the plan is asked. More may be read at once, but seldom are.
const PAGE: u32 = 5_000;
/// Far in the future: the year 9999.
const FAR: i64 = 253_402_300_000_000_000;
/// How many rows without a timestamp are counted.
const COUNTED: u32 = 1_000;

/// What a person should know before a table is read; nothing if all is well. `zone` is that of a wall clock, in
/// microseconds east of UTC.
///
/// # Errors
/// The server cannot be asked.
pub(crate) async fn warnings(
    session: &mut Session,
    table: &Described,
    page_rows: u32,
    zone: i64,
) -> Result<Vec<String>, SourceError> {
    let mut told = Vec::new();
    // A pass reads all rows anyway.
    if !table.table.is_pass {
        told.extend(scan(session, table, page_rows).await?);
    }
    told.extend(without_time(session, table).await?);
    told.extend(ahead(session, table, zone).await?);
    let name = &table.table.name;
    Ok(told.into_iter().map(|told| format!("table {name}: {told}")).collect())
}

/// Why each poll reads more than what is new.
async fn scan(
    session: &mut Session,
    table: &Described,
    page_rows: u32,
) -> Result<Option<String>, SourceError> {
    let Some(plan) = Plan::of(session, table, page_rows).await? else {
        return Ok((table.has_index == Some(false)).then(|| missing(table)));
    };
    let is_missing = table.has_index == Some(false) || !plan.is_ordered && plan.rows >= MANY;
    Ok(is_missing.then(|| format!("{}; the server plans {}", missing(table), plan.shown)))
}

/// Which index would help.
fn missing(table: &Described) -> String {
    let id = table.id.as_deref().filter(|_| table.table.order != Order::Time);
    let columns = match &table.time {
        None => id.into_iter().map(str::to_owned).collect(),
        Some(time) if time.columns.len() > 1 => {
            return "every poll reads the whole table, because no index can be used for several timestamp columns: add a \
                    generated column for them, with an index, and name it"
                .to_owned();
        }
        Some(time) => {
            let time = time.columns.iter().map(|column| column.name.clone());
            time.chain(id.map(str::to_owned)).collect::<Vec<_>>()
        }
    };
    format!("every poll reads the whole table: it needs an index on (`{}`)", columns.join("`, `"))
}

/// The plan of one statement.
struct Plan {
    /// As the server tells it.
    shown: String,
    rows: u64,
    /// Whether the rows come from an index, in its order.
    is_ordered: bool,
}

impl Plan {
    /// The plan for a page; `None` if the account may not see it: that of a view needs the privilege SHOW VIEW.
    async fn of(
        session: &mut Session,
        table: &Described,
        page_rows: u32,
    ) -> Result<Option<Self>, SourceError> {
        let order = table.table.order;
        let (after, until) = match order {
            Order::Id => (Position::at_id(0), Bound::Id(i64::MAX)),
            Order::Time => (Position::at_time(0), Bound::Time(FAR)),
            Order::TimeThenId | Order::TimeThenKey => (Position::at(0, 0), Bound::Time(FAR)),
            Order::Unordered => return Ok(None),
        };
        let range = Range { order, after, until, limit: Some(page_rows.min(PAGE)), moment: None };
        let page = select(table, &range, "*", 0);
        // Both servers have this form, whatever `explain_format` says.
        let question = format!("EXPLAIN FORMAT=TRADITIONAL {}", page.sql);
        let rows: Vec<Row> = match session.ask(&question, page.values).await {
            Ok(rows) => rows,
            // The page itself tells what is wrong, or waits for the lock.
            Err(error) if matches!(error.next, Next::Stop | Next::Wait) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Self::read(&rows))
    }

    fn read(rows: &[Row]) -> Option<Self> {
        let text = |row: &Row, name: &str| match row.get::<Value, _>(name) {
            Some(Value::Bytes(text)) => String::from_utf8_lossy(&text).into_owned(),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::UInt(number)) => number.to_string(),
            _ => "NULL".to_owned(),
        };
        let step = |row: &Row| {
            let [table, kind, key, rows, extra] =
                ["table", "type", "key", "rows", "Extra"].map(|name| text(row, name));
            let is_ordered = kind != "ALL" && !extra.contains("filesort");
            let count = rows.parse().unwrap_or(0);
            let shown = format!("table={table} type={kind} key={key} rows={rows} extra={extra}");
            Plan { shown, rows: count, is_ordered }
        };
        let join = |one: Plan, other: Plan| Plan {
            shown: format!("{}, {}", one.shown, other.shown),
            rows: one.rows.max(other.rows),
            is_ordered: one.is_ordered && other.is_ordered,
        };
        rows.iter().map(step).reduce(join)
    }
}

/// Rows of which no timestamp is set are never read, nor those of which it is zero.
async fn without_time(
    session: &mut Session,
    table: &Described,
) -> Result<Option<String>, SourceError> {
    let Some(time) = &table.time else { return Ok(None) };
    let mut told = Vec::new();
    let (is_nullable, time, from) = (time.is_nullable, time.sql(), table.sql());
    let zero = format!("{time} = '0000-00-00 00:00:00'");
    let unset = format!("{time} IS NULL");
    for (condition, what) in
        [(Some(unset).filter(|_| is_nullable), "no timestamp"), (Some(zero), "a timestamp of zero")]
    {
        let Some(condition) = condition else { continue };
        let some = format!("SELECT 1 FROM {from} WHERE {condition} LIMIT {COUNTED}");
        let question = format!("SELECT COUNT(*) FROM ({some}) AS found");
        let count: Vec<u32> = session.ask(&question, ()).await?;
        told.extend(count.first().and_then(|count| never_read(*count, what)));
    }
    Ok((!told.is_empty()).then(|| told.join("; ")))
}

fn never_read(count: u32, what: &str) -> Option<String> {
    match count {
        0 => None,
        COUNTED => Some(format!("{COUNTED} rows or more have {what} and are never read")),
        count => Some(format!("{count} rows have {what} and are never read")),
    }
}

/// A time ahead of the server's clock: an application sets it, or writes another zone.
async fn ahead(
    session: &mut Session,
    table: &Described,
    zone: i64,
) -> Result<Option<String>, SourceError> {
    /// An hour is a zone; less may be another clock.
    const LEAST: i64 = 3_600;
    // Without an index the whole table would be read.
    let time = table.time.as_ref().filter(|_| table.has_index == Some(true));
    let Some(time) = time.map(TimeColumns::sql) else { return Ok(None) };
    let question =
        format!("SELECT TIMESTAMPDIFF(SECOND, NOW(6), MAX({time})) FROM {}", table.sql());
    let seconds: Vec<Option<i64>> = session.ask(&question, ()).await?;
    let east = if table.is_wall_clock() { zone / 1_000_000 } else { 0 };
    let mut seconds = seconds.into_iter().flatten().map(|seconds| seconds - east);
    let seconds = seconds.find(|seconds| *seconds >= LEAST);
    Ok(seconds.map(|seconds| {
        format!(
            "the latest time in {time} is {seconds} s ahead of the server's clock: such rows are read when the clock has \
             reached them; check who sets it, and db.timezone"
        )
    }))
}
