//! The sink's state during an invocation: its session, its clock, and whether they can be trusted.

use std::time::{Duration, SystemTime};

use mysql_async::Conn;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;
use sluice_sql::tables::KnownTables;

use crate::connection::config::Connection;
use crate::connection::session::Session;
use crate::sink::prefetch::{Prefetch, Prefetched};
use crate::sql::statement::Statement;
use crate::types::catalog_type::ConversionSettings;
use crate::types::shape::Shape;
use crate::types::zone::{SessionClock, Zone};
use crate::write::bulk_writer::BulkWriter;

/// After this idle time, the connection may have closed without notice while the execution environment was
/// frozen.
const IDLE: Duration = Duration::from_secs(5);

/// The sink for MySQL.
#[derive(Debug)]
pub struct MySqlSink {
    pub(super) connection: Connection,
    /// The decimal places of a second in a JSON number.
    pub(super) unix_places: u8,
    pub(super) zone: Zone,
    /// Read when a session begins, and unchanged until the next one begins.
    pub(super) clock: SessionClock,
    pub(super) session: Option<Session>,
    /// Wall clock time, because other clocks may stop while the execution environment is frozen.
    pub(super) last_used: SystemTime,
    pub(super) tables: KnownTables,
    /// The queries that were sent in advance of an invocation, and their results.
    pub(super) prefetch: Option<Prefetch>,
    pub(super) prefetched: Option<Prefetched>,
    /// The rows that are being streamed, and their number.
    pub(super) open_stream: Option<OpenStream>,
    /// Whether rows may only be written to tables with transactions.
    pub(super) exactly_once: bool,
    /// Whether the savepoint is set and no statement has followed it.
    pub(super) has_savepoint: bool,
    /// Whether this is a dry run.
    pub(super) is_dry_run: bool,
    /// Whether a call is running. If it is still set at the next call, the call's future was dropped before
    /// its end.
    pub(super) busy: bool,
}

/// Rows that are being streamed.
#[derive(Debug)]
pub(super) struct OpenStream {
    pub(super) writer: BulkWriter,
    pub(super) count: usize,
}

impl MySqlSink {
    /// The statement for a batch, and the connection to use.
    ///
    /// # Errors
    /// `Fatal` if the rows cannot be written as requested.
    pub(super) fn statement<'a, 'e>(
        &'a mut self,
        batch: &Batch<'a, 'e>,
    ) -> Result<(&'a mut Option<Conn>, Statement<'a, 'e>), SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let Some(Session { conn, profile, escapes, .. }) = &mut self.session else {
            return Err(SinkError::fatal("no transaction is open"));
        };
        if self.exactly_once && !shape.transactional {
            let engine = shape.engine.as_deref().unwrap_or_default();
            return Err(SinkError::fatal(format!(
                "exactly.once.enabled=true needs a table with transactions, but {} has the engine {engine}: run ALTER TABLE … ENGINE=InnoDB",
                batch.table.name
            )));
        }
        Ok((conn, Statement { batch: *batch, shape, profile, escapes: *escapes }))
    }

    pub(super) fn session(&mut self) -> Result<&mut Session, SinkError> {
        self.session.as_mut().ok_or_else(|| SinkError::fatal("no transaction is open"))
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.last_used.elapsed().map_or(true, |idle| idle > IDLE)
    }

    /// Reads the clock for a session that begins now, and returns its offset.
    pub(super) fn read_clock(&mut self) -> String {
        self.clock = self.zone.clock(SystemTime::now());
        self.clock.session_offset()
    }

    /// The settings for converting values. They use the session's clock, not the current time.
    pub(super) fn conversion(&self) -> ConversionSettings {
        ConversionSettings { unix_places: self.unix_places, clock: self.clock.clone() }
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

    /// The server's `time_zone` is set when the session begins.
    #[test]
    fn a_change_of_clocks_does_not_reach_a_session_that_has_begun() {
        let url = ("connection.url", "mysql://u:p@h/d");
        let mut sink: MySqlSink = configure(&[url, ("db.timezone", "Europe/Berlin")]).unwrap();
        let winter = UNIX_EPOCH + Duration::from_secs(SPRING - 1);
        sink.clock = Zone::parse("Europe/Berlin").unwrap().clock(winter);
        assert_eq!(sink.conversion().clock.session_offset(), "+01:00");
        // A different zone, as when the tests do not run in the winter of 2026.
        sink.zone = Zone::parse("+05:30").unwrap();
        assert_eq!(sink.conversion().clock.session_offset(), "+01:00");
        assert_eq!(sink.read_clock(), "+05:30");
        assert_eq!(sink.conversion().clock.session_offset(), "+05:30");
    }
}
