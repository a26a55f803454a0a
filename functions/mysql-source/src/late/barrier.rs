//! Holders by a table lock that is passed: `LOCK TABLES … READ` is granted when every transaction that has written to
//! the table has ended. While it waits it keeps nobody from writing; it is released as soon as it is granted.
//!
//! It needs the privilege LOCK TABLES. It says nothing of statements that have fixed their moment and do not have
//! their lock yet, so it serves for ids alone. On a table that is always being written to it is never granted.

use mysql_async::prelude::Queryable;
use sluice_mysql::Server;
use sluice_source::drain::{Drain, Fate};
use sluice_source::error::SourceError;

use crate::catalog::Described;
use crate::fault::{classify, is_lock_timeout};
use crate::late::holder::Holder;
use crate::session::Session;

/// A connection of its own: LOCK TABLES commits whatever is open, and forbids all other tables.
pub(crate) struct Barrier {
    own: Session,
    looks: u64,
}

impl Barrier {
    pub(crate) async fn open(server: &Server) -> Result<Self, SourceError> {
        let (mut own, _) = Session::open(server).await?;
        // The least that the server knows.
        own.say("SET SESSION lock_wait_timeout = 1").await?;
        Ok(Self { own, looks: 0 })
    }

    /// Everybody who writes to the table now, as one.
    pub(crate) fn holder(&mut self) -> Holder {
        self.looks += 1;
        Holder::Barrier(self.looks)
    }

    /// Whether everybody is gone who wrote to the table when this call began. It waits for a second at most.
    pub(crate) async fn is_passed(&mut self, table: &Described) -> Result<bool, SourceError> {
        let lock = format!("LOCK TABLES {} READ", table.quoted());
        match self.own.conn().query_drop(lock).await {
            Ok(()) => {
                self.own.say("UNLOCK TABLES").await?;
                Ok(true)
            }
            Err(error) if is_lock_timeout(&error) => Ok(false),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Tells a drain if everybody is gone.
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
