//! What the sink knows while an invocation goes on: its session, its clock, and whether either can be
//! trusted.

use std::time::{Duration, SystemTime};

use mysql_async::Conn;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;
use sluice_sql::tables::KnownTables;

use crate::connection::config::Connection;
use crate::connection::session::Session;
use crate::sink::prefetch::{Foresight, Found};
use crate::sql::statement::Statement;
use crate::types::described::Terms;
use crate::types::shape::Shape;
use crate::types::zone::{Clock, Zone};
use crate::write::bulk_writer::Flight;

/// A connection unused for this long may have died with the frozen execution environment
/// without anybody noticing.
const IDLE: Duration = Duration::from_secs(5);

/// MySQL, as one invocation sees it.
#[derive(Debug)]
pub struct MySqlSink {
    pub(super) connection: Connection,
    /// Decimal places of a second that a JSON number counts.
    pub(super) unix_places: u8,
    pub(super) zone: Zone,
    /// Read when a session begins, and the same until the next one does.
    pub(super) clock: Clock,
    pub(super) session: Option<Session>,
    /// By the wall clock: others may stand still while the execution environment is frozen.
    pub(super) last_used: SystemTime,
    pub(super) tables: KnownTables,
    /// What was asked ahead of an invocation, and what it came to.
    pub(super) foresight: Option<Foresight>,
    pub(super) found: Option<Found>,
    /// The rows on their way, and how many.
    pub(super) ahead: Option<Ahead>,
    /// Whether the rows have to be of a table that rolls back.
    pub(super) exactly_once: bool,
    /// Whether the savepoint is set, and nothing asked or written since.
    pub(super) marked: bool,
    /// Whether rows are only tried out.
    pub(super) is_dry_run: bool,
    /// Whether a call is under way: still set later, its future was dropped half way.
    pub(super) busy: bool,
}

/// Rows on their way.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) flight: Flight,
    pub(super) count: usize,
}

impl MySqlSink {
    /// What a batch is made into for its table and this server, and the connection it goes by.
    ///
    /// # Errors
    /// `Fatal` where its rows cannot be written as they are asked to be.
    pub(super) fn statement<'a, 'e>(
        &'a mut self,
        batch: &Batch<'a, 'e>,
    ) -> Result<(&'a mut Option<Conn>, Statement<'a, 'e>), SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let Some(Session { conn, profile, escapes, .. }) = &mut self.session else {
            return Err(SinkError::fatal("no transaction was begun"));
        };
        if self.exactly_once && !shape.transactional {
            let engine = shape.engine.as_deref().unwrap_or_default();
            return Err(SinkError::fatal(format!(
                "exactly.once.enabled=true needs a table that rolls back, and {} is of the engine {engine}: ALTER TABLE … ENGINE=InnoDB",
                batch.table.name
            )));
        }
        Ok((conn, Statement { batch: *batch, shape, profile, escapes: *escapes }))
    }

    pub(super) fn session(&mut self) -> Result<&mut Session, SinkError> {
        self.session.as_mut().ok_or_else(|| SinkError::fatal("no transaction was begun"))
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.last_used.elapsed().map_or(true, |idle| idle > IDLE)
    }

    /// Reads the clock for a session that begins now, and tells its offset.
    pub(super) fn read_clock(&mut self) -> String {
        self.clock = self.zone.clock(SystemTime::now());
        self.clock.session_offset()
    }

    /// What the forms of the session's values depend on: its one clock, whatever time it is by now.
    pub(super) fn terms(&self) -> Terms {
        Terms { unix_places: self.unix_places, clock: self.clock.clone() }
    }

    pub(super) fn finished(&mut self) {
        self.busy = false;
        self.last_used = SystemTime::now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use sluice_testkit::invocation::configure;

    use super::*;

    /// 2026-03-29 01:00 UTC, when the clocks of Berlin go forward.
    const SPRING: u64 = 1_774_746_000;

    /// The server counts time as it was told when the session began.
    #[test]
    fn a_change_of_clocks_does_not_reach_a_session_that_has_begun() {
        let url = ("connection.url", "mysql://u:p@h/d");
        let mut sink: MySqlSink = configure(&[url, ("db.timezone", "Europe/Berlin")]).unwrap();
        let winter = UNIX_EPOCH + Duration::from_secs(SPRING - 1);
        sink.clock = Zone::parse("Europe/Berlin").unwrap().clock(winter);
        assert_eq!(sink.terms().clock.session_offset(), "+01:00");
        // As it is when the tests run: no winter of 2026.
        sink.zone = Zone::parse("+05:30").unwrap();
        assert_eq!(sink.terms().clock.session_offset(), "+01:00");
        assert_eq!(sink.read_clock(), "+05:30");
        assert_eq!(sink.terms().clock.session_offset(), "+05:30");
    }
}
