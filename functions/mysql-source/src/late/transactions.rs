//! The open transactions of a server, fresh.
//!
//! `information_schema.INNODB_TRX` is a cache that is filled again only if it was not read for a tenth of a second:
//! a client that reads it more often keeps it old. So each list is proved to be new: a transaction of our own is opened
//! or ended first, and a list counts only if it shows that.

use std::time::Duration;

use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};
use sluice_source::error::SourceError;
use tokio::time::sleep;

use crate::session::Session;

/// Longer than the tenth of a second after which the cache is filled again. It doubles with each look that shows an
/// old list, until it fits into a gap between the reads of other clients.
const PAUSE: Duration = Duration::from_millis(120);
const LONGEST: Duration = Duration::from_secs(1);
/// Looks before it is said that the list stays out of date.
const LOOKS: usize = 13;
/// Sources on one server look in turn, or each would keep the list old for the others. Every account may take such a lock.
pub(crate) const TURN: &str = "SELECT GET_LOCK('sluice.innodb_trx', 30)";
const TURN_OVER: &str = "DO RELEASE_LOCK('sluice.innodb_trx')";
const OPEN: &str =
    "SELECT trx_id, trx_mysql_thread_id, trx_rows_modified FROM information_schema.INNODB_TRX";

/// An open transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) id: u64,
    pub(crate) connection: u64,
    pub(crate) has_written: bool,
}

impl FromRow for Open {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        let (id, connection, rows): (u64, u64, u64) = FromRow::from_row_opt(row)?;
        Ok(Self { id, connection, has_written: rows > 0 })
    }
}

/// Proves that lists are new, on a connection of its own.
pub(crate) struct Fresh {
    own: Session,
    /// Whether its own transaction is open.
    is_open: bool,
    /// Whether no list has shown that yet.
    is_due: bool,
}

impl Fresh {
    /// On a connection that nobody else uses.
    pub(crate) fn new(own: Session) -> Self {
        Self { own, is_open: false, is_due: false }
    }

    /// The open transactions, as they were after this call began.
    ///
    /// # Errors
    /// The list cannot be read, or stays out of date.
    pub(crate) async fn list(&mut self, session: &mut Session) -> Result<Vec<Open>, SourceError> {
        let turn: Option<u8> = self.own.one(TURN).await?;
        if turn != Some(1) {
            return Err(SourceError::retry("other sources look at this server all the time"));
        }
        let listed = self.changed(session).await;
        self.own.say(TURN_OVER).await?;
        listed
    }

    async fn changed(&mut self, session: &mut Session) -> Result<Vec<Open>, SourceError> {
        // A change that no list has shown yet would be confused with the next one. It was made before this call,
        // so a list that shows it is waited for first.
        if self.is_due {
            self.shown(session).await?;
        }
        let turn =
            if self.is_open { "ROLLBACK" } else { "START TRANSACTION WITH CONSISTENT SNAPSHOT" };
        self.own.say(turn).await?;
        (self.is_open, self.is_due) = (!self.is_open, true);
        self.shown(session).await
    }

    /// The first list that shows the last change.
    async fn shown(&mut self, session: &mut Session) -> Result<Vec<Open>, SourceError> {
        let mut pause = PAUSE;
        for look in 0..LOOKS {
            // The first list is new if nobody has asked for a tenth of a second.
            if look > 0 {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST);
            }
            let open: Vec<Open> = session.ask(OPEN, ()).await?;
            if open.iter().any(|one| one.connection == self.own.id()) == self.is_open {
                self.is_due = false;
                return Ok(open);
            }
        }
        Err(SourceError::retry(
            "information_schema.INNODB_TRX stays out of date: another client reads it more often than every 100 ms",
        ))
    }

    pub(crate) async fn close(self) {
        self.own.close().await;
    }
}
