//! Holders by MySQL's metadata locks: every statement that writes to a table holds one on it from before it is given
//! an id until its transaction ends.
//!
//! It needs SELECT on `performance_schema.metadata_locks` and `performance_schema.threads`.

use mysql_async::Value;
use sluice_source::error::{Next, SourceError};
use sluice_source::model::drain::{Drain, Fate};
use sluice_source::model::position::Micros;

use crate::catalog::Described;
use crate::late::holder::{Acquisition, Holder};
use crate::late::readers::Readers;
use crate::session::Session;

/// Locks that no reader takes. Those that are only asked for are not there yet.
const HELD: &str = "SELECT OBJECT_INSTANCE_BEGIN, OWNER_THREAD_ID, COALESCE(OWNER_EVENT_ID, 0) \
     FROM performance_schema.metadata_locks \
     WHERE OBJECT_TYPE = 'TABLE' AND LOCK_STATUS NOT IN ('PENDING', 'VICTIM', 'TIMEOUT', 'KILLED') \
     AND LOCK_TYPE NOT IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_READ_ONLY') \
     AND (OBJECT_SCHEMA, OBJECT_NAME) IN ";

/// The moment, and the oldest statement that may not have its locks yet: for how many seconds it has been running, and on
/// which connection. `OWN` is the list of connections that do not count.
///
/// Its moment was fixed when it arrived. In these states a statement has opened its tables, or a thread of replication has
/// nothing to do ("Examining Server Thread (Process) Information" in the manual); in any other, also one that is not known
/// here, it counts.
const OPENERS: &str = "SELECT CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(6)) AS SIGNED), \
     (SELECT CONCAT(PROCESSLIST_TIME, ' ', PROCESSLIST_ID) FROM performance_schema.threads \
     WHERE PROCESSLIST_ID IS NOT NULL AND PROCESSLIST_ID NOT IN (OWN) \
     AND PROCESSLIST_COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID') \
     AND (PROCESSLIST_STATE IS NULL OR PROCESSLIST_STATE NOT IN ('executing', 'update', 'updating', \
     'updating main table', 'updating reference tables', 'Sending data', 'Sending to client', 'Sending result', \
     'Searching rows for update', 'User sleep', 'User lock', 'System lock', 'optimizing', 'statistics', 'preparing', \
     'Creating sort index', 'Sorting result', 'Sorting for group', 'Sorting for order', 'Creating tmp table', \
     'Copying to tmp table', 'copy to tmp table', 'altering table', 'waiting for handler commit', 'end', 'query end', \
     'closing tables', 'freeing items', 'removing tmp table', 'logging slow query', 'cleaning up', \
     'Waiting for table level lock', \
     'Waiting for source to send event', 'Waiting for master to send event', \
     'Replica has read all relay log; waiting for more updates', \
     'Slave has read all relay log; waiting for more updates', 'Waiting for an event from Coordinator')) \
     ORDER BY PROCESSLIST_TIME DESC LIMIT 1) FROM DUAL";

/// How many locks the server could not keep a record of. Then the list is not whole.
const LOST: &str = "SHOW GLOBAL STATUS LIKE 'Performance_schema_metadata_lock_lost'";

/// Whether the account sees locks, and whether the server keeps them: it looks for its own. They tell which tables are
/// behind a view or a query. Returns why the table itself cannot be read, perhaps only at the moment.
///
/// # Errors
/// It sees no locks, or the server does not answer.
pub(crate) async fn probe(
    session: &mut Session,
    table: &mut Described,
) -> Result<Option<SourceError>, SourceError> {
    // The question itself has locks too.
    const OWN: &str = "SELECT DISTINCT OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.metadata_locks \
         JOIN performance_schema.threads ON THREAD_ID = OWNER_THREAD_ID \
         WHERE PROCESSLIST_ID = CONNECTION_ID() AND OBJECT_TYPE = 'TABLE' \
         AND OBJECT_SCHEMA <> 'performance_schema'";
    let read = format!("START TRANSACTION; SELECT 1 FROM {} LIMIT 0", table.sql());
    let read = session.say(&read).await;
    let looked = match &read {
        Ok(()) => session.ask::<(String, String)>(OWN, ()).await,
        Err(_) => Ok(Vec::new()),
    };
    session.say("ROLLBACK").await?;
    match read {
        Err(error) if matches!(error.next, Next::Stop | Next::Wait) => return Ok(Some(error)),
        read => read?,
    }
    table.watched = looked?;
    match table.watched.is_empty() {
        false => Ok(None),
        true => Err(SourceError::stop(
            "the Performance Schema keeps no metadata locks: enable the instrument wait/lock/metadata/sql/mdl",
        )),
    }
}

/// Whether the list is whole.
async fn whole(session: &mut Session) -> Result<(), SourceError> {
    let (_, lost): (String, u64) = session.one(LOST).await?;
    match lost {
        0 => Ok(()),
        _ => Err(SourceError::stop(format!(
            "the Performance Schema has lost {lost} metadata locks: raise performance_schema_max_metadata_locks"
        ))),
    }
}

/// The moment before which no statement can begin to write any more: holders are to be listed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The server's clock.
    pub(crate) now: Micros,
    /// That moment.
    pub(crate) bound: Micros,
    /// The statement because of which it is not now.
    pub(crate) opener: Option<String>,
}

/// Takes the moment. What `readers` do does not count.
pub(crate) async fn moment(
    session: &mut Session,
    readers: &Readers,
) -> Result<Moment, SourceError> {
    let question = OPENERS.replace("(OWN)", &format!("({})", readers.sql()));
    let (now, opener): (Micros, Option<String>) = session.one(&question).await?;
    before(now, opener.as_deref()).ok_or_else(|| {
        SourceError::stop(
            "performance_schema.threads does not tell for how long a statement has run",
        )
    })
}

/// `None` if it cannot be told which statement is the oldest.
fn before(now: Micros, opener: Option<&str>) -> Option<Moment> {
    const SECOND: Micros = 1_000_000;
    let Some(opener) = opener else {
        return Some(Moment { now, bound: now, opener: None });
    };
    let (seconds, connection) = opener.split_once(' ')?;
    let seconds = seconds.parse::<i64>().ok()?.max(0);
    let opener = format!(
        "the statement of connection {connection}, which has run for {seconds} s and may not have its locks yet"
    );
    // Seconds are cut on both sides.
    Some(Moment { now, bound: now - (seconds + 1) * SECOND, opener: Some(opener) })
}

/// Lists the holders of a table.
pub(crate) async fn holders(
    session: &mut Session,
    table: &Described,
) -> Result<Vec<Holder>, SourceError> {
    let held = held(session, table).await?;
    Ok(held.into_iter().map(|acquisition| Holder::Lock { acquisition, changes: 0 }).collect())
}

async fn held(session: &mut Session, table: &Described) -> Result<Vec<Acquisition>, SourceError> {
    let places = vec!["(?, ?)"; table.watched.len()].join(", ");
    let names = table.watched.iter().flat_map(|(schema, name)| [schema, name]);
    let names: Vec<Value> = names.map(|name| Value::from(name.as_str())).collect();
    let held: Vec<(u64, u64, u64)> = session.ask(&format!("{HELD}({places})"), names).await?;
    whole(session).await?;
    let acquisition = |(address, thread, event)| Acquisition { address, thread, event };
    Ok(held.into_iter().map(acquisition).collect())
}

/// How often the lock of one transaction is taken again: when it is prepared, and when it is committed, perhaps by another
/// session. Only a transaction of XA does that.
const CHANGES: u8 = 2;
const XA: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_xa_prepare', 'Com_xa_commit')";

/// Tells a drain which holders are gone.
pub(crate) async fn watch(
    session: &mut Session,
    table: &Described,
    drain: &mut Drain<Holder>,
) -> Result<(), SourceError> {
    let held = held(session, table).await?;
    let counts: Vec<(String, u64)> = session.ask(XA, ()).await?;
    let has_xa = counts.iter().any(|(_, count)| *count > 0);
    drain.watch(|holder| fate(holder, &held, has_xa));
    Ok(())
}

/// What became of a holder. Where the server has seen XA, a lock that is gone may be one of those that are there.
fn fate(holder: &Holder, held: &[Acquisition], has_xa: bool) -> Fate<Holder> {
    match holder {
        Holder::Lock { acquisition, .. } if held.contains(acquisition) => Fate::Stays,
        Holder::Lock { changes, .. } if has_xa && *changes < CHANGES => {
            let changed =
                |lock: &Acquisition| Holder::Lock { acquisition: *lock, changes: changes + 1 };
            Fate::Became(held.iter().map(changed).collect())
        }
        Holder::Lock { .. } => Fate::Gone,
        _ => Fate::Stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_without_locks_pulls_the_moment_back() {
        let now = 9_000_000;
        assert_eq!(before(now, None), Some(Moment { now, bound: now, opener: None }));
        let Moment { bound, opener, .. } = before(now, Some("3 71")).expect("a moment");
        let opener = opener.expect("a statement");
        assert_eq!(bound, 5_000_000);
        assert!(opener.starts_with("the statement of connection 71, which has run for 3 s"));
        assert_eq!(before(now, Some("-2 71")).expect("a moment").bound, 8_000_000);
        assert_eq!(before(now, Some("long 71")), None, "it is not taken for nobody");
    }

    #[test]
    fn a_lock_that_xa_takes_again_is_followed_twice() {
        let lock = |address| Acquisition { address, thread: 1, event: 1 };
        let holder = |address, changes| Holder::Lock { acquisition: lock(address), changes };
        assert_eq!(fate(&holder(1, 0), &[lock(1)], true), Fate::Stays);
        assert_eq!(fate(&holder(1, 0), &[lock(2)], false), Fate::Gone);
        let others = vec![holder(2, 1), holder(3, 1)];
        assert_eq!(fate(&holder(1, 0), &[lock(2), lock(3)], true), Fate::Became(others));
        assert_eq!(fate(&holder(1, 2), &[lock(2)], true), Fate::Gone);
    }
}
