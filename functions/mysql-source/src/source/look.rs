//! How far a table may be read at most, before it is known who may still write below that, and whether anything is new
//! below a bound.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use sluice_source::error::SourceError;
use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Micros, Position};
use sluice_source::source::HeldBack;

use crate::catalog::{Described, TimeColumns, quote};
use crate::fault::classify;
use crate::late::locks;
use crate::late::way::Way;
use crate::moment;
use crate::record;
use crate::select::{Select, select};
use crate::session::Session;

/// How much earlier than the server's clock a bound of time is: a statement's moment is fixed a little before anybody
/// can see the statement.
const MARGIN: Duration = Duration::from_secs(1);
const NOW: &str = "SELECT CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(6)) AS SIGNED)";

/// How far a table may be read at most.
pub(super) struct Reach {
    /// `None` if the table is empty.
    pub(super) bound: Option<Bound>,
    /// The server's clock; 0 if ids order the rows.
    pub(super) now: Micros,
    /// How far it might be read without a statement that pulls the bound back.
    pub(super) held_back: Option<HeldBack>,
}

impl Reach {
    pub(super) async fn of(
        session: &mut Session,
        way: &Way,
        table: &Described,
        delay: Duration,
    ) -> Result<Self, SourceError> {
        let Some(time) = &table.time else {
            let bound = highest(session, table).await?.map(Bound::Id);
            return Ok(Self { bound, now: 0, held_back: None });
        };
        let (now, free, opener) = match way {
            Way::Locks(readers) => {
                let locks::Moment { now, bound, opener } = locks::moment(session, readers).await?;
                (now, bound, opener)
            }
            _ => {
                let now: Option<Micros> =
                    session.conn().query_first(NOW).await.map_err(|error| classify(&error))?;
                let now = now.ok_or_else(|| SourceError::stop("the server has no clock"))?;
                (now, now, None)
            }
        };
        let back = match way {
            Way::Delay => delay,
            _ => delay.max(MARGIN),
        };
        let back = i64::try_from(back.as_micros()).unwrap_or(i64::MAX);
        let cut = |moment| Bound::Time(moment::cut(moment, TimeColumns::digits(time)));
        let (latest, bound) =
            (cut(now.saturating_sub(back)), cut(free.min(now.saturating_sub(back))));
        let held_back = opener.filter(|_| latest.is_after(bound));
        let held_back = held_back.map(|by| HeldBack { bound: latest, by });
        Ok(Self { bound: Some(bound), now, held_back })
    }
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
pub(super) async fn is_new(
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
    let Select { sql, values } = select(table, &range, "1", offset);
    let rows: Vec<Row> = session.ask(&sql, values).await?;
    Ok(!rows.is_empty())
}
