//! Holders by a table lock that is passed: `LOCK TABLES … READ` is granted when every transaction that has written to
//! the table has ended. While it waits, others write; it is released as soon as it is granted.
//!
//! It needs the privilege LOCK TABLES. It says nothing of statements that have fixed their moment and do not have
//! their lock yet, so it is used for ids alone. On a table that is always being written to it is never granted.

use mysql_async::Row;
use mysql_async::prelude::Queryable;
use sluice_mysql::Server;
use sluice_source::error::SourceError;
use sluice_source::model::drain::{Drain, Fate};

use crate::catalog::Described;
use crate::fault::{classify, is_lock_timeout};
use crate::late::holder::Holder;
use crate::session::Session;

/// A connection of its own: LOCK TABLES commits whatever is open, and forbids all other tables.
pub(crate) struct Barrier {
    own: Session,
    is_maria: bool,
    looks: u64,
}

impl Barrier {
    pub(crate) async fn open(server: &Server, is_maria: bool) -> Result<Self, SourceError> {
        let mut own = Session::beside(server).await?;
        // The shortest that the server has.
        own.say("SET SESSION lock_wait_timeout = 1").await?;
        Ok(Self { own, is_maria, looks: 0 })
    }

    /// All transactions that write to the table now, as one holder.
    pub(crate) fn holder(&mut self) -> Holder {
        self.looks += 1;
        Holder::Barrier(self.looks)
    }

    /// Whether every transaction has ended that had written to the table when this call began. It waits for a second at most.
    pub(crate) async fn is_passed(&mut self, table: &Described) -> Result<bool, SourceError> {
        let lock = format!("LOCK TABLES {} READ", table.sql());
        match self.own.conn().query_drop(lock).await {
            Ok(()) => {
                self.own.say("UNLOCK TABLES").await?;
                Ok(!self.has_prepared().await?)
            }
            Err(error) if is_lock_timeout(&error) => Ok(false),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Whether a transaction of XA is prepared. Once its session has ended, MariaDB keeps no lock on the table for it.
    async fn has_prepared(&mut self) -> Result<bool, SourceError> {
        if !self.is_maria {
            return Ok(false);
        }
        let prepared = self.own.conn().query_first::<Row, _>("XA RECOVER").await;
        prepared.map(|row| row.is_some()).map_err(|error| classify(&error))
    }

    /// Tells a drain if these transactions have ended.
    pub(crate) async fn watch(
        &mut self,
        table: &Described,
        drain: &mut Drain<Holder>,
    ) -> Result<(), SourceError> {
        if self.is_passed(table).await? {
            drain.watch(|_| Fate::Gone);
        }
        Ok(())
    }

    pub(crate) async fn close(self) {
        self.own.close().await;
    }
}
