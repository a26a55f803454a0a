//! [`Source`] for MySQL and MariaDB: one connection that looks and reads, and what the way of looking needs beside it.

mod read;
mod tracked;

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use sluice_bridge::options::{Opt, Settings};
use sluice_mysql::{CONNECTION_URL, Server};
use sluice_runtime::IAM_AUTH;
use sluice_source::drain::{Drain, Look};
use sluice_source::error::SourceError;
use sluice_source::mode::{Mode, Rules};
use sluice_source::page::Range;
use sluice_source::position::{Bound, Micros, Position};
use sluice_source::source::{Out, Seen, Source, Table};
use sluice_sql::options::{CONNECTION_PASSWORD, CONNECTION_USER};

use crate::catalog::{self, Described, TimeColumns, quote};
use crate::fault::classify;
use crate::late::holder::Holder;
use crate::late::locks;
use crate::late::way::{Asked, LATE_COMMITS, Way};
use crate::moment::{self, DB_TIMEZONE};
use crate::plan;
use crate::record::{self, DECIMAL_FORMAT, GRANULARITY, Style, TINYINT1, VALUE_FORMAT, ZERO_DATES};
use crate::select::{Select, select};
use crate::session::{Kind, Session};
use tracked::Tracked;

/// How much earlier than the server's clock a bound of time is: a statement's moment is fixed a little before anybody
/// can see the statement.
const MARGIN: Duration = Duration::from_secs(1);
const NOW: &str = "SELECT CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(6)) AS SIGNED)";

/// Tables of a MySQL or MariaDB server.
pub struct MySqlSource {
    server: Server,
    rules: Rules,
    asked: Asked,
    style: Style,
    /// `db.timezone`, in microseconds east of UTC.
    offset: i64,
    open: Option<Opened>,
    notes: Vec<String>,
}

/// What there is between opening and closing.
struct Opened {
    session: Session,
    kind: Kind,
    way: Way,
    tables: Vec<Tracked>,
}

impl Source for MySqlSource {
    type Holder = Holder;

    const OPTIONS: &'static [&'static Opt] = &[
        &CONNECTION_URL,
        &CONNECTION_USER,
        &CONNECTION_PASSWORD,
        &IAM_AUTH,
        &LATE_COMMITS,
        &DB_TIMEZONE,
        &VALUE_FORMAT,
        &ZERO_DATES,
        &TINYINT1,
        &GRANULARITY,
        &DECIMAL_FORMAT,
    ];

    fn configure(settings: &mut Settings, rules: &Rules) -> Option<Self> {
        let server = Server::from_settings(settings);
        let asked = Asked::from_settings(settings);
        let offset = moment::offset(settings);
        let style = Style::from_settings(settings, offset);
        let (rules, notes) = (rules.clone(), Vec::new());
        Some(Self { server: server?, rules, asked, style, offset, open: None, notes })
    }

    async fn open(&mut self) -> Result<Vec<Table>, SourceError> {
        let (mut session, kind) = Session::open(&self.server).await?;
        let drains = self.asked != Asked::Delay;
        let database = self.server.database();
        let mut tables = catalog::find(&mut session, &kind, database, &self.rules, drains).await?;
        self.check_zone(&kind, &tables)?;
        let (server, rules) = (&self.server, &self.rules);
        let way = Way::find(self.asked, server, &mut session, &kind, rules, &mut tables).await?;
        if self.asked == Asked::Delay {
            self.notes.push(
                "late.commits=delay is not proven: rows of transactions that take longer than \
                 timestamp.delay.interval.ms are lost"
                    .to_owned(),
            );
        }
        if drains && rules.mode != Mode::Bulk {
            self.notes.extend(kind.doubts.iter().cloned());
        }
        for table in &mut tables {
            let planned = plan::warnings(&mut session, table, rules.page_rows, self.offset).await;
            self.notes.append(&mut table.warnings);
            self.notes.extend(planned.map_err(|error| error.of_table(&table.table.name))?);
        }
        let told = tables.iter().map(|described| described.table.clone()).collect();
        let track = |described| Tracked { described, is_known: false, columns: None };
        let tables = tables.into_iter().map(track).collect();
        self.open = Some(Opened { session, kind, way, tables });
        Ok(told)
    }

    fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    async fn look(
        &mut self,
        table: usize,
        position: Position,
    ) -> Result<Seen<Holder>, SourceError> {
        let (delay, offset) = (self.rules.delay, self.offset);
        let Opened { session, kind, way, tables } = opened(&mut self.open)?;
        let Tracked { described, is_known, .. } = &mut tables[table];
        // The bound first, its holders after it.
        let (bound, now) = match described.time {
            None => (highest(session, described).await?.map(Bound::Id), 0),
            Some(_) => {
                let (bound, now) = time_bound(session, way, described, delay).await?;
                (Some(Bound::Time(bound)), now)
            }
        };
        // Rows below the position are gone: they were deleted, or the table was emptied.
        let is_lower = matches!(bound, Some(Bound::Id(id)) if Some(id) < position.id);
        let is_empty = bound.is_none() && position.id.is_some();
        let next_id = match std::mem::replace(is_known, true) && !is_lower && !is_empty {
            true => None,
            false => catalog::next_id(session, described).await?,
        };
        // Of a table that was created again, a position says nothing.
        let is_new = position.is_beyond(next_id)
            || is_new(session, described, position, bound, offset).await?;
        let look = match bound.filter(|_| is_new) {
            None => None,
            Some(bound) => {
                let holders = way.holders(session, kind, described, delay).await?;
                Some(Look { bound, holders })
            }
        };
        Ok(Seen { look, next_id, now })
    }

    async fn watch(&mut self, table: usize, drain: &mut Drain<Holder>) -> Result<(), SourceError> {
        let Opened { session, kind, way, tables } = opened(&mut self.open)?;
        way.watch(session, kind, &tables[table].described, drain).await
    }

    async fn read(
        &mut self,
        table: usize,
        range: &Range,
        out: &mut impl Out,
    ) -> Result<(), SourceError> {
        let (style, suffix, offset) = (self.style, self.rules.suffix.as_str(), self.offset);
        let Opened { session, kind, tables, .. } = opened(&mut self.open)?;
        let tracked = &mut tables[table];
        let offset = if tracked.described.is_wall_clock() { offset } else { 0 };
        let notes = &mut self.notes;
        let reading = read::Reading { session, kind, style, suffix, offset, notes };
        reading.run(tracked, range, out).await
    }

    async fn close(&mut self) {
        if let Some(Opened { session, way, .. }) = self.open.take() {
            way.close().await;
            session.close().await;
        }
    }
}

impl MySqlSource {
    /// A wall clock that is not what `db.timezone` says would put the bound behind rows that are not written yet.
    fn check_zone(&self, kind: &Kind, tables: &[Described]) -> Result<(), SourceError> {
        let Some(table) = tables.iter().find(|table| table.is_wall_clock()) else { return Ok(()) };
        let (is, says) = (kind.default_offset, self.offset);
        let has_both =
            table.time.iter().flat_map(|time| &time.columns).any(|one| !one.is_wall_clock);
        let why = if is != says {
            format!(
                "its timestamp column is a DATETIME, which the server writes at offset {}, but db.timezone says {}",
                moment::offset_text(is),
                moment::offset_text(says)
            )
        } else if has_both && says != 0 {
            "its timestamp columns are TIMESTAMP and DATETIME, which have one clock in UTC alone"
                .to_owned()
        } else {
            return Ok(());
        };
        Err(SourceError::stop(why).of_table(&table.table.name))
    }
}

fn opened(open: &mut Option<Opened>) -> Result<&mut Opened, SourceError> {
    open.as_mut().ok_or_else(|| SourceError::retry("the connection to the database is closed"))
}

/// The highest id that is committed; `None` if the table is empty.
async fn highest(session: &mut Session, table: &Described) -> Result<Option<i64>, SourceError> {
    let Some(id) = &table.id else { return Ok(None) };
    let question = format!("SELECT MAX({}) FROM {}", quote(id), table.sql());
    let prepared: Vec<Value> = session.ask(&question, ()).await?;
    match prepared.first() {
        None | Some(Value::NULL) => Ok(None),
        Some(value) => record::id(value).map(Some).ok_or_else(|| {
            SourceError::stop(format!("an id in column `{id}` is above 9223372036854775807"))
        }),
    }
}

/// Whether a row is visible between a position and a bound. Rows that are not committed are not new yet.
async fn is_new(
    session: &mut Session,
    table: &Described,
    position: Position,
    until: Option<Bound>,
    offset: i64,
) -> Result<bool, SourceError> {
    let Some(until) = until.filter(|until| !until.is_reached(position)) else { return Ok(false) };
    // The highest id was seen.
    if matches!(until, Bound::Id(_)) {
        return Ok(true);
    }
    let offset = if table.is_wall_clock() { offset } else { 0 };
    let order = table.table.order;
    let range = Range { order, after: position, until, limit: Some(1), moment: None };
    let Select { sql, values } = select(table, &range, offset);
    let rows: Vec<Row> = session.ask(&sql, values).await?;
    Ok(!rows.is_empty())
}

/// The moment before which rows are read once their holders are gone, and the server's clock.
async fn time_bound(
    session: &mut Session,
    way: &Way,
    table: &Described,
    delay: Duration,
) -> Result<(Micros, Micros), SourceError> {
    let (now, bound) = match way {
        Way::Locks => locks::moment(session).await?,
        _ => {
            let now: Option<Micros> =
                session.conn().query_first(NOW).await.map_err(|error| classify(&error))?;
            let now = now.ok_or_else(|| SourceError::stop("the server has no clock"))?;
            (now, now)
        }
    };
    let back = match way {
        Way::Delay => delay,
        _ => delay.max(MARGIN),
    };
    let back = i64::try_from(back.as_micros()).unwrap_or(i64::MAX);
    let digits = table.time.as_ref().map_or(6, TimeColumns::digits);
    Ok((moment::cut(bound.min(now.saturating_sub(back)), digits), now))
}
