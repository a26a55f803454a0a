//! Holders by the list of processes and the open transactions: every statement that may write, then every transaction
//! that has written. A statement that ends is followed into its transaction.
//!
//! It needs the privilege PROCESS. The server does not say which table a statement writes to, so all of them count.

use sluice_source::error::SourceError;
use sluice_source::model::drain::{Drain, Fate};

use crate::late::holder::Holder;
use crate::late::readers::Readers;
use crate::late::transactions::{Fresh, Open, TURN};
use crate::session::{Kind, Session};

/// Each connection with a statement, our own too: for how many microseconds that has been running, and the moment of our
/// own. A SELECT counts: it may call a function that writes, and a trigger shows its own statements in INFO. Those have
/// numbers of their own (QUERY_ID), but neither a start nor a NOW() of their own. Only other sources that wait for their
/// turn to look do not count.
const MARIADB: &str = "SELECT ID, CAST(ROUND(TIME_MS * 1000) AS SIGNED), \
     CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(6)) AS SIGNED) FROM information_schema.PROCESSLIST \
     WHERE ID = CONNECTION_ID() OR (\
     COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Slave_IO') AND COALESCE(INFO, '') <> ?)";
/// MySQL tells whole seconds.
const MYSQL: &str = "SELECT ID, CAST(TIME * 1000000 AS SIGNED), \
     CAST(UNIX_TIMESTAMP() * 1000000 AS SIGNED) FROM information_schema.PROCESSLIST \
     WHERE ID = CONNECTION_ID() OR (\
     COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID') \
     AND COALESCE(STATE, '') NOT IN ('Waiting for source to send event', 'Waiting for master to send event', \
     'Replica has read all relay log; waiting for more updates', \
     'Slave has read all relay log; waiting for more updates', 'Waiting for an event from Coordinator') \
     AND COALESCE(INFO, '') <> ?)";

/// By how much the start of one statement may seem to differ between two looks, in microseconds: MySQL tells each row in
/// whole seconds, and clocks are adjusted while a statement runs.
const MARIADB_SLACK: i64 = 500_000;
const MYSQL_SLACK: i64 = 1_000_000;

/// What a look at the whole server shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Busy {
    /// Connections, and when their statements began in microseconds since 1970.
    statements: Vec<(u64, i64)>,
    transactions: Vec<Open>,
    /// By how much later a statement may seem to have begun than it did in an earlier look.
    slack: i64,
}

/// Looks at the whole server: at the statements first, without those of `readers`.
///
/// # Errors
/// The account may not, or the list of transactions stays out of date.
pub(crate) async fn busy(
    session: &mut Session,
    kind: &Kind,
    fresh: &mut Fresh,
    readers: &Readers,
) -> Result<Busy, SourceError> {
    let (question, slack) =
        if kind.is_maria { (MARIADB, MARIADB_SLACK) } else { (MYSQL, MYSQL_SLACK) };
    let listed: Vec<(u64, i64, i64)> = session.ask(question, (TURN,)).await?;
    let mut statements = began(&listed, session.id());
    statements.retain(|(connection, _)| !readers.has(*connection));
    let transactions = fresh.list(session).await?;
    Ok(Busy { statements, transactions, slack })
}

/// When the statements of the others began. The list is made after our own statement has begun, and our own row tells by
/// how much.
fn began(listed: &[(u64, i64, i64)], own: u64) -> Vec<(u64, i64)> {
    let ours = listed.iter().find(|(connection, ..)| *connection == own);
    let late = ours.map_or(0, |(_, age, _)| *age);
    let others = listed.iter().filter(|(connection, ..)| *connection != own);
    others.map(|(connection, age, now)| (*connection, now + late - age)).collect()
}

impl Busy {
    /// Every statement and transaction that may write.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        let statement = |(connection, started): &(u64, i64)| Holder::Statement {
            connection: *connection,
            started: *started,
        };
        let written = self.transactions.iter().filter(|open| open.has_written);
        let transactions = written.map(transaction);
        self.statements.iter().map(statement).chain(transactions).collect()
    }

    /// What became of a holder.
    fn fate(&self, holder: &Holder) -> Fate<Holder> {
        match *holder {
            Holder::Statement { connection, started } => {
                let is_same = |(other, since): &(u64, i64)| {
                    *other == connection && *since <= started.saturating_add(self.slack)
                };
                if self.statements.iter().any(is_same) {
                    return Fate::Stays;
                }
                // It has ended, and its transaction may be open. Another transaction of the same connection looks
                // the same: it is waited for too, once.
                // One that XA has prepared belongs to no connection.
                let may_be = |open: &&Open| {
                    open.has_written && (open.connection == connection || open.connection == 0)
                };
                let its: Vec<_> =
                    self.transactions.iter().filter(may_be).map(transaction).collect();
                if its.is_empty() { Fate::Gone } else { Fate::Became(its) }
            }
            Holder::Transaction { id, .. } => {
                match self.transactions.iter().any(|open| open.id == id) {
                    true => Fate::Stays,
                    false => Fate::Gone,
                }
            }
            _ => Fate::Stays,
        }
    }

    /// Tells a drain which holders are gone.
    pub(crate) fn watch(&self, drain: &mut Drain<Holder>) {
        drain.watch(|holder| self.fate(holder));
    }
}

fn transaction(open: &Open) -> Holder {
    Holder::Transaction { id: open.id, connection: open.connection }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(id: u64, connection: u64, has_written: bool) -> Open {
        Open { id, connection, has_written }
    }

    #[test]
    fn the_start_of_a_statement_does_not_depend_on_when_the_list_is_made() {
        assert_eq!(began(&[(7, 40, 100), (9, 0, 100)], 9), [(7, 60)]);
        assert_eq!(began(&[(9, 15, 100), (7, 55, 100)], 9), [(7, 60)]);
        assert_eq!(began(&[(7, 240, 300), (9, 0, 300)], 9), [(7, 60)]);
    }

    #[test]
    fn a_statement_that_ends_is_followed_into_its_transaction() {
        let statement = Holder::Statement { connection: 7, started: 100 };
        let look = |statements: &[(u64, i64)], transactions: &[Open], slack| Busy {
            statements: statements.to_vec(),
            transactions: transactions.to_vec(),
            slack,
        };
        let fate = |busy: Busy| busy.fate(&statement);
        assert_eq!(fate(look(&[(7, 100)], &[], 0)), Fate::Stays);
        assert_eq!(fate(look(&[(7, 101)], &[], 0)), Fate::Gone, "another statement");
        assert_eq!(fate(look(&[(7, 101)], &[], 1)), Fate::Stays, "seconds are rounded");
        assert_eq!(fate(look(&[(7, 102)], &[], 1)), Fate::Gone);
        assert_eq!(fate(look(&[(7, 90)], &[], 0)), Fate::Stays, "it began before the bound");
        let its = Holder::Transaction { id: 3, connection: 7 };
        assert_eq!(fate(look(&[], &[open(3, 7, true)], 0)), Fate::Became(vec![its.clone()]));
        let prepared = Holder::Transaction { id: 5, connection: 0 };
        let look_at_xa = look(&[], &[open(5, 0, true), open(6, 8, true)], 0);
        assert_eq!(fate(look_at_xa), Fate::Became(vec![prepared]));
        assert_eq!(fate(look(&[], &[open(3, 7, false), open(4, 8, true)], 0)), Fate::Gone);
        assert_eq!(look(&[], &[open(3, 7, true)], 0).fate(&its), Fate::Stays);
        assert_eq!(look(&[], &[open(4, 7, true)], 0).fate(&its), Fate::Gone);
    }

    #[test]
    fn statements_that_may_write_and_transactions_that_have_written_hold() {
        let busy = Busy {
            statements: vec![(7, 100)],
            transactions: vec![open(3, 8, true), open(4, 9, false)],
            slack: 0,
        };
        let holders = [
            Holder::Statement { connection: 7, started: 100 },
            Holder::Transaction { id: 3, connection: 8 },
        ];
        assert_eq!(busy.holders(), holders);
    }
}
