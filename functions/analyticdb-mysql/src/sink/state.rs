//! What the sink knows while an invocation goes on: its session, its clock, and whether either can be
//! trusted.

use std::time::{Duration, SystemTime};

use mysql_async::Conn;
use sluice_bridge::batch::Batch;
use sluice_bridge::failure::SinkError;

use crate::connection::session::Session;
use crate::sink::MySqlSink;
use crate::sql::statement::Statement;
use crate::types::column::Terms;

/// A connection unused for this long may have died with the frozen execution environment
/// without anybody noticing.
const IDLE: Duration = Duration::from_secs(5);

impl MySqlSink {
    /// What a batch is made into for its table and this server, and the connection it goes by.
    ///
    /// # Errors
    /// `Fatal` where its rows cannot be written as they are asked to be.
    pub(super) fn statement<'a, 'e>(
        &'a mut self,
        batch: &Batch<'a, 'e>,
    ) -> Result<(&'a mut Option<Conn>, Statement<'a, 'e>), SinkError> {
        let Some(shape) = self.tables.get(&batch.table.name) else {
            return Err(SinkError::fatal("the table was not described before it was written to"));
        };
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
    use crate::types::zone::Zone;

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
