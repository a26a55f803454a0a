//! Reads a range: one statement over the binary protocol, and what its columns turn out to be.

use std::collections::BTreeSet;

use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Value};
use sluice_source::error::{Next, SourceError};
use sluice_source::model::page::Range;
use sluice_source::model::position::{Order, Position};
use sluice_source::options::formats::Format;
use sluice_source::options::letter::FailedRow;
use sluice_source::source::Out;

use super::tracked::{Shown, Tracked};
use crate::catalog::{self, Described, TimeColumn, quote};
use crate::fault::classify;
use crate::record::{Plan, Style, Wanted};
use crate::select::select;
use crate::session::{Kind, Session};

fn shown(column: &Column) -> Shown {
    let (kind, flags) = (column.column_type() as u8, column.flags().bits());
    (column.name_str().into_owned(), kind, flags, column.character_set(), column.decimals())
}

/// What reading needs beside the table.
pub(super) struct Reading<'a> {
    pub(super) session: &'a mut Session,
    pub(super) kind: &'a Kind,
    pub(super) style: Style,
    /// What stands behind each statement.
    pub(super) suffix: &'a str,
    /// What the wall clock of the timestamp column is ahead of UTC.
    pub(super) offset: i64,
    /// Whether a row was taken.
    pub(super) has_taken: bool,
    /// What a person should know.
    pub(super) notes: &'a mut Vec<String>,
}

impl Reading<'_> {
    /// Reads all rows of a range.
    pub(super) async fn run(
        mut self,
        tracked: &mut Tracked,
        range: &Range,
        out: &mut impl Out,
    ) -> Result<(), SourceError> {
        match self.known_rows(tracked, range, out).await {
            Err(error) if error.next == Next::Shrink && range.limit == Some(1) => {
                self.fail_one(tracked, range, out, error).await
            }
            read => read,
        }
    }

    /// Fails the only row of a range, which is too large. It is surely that row if it stands first before and after one
    /// more try: none can come before it.
    async fn fail_one(
        &mut self,
        tracked: &mut Tracked,
        range: &Range,
        out: &mut impl Out,
        error: SourceError,
    ) -> Result<(), SourceError> {
        let named = self.name(tracked, range, &error.message).await?;
        if self.has_taken || named.is_none() {
            return Err(error);
        }
        match self.known_rows(tracked, range, out).await {
            Err(error) if error.next == Next::Shrink && !self.has_taken => {
                match self.name(tracked, range, &error.message).await? {
                    Some((at, row)) if named.as_ref().is_some_and(|(first, _)| *first == at) => {
                        out.fail(at, row).map(drop)
                    }
                    _ => Err(SourceError::retry("its rows change while they are read")),
                }
            }
            read => read,
        }
    }

    /// Reads the rows, once more if the table has changed: then the catalog is asked first.
    async fn known_rows(
        &mut self,
        tracked: &mut Tracked,
        range: &Range,
        out: &mut impl Out,
    ) -> Result<(), SourceError> {
        if tracked.described.is_old {
            self.learn(tracked).await?;
        }
        if !self.rows(tracked, range, out).await? {
            self.learn(tracked).await?;
            if !self.rows(tracked, range, out).await? {
                return Err(SourceError::retry("its columns change while they are read"));
            }
        }
        Ok(())
    }

    /// The first row of a range by its key, which can be read although the row is too large; `None` if nothing tells rows
    /// apart, or if there is none.
    async fn name(
        &mut self,
        tracked: &Tracked,
        range: &Range,
        why: &str,
    ) -> Result<Option<(Position, FailedRow)>, SourceError> {
        let table = &tracked.described;
        let mut wanted = self.wanted(table, range.order);
        let columns: BTreeSet<&str> = table
            .key
            .iter()
            .map(String::as_str)
            .chain(wanted.id)
            .chain(wanted.times.iter().copied())
            .collect();
        let columns: Vec<String> = columns.into_iter().map(quote).collect();
        if columns.is_empty() {
            return Ok(None);
        }
        let select = select(table, range, &columns.join(", "), self.offset);
        let asked = self.session.conn().exec_iter(select.sql, select.values).await;
        let mut result = asked.map_err(|error| classify(&error))?;
        (wanted.style.key, wanted.style.value) = (Format::Json, Format::Json);
        let mut plan = Plan::of(result.columns_ref(), &table.hints, &wanted)?;
        let row = result.next().await.map_err(|error| classify(&error))?;
        let Some(values) = row.map(mysql_async::Row::unwrap) else { return Ok(None) };
        let at = plan.position(&values)?;
        Ok(Some((at, plan.unread(&values, at, why))))
    }

    /// What a row is read for.
    fn wanted<'t>(&self, table: &'t Described, order: Order) -> Wanted<'t> {
        let times = table.time.iter().flat_map(|time| &time.columns);
        Wanted {
            key: &table.key,
            id: table.id.as_deref().filter(|_| !matches!(order, Order::Unordered)),
            times: times.map(|time| time.name.as_str()).collect(),
            offset: self.offset,
            style: self.style,
            name: &table.table.short,
        }
    }

    /// Reads the rows; `false` before the first one if the columns are not those that the catalog told of.
    async fn rows(
        &mut self,
        tracked: &mut Tracked,
        range: &Range,
        out: &mut impl Out,
    ) -> Result<bool, SourceError> {
        let table = &tracked.described;
        let wanted = self.wanted(table, range.order);
        let mut select = select(table, range, "*", self.offset);
        if !self.suffix.is_empty() {
            select.sql = format!("{} {}", select.sql, self.suffix);
        }
        let conn = self.session.conn();
        let mut result =
            conn.exec_iter(select.sql, select.values).await.map_err(|error| classify(&error))?;
        // Of the execution: those of the preparation may be old.
        let columns = result.columns_ref();
        let now: Vec<Shown> = columns.iter().map(shown).collect();
        let is_known = tracked.columns.as_ref().is_none_or(|known| *known == now);
        if !is_known {
            self.notes.push(changed(&table.table.name, tracked.columns.as_deref(), &now));
        }
        if !is_known && self.kind.is_maria {
            // The rows are not needed, and there may be many.
            result.drop_result().await.map_err(|error| classify(&error))?;
            return Ok(false);
        }
        tracked.columns = Some(now);
        let times = table.time.as_ref().map(|time| time.columns.as_slice()).unwrap_or_default();
        check_times(times, columns)?;
        let mut plan = Plan::of(columns, &table.hints, &wanted)?;
        let mut is_named = false;
        while let Some(row) = result.next().await.map_err(|error| classify(&error))? {
            self.has_taken = true;
            if !std::mem::replace(&mut is_named, true) {
                plan.name_schemas(out).await?;
            }
            if take(&mut plan, &row.unwrap(), out)? {
                out.flush().await?;
            }
        }
        Ok(true)
    }

    /// Asks the catalog again what a result does not tell.
    async fn learn(&mut self, tracked: &mut Tracked) -> Result<(), SourceError> {
        catalog::learn(self.session, self.kind, &mut tracked.described).await?;
        // The next result shows the columns that belong to it.
        tracked.columns = None;
        Ok(())
    }
}

/// Takes a row; whether what was taken must be passed on.
fn take(plan: &mut Plan, values: &[Value], out: &mut impl Out) -> Result<bool, SourceError> {
    let position = plan.position(values)?;
    match plan.record(values, position) {
        Err(row) => out.fail(position, row),
        Ok(record) => match out.excess(&record) {
            None => Ok(out.push(position, record)),
            Some(reason) => out.fail(position, plan.too_large(values, record, reason)),
        },
    }
}

/// A bound was cut to the digits that the columns had when they were described.
fn check_times(times: &[TimeColumn], columns: &[Column]) -> Result<(), SourceError> {
    for TimeColumn { name, digits, is_wall_clock } in times {
        let found = columns.iter().find(|column| column.name_str().eq_ignore_ascii_case(name));
        let Some(column) = found else { continue };
        let is_datetime = matches!(
            column.column_type(),
            ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2
        );
        if u32::from(column.decimals()).min(6) != *digits || is_datetime != *is_wall_clock {
            return Err(SourceError::retry(format!(
                "column `{name}`, which orders the rows, has changed its type: the next invocation goes on with it"
            )));
        }
    }
    Ok(())
}

/// What has changed, by name.
fn changed(table: &str, before: Option<&[Shown]>, now: &[Shown]) -> String {
    let before = before.unwrap_or_default();
    let names = |some: &[Shown], others: &[Shown]| {
        let missing = some.iter().filter(|one| !others.iter().any(|other| other.0 == one.0));
        missing.map(|one| format!("`{}`", one.0)).collect::<Vec<_>>().join(", ")
    };
    let (come, gone) = (names(now, before), names(before, now));
    let mut told = format!("table {table} has changed:");
    if !come.is_empty() {
        told += &format!(" new columns {come}");
    }
    if !gone.is_empty() {
        told += &format!(" columns gone {gone}");
    }
    if come.is_empty() && gone.is_empty() {
        told += " the types or the order of its columns";
    }
    told
}
