//! [`Source`] for MySQL and MariaDB: one connection that looks and reads, and what the way of looking needs beside it.

mod look;
mod opened;
mod read;
mod tracked;

use sluice_bridge::options::{Opt, Settings};
use sluice_mysql::{CONNECTION_URL, Server};
use sluice_runtime::IAM_AUTH;
use sluice_source::error::{Next, SourceError};
use sluice_source::model::drain::{Drain, Look};
use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Position};
use sluice_source::options::mode::{Mode, Rules};
use sluice_source::source::{Found, HeldBack, Out, Seen, Source};
use sluice_sql::options::{CONNECTION_PASSWORD, CONNECTION_USER};

use crate::catalog::{self, Described};
use crate::late::holder::Holder;
use crate::late::way::{Asked, LATE_COMMITS, Way};
use crate::moment::{self, DB_TIMEZONE};
use crate::plan;
use crate::record::{DECIMAL_FORMAT, GRANULARITY, Style, TINYINT1, ZERO_DATES};
use crate::session::{Kind, Session};
use look::Reach;
use opened::Opened;
use tracked::Tracked;

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

impl Source for MySqlSource {
    type Holder = Holder;

    const OPTIONS: &'static [&'static Opt] = &[
        &CONNECTION_URL,
        &CONNECTION_USER,
        &CONNECTION_PASSWORD,
        &IAM_AUTH,
        &LATE_COMMITS,
        &DB_TIMEZONE,
        &ZERO_DATES,
        &TINYINT1,
        &GRANULARITY,
        &DECIMAL_FORMAT,
    ];

    fn configure(settings: &mut Settings, rules: &Rules) -> Option<Self> {
        let server = Server::from_settings(settings);
        let asked = Asked::from_settings(settings);
        let offset = moment::offset(settings);
        let style = Style::from_settings(settings, rules.formats, offset);
        let (rules, notes) = (rules.clone(), Vec::new());
        Some(Self { server: server?, rules, asked, style, offset, open: None, notes })
    }

    async fn open(&mut self) -> Result<Found, SourceError> {
        let (mut session, kind) = Session::open(&self.server).await?;
        let (server, rules, asked) = (&self.server, &self.rules, self.asked);
        let drains = asked != Asked::Delay && rules.mode != Mode::Bulk;
        let (mut found, beside) = tokio::try_join!(
            catalog::find(&mut session, &kind, server.database(), rules, drains),
            // It takes as long as the catalog does.
            async {
                match drains && kind.is_maria && matches!(asked, Asked::Auto | Asked::Processes) {
                    true => Session::beside(server).await.map(Some),
                    false => Ok(None),
                }
            }
        )?;
        for table in std::mem::take(&mut found.tables) {
            match self.check_zone(&kind, &table) {
                Ok(()) => found.tables.push(table),
                Err(error) => found.refuse(&table.table, error)?,
            }
        }
        let way = Way::find(asked, server, &mut session, &kind, rules, beside, &mut found).await?;
        if asked == Asked::Delay {
            self.notes.push(
                "late.commits=delay is not proven: rows of transactions that take longer than \
                 timestamp.delay.interval.ms are lost"
                    .to_owned(),
            );
        }
        if drains {
            self.notes.extend(kind.doubts.iter().cloned());
        }
        self.plan(&mut session, &mut found).await?;
        let catalog::Found { tables, refused } = found;
        let told = tables.iter().map(|described| described.table.clone()).collect();
        let track = |described| Tracked { described, is_known: false, columns: None };
        let tables = tables.into_iter().map(track).collect();
        self.open = Some(Opened { session, kind, way, tables });
        Ok(Found { tables: told, refused })
    }

    async fn divide(&mut self, shares: &[Vec<usize>]) -> Result<Vec<Self>, SourceError> {
        let open = opened(&mut self.open)?;
        let further = open.divide(&self.server, shares).await?;
        Ok(further.into_iter().map(|open| self.beside(open)).collect())
    }

    fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    async fn look(
        &mut self,
        table: usize,
        position: Position,
    ) -> Result<Seen<Holder>, SourceError> {
        let seen = self.look_at(table, position).await;
        self.noted(table, seen)
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
        let has_taken = false;
        let reading = read::Reading { session, kind, style, suffix, offset, has_taken, notes };
        let read = reading.run(tracked, range, out).await;
        self.noted(table, read)
    }

    async fn close(&mut self) {
        if let Some(Opened { session, way, .. }) = self.open.take() {
            way.close().await;
            session.close().await;
        }
    }
}

impl MySqlSource {
    /// The same source for other tables.
    fn beside(&self, open: Opened) -> Self {
        Self {
            server: self.server.clone(),
            rules: self.rules.clone(),
            asked: self.asked,
            style: self.style,
            offset: self.offset,
            open: Some(open),
            notes: Vec::new(),
        }
    }

    /// Looks at a table.
    async fn look_at(
        &mut self,
        table: usize,
        position: Position,
    ) -> Result<Seen<Holder>, SourceError> {
        let (delay, offset) = (self.rules.delay, self.offset);
        let Opened { session, kind, way, tables } = opened(&mut self.open)?;
        let Tracked { described, is_known, .. } = &mut tables[table];
        // The bound first, its holders after it.
        let Reach { bound, now, held_back } = Reach::of(session, way, described, delay).await?;
        // Rows below the position are gone: they were deleted, or the table was emptied.
        let is_lower = matches!(bound, Some(Bound::Id(id)) if Some(id) < position.id);
        let is_empty = bound.is_none() && position.id.is_some();
        let next_id = match std::mem::replace(is_known, true) && !is_lower && !is_empty {
            true => None,
            false => catalog::next_id(session, described).await?,
        };
        // Of a table that was created again, a position says nothing.
        let is_new = position.is_beyond(next_id)
            || look::is_new(session, described, position, bound, offset).await?;
        let look = match bound.filter(|_| is_new) {
            None => None,
            Some(bound) => {
                let holders = way.holders(session, kind, described, delay).await?;
                Some(Look { bound, holders })
            }
        };
        let held_back = match held_back.filter(|_| look.is_none()) {
            Some(HeldBack { bound, by })
                if look::is_new(session, described, position, Some(bound), offset).await? =>
            {
                Some(HeldBack { bound, by })
            }
            _ => None,
        };
        Ok(Seen { look, held_back, next_id, now })
    }

    /// A table whose lock is waited for may have other columns after that.
    fn noted<T>(&mut self, table: usize, result: Result<T, SourceError>) -> Result<T, SourceError> {
        let waits = result.as_ref().is_err_and(|error| error.next == Next::Wait);
        if let Some(open) = self.open.as_mut().filter(|_| waits) {
            open.tables[table].described.is_old = true;
        }
        result
    }

    /// Asks how the server would read the tables.
    async fn plan(
        &mut self,
        session: &mut Session,
        found: &mut catalog::Found,
    ) -> Result<(), SourceError> {
        for mut table in std::mem::take(&mut found.tables) {
            match plan::warnings(session, &table, self.rules.page_rows, self.offset).await {
                Ok(planned) => {
                    self.notes.append(&mut table.warnings);
                    self.notes.extend(planned);
                    found.tables.push(table);
                }
                // Its pages wait for the lock too, and other tables are read meanwhile.
                Err(error) if error.next == Next::Wait => {
                    table.is_old = true;
                    found.tables.push(table);
                }
                Err(error) => found.refuse(&table.table, error)?,
            }
        }
        Ok(())
    }

    /// A wall clock that is not what `db.timezone` says would put the bound behind rows that are not written yet.
    fn check_zone(&self, kind: &Kind, table: &Described) -> Result<(), SourceError> {
        if !table.is_wall_clock() {
            return Ok(());
        }
        let (is, says) = (kind.default_offset, self.offset);
        let has_both =
            table.time.iter().flat_map(|time| &time.columns).any(|one| !one.is_wall_clock);
        if is != says {
            return Err(SourceError::stop(format!(
                "its timestamp column is a DATETIME, which the server writes at offset {}, but db.timezone says {}",
                moment::offset_text(is),
                moment::offset_text(says)
            )));
        }
        if has_both && says != 0 {
            return Err(SourceError::stop(
                "its timestamp columns are TIMESTAMP and DATETIME, which have one clock in UTC alone",
            ));
        }
        Ok(())
    }
}

fn opened(open: &mut Option<Opened>) -> Result<&mut Opened, SourceError> {
    open.as_mut().ok_or_else(|| SourceError::retry("the connection to the database is closed"))
}
