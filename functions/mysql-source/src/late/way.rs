//! By which way the holders are found: what is asked for, what the account may do, and what the server is.

use std::rc::Rc;
use std::time::Duration;

use sluice_bridge::options::{Opt, Settings};
use sluice_mysql::Server;
use sluice_source::error::{Next, SourceError};
use sluice_source::model::drain::{Drain, Fate};
use sluice_source::options::mode::{Mode, Rules};
use tokio::time::Instant;

use crate::catalog::{Described, Found};
use crate::late::barrier::Barrier;
use crate::late::holder::Holder;
use crate::late::locks;
use crate::late::looks::Looks;
use crate::late::readers::Readers;
use crate::late::transactions::Fresh;
use crate::session::{Kind, Session};

/// `late.commits`
pub(crate) const LATE_COMMITS: Opt = Opt::new(
    "late.commits",
    "How rows that commit late are kept from being lost. `metadata-locks` (MySQL; SELECT on `performance_schema.metadata_locks` and `performance_schema.threads`), `processes` (the privilege PROCESS) and `table-lock` (the privilege LOCK TABLES; `mode=incrementing` on quiet tables) wait for every transaction that may still write below the bound. `auto` takes the first of them that the account may use, and refuses to start if there is none. `delay` waits `timestamp.delay.interval.ms` and nothing else, and loses the rows of transactions that take longer.",
)
.or("auto");

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Auto,
    Locks,
    Processes,
    Barrier,
    Delay,
}

impl Asked {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let choices = [
            ("auto", Self::Auto),
            ("metadata-locks", Self::Locks),
            ("processes", Self::Processes),
            ("table-lock", Self::Barrier),
            ("delay", Self::Delay),
        ];
        settings.choice(&LATE_COMMITS, &choices)
    }
}

/// It needs the privilege PROCESS and fails without it, where the list of processes would be short in silence. It is not
/// INNODB_TRX, because whoever reads that keeps it from being filled again for a tenth of a second.
const PROBE: &str = "SELECT COUNT(*) FROM information_schema.INNODB_CMP";

/// The way that is taken.
pub(crate) enum Way {
    Locks(Readers),
    Processes(Rc<Looks>),
    Barrier(Barrier),
    Delay,
}

impl Way {
    /// Takes the first way that is open, and proves that it is. `beside` is a connection that it may use. A table that
    /// cannot be read is refused.
    ///
    /// # Errors
    /// Why none is, each named.
    pub(crate) async fn find(
        asked: Asked,
        server: &Server,
        session: &mut Session,
        kind: &Kind,
        rules: &Rules,
        beside: Option<Session>,
        found: &mut Found,
    ) -> Result<Self, SourceError> {
        // A pass over a whole table has no bound.
        if asked == Asked::Delay || rules.mode == Mode::Bulk {
            return Ok(Self::Delay);
        }
        if let Some(why) = &kind.elsewhere {
            return Err(SourceError::stop(format!(
                "this server shows rows that are written elsewhere ({why}), and cannot tell which of them may still \
                 commit: connect to the primary, or accept losses with late.commits=delay"
            )));
        }
        let ways = [Asked::Locks, Asked::Processes, Asked::Barrier];
        let (mut why, mut beside) = (Vec::new(), beside);
        for way in ways.into_iter().filter(|way| asked == Asked::Auto || asked == *way) {
            let own = beside.take_if(|_| way == Asked::Processes);
            match Self::open(way, server, session, kind, rules, own, found).await {
                Ok(way) => return Ok(way),
                // What passes is no reason to take another way.
                Err(error) if error.next != Next::Stop && error.next != Next::LogIn => {
                    return Err(error);
                }
                Err(error) => why.push(error.message),
            }
        }
        Err(SourceError::stop(format!(
            "the account can use none of the ways to know which transactions may still commit, so that rows would be \
             lost: {}; grant one of them, or accept losses with late.commits=delay",
            why.join("; ")
        )))
    }

    async fn open(
        way: Asked,
        server: &Server,
        session: &mut Session,
        kind: &Kind,
        rules: &Rules,
        beside: Option<Session>,
        found: &mut Found,
    ) -> Result<Self, SourceError> {
        let named = |name: &str, error: SourceError| SourceError {
            message: format!("{name}: {}", error.message),
            ..error
        };
        match way {
            Asked::Auto | Asked::Delay => Ok(Self::Delay),
            Asked::Locks => {
                let opened = Self::locks(session, kind, found).await;
                opened.map_err(|error| named("metadata-locks", error))
            }
            Asked::Processes => {
                let asked = session.one::<u64>(PROBE).await;
                asked.map_err(|error| named("processes", error))?;
                let own = match beside {
                    Some(own) => own,
                    None => Session::beside(server).await?,
                };
                let looks = Looks::new(Fresh::new(own), Readers::default());
                Ok(Self::Processes(Rc::new(looks)))
            }
            Asked::Barrier => {
                let opened = Self::barrier(server, kind, rules, found).await;
                opened.map_err(|error| named("table-lock", error))
            }
        }
    }

    async fn locks(
        session: &mut Session,
        kind: &Kind,
        found: &mut Found,
    ) -> Result<Self, SourceError> {
        if kind.is_maria {
            return Err(SourceError::stop("MariaDB has no such table"));
        }
        if !kind.has_performance_schema {
            return Err(SourceError::stop("performance_schema is OFF"));
        }
        // If this way is closed, the next one begins with all tables.
        let mut open = Found { refused: found.refused.clone(), ..Found::default() };
        // One table is enough to know that the account sees locks.
        let (mut is_proven, mut locked) = (false, Vec::new());
        for table in &found.tables {
            let mut table = table.clone();
            match locks::probe(session, &mut table).await? {
                None => {
                    is_proven = true;
                    open.tables.push(table);
                }
                // What a transaction changes of a table is known without asking for it.
                Some(error) if error.next == Next::Wait && !table.watched.is_empty() => {
                    locked.push((table, error));
                }
                Some(error) => open.refuse(&table.table, error)?,
            }
        }
        for (table, error) in locked {
            match is_proven {
                true => open.tables.push(table),
                false => open.refuse(&table.table, error)?,
            }
        }
        if let Some(table) = open.tables.first() {
            // Both tables must be readable, now and not at the first poll.
            locks::moment(session, &Readers::default()).await?;
            locks::holders(session, table).await?;
        }
        *found = open;
        Ok(Self::Locks(Readers::default()))
    }

    async fn barrier(
        server: &Server,
        kind: &Kind,
        rules: &Rules,
        found: &mut Found,
    ) -> Result<Self, SourceError> {
        if rules.mode != Mode::Incrementing {
            return Err(SourceError::stop("it works only with mode=incrementing"));
        }
        if rules.tables.query().is_some() {
            return Err(SourceError::stop("it works only with tables, not with a query"));
        }
        let mut barrier = Barrier::open(server, kind.is_maria).await?;
        for table in &found.tables {
            barrier.is_passed(table).await?;
        }
        Ok(Self::Barrier(barrier))
    }

    /// The holders that may still write below a bound that was taken before this call.
    pub(crate) async fn holders(
        &mut self,
        session: &mut Session,
        kind: &Kind,
        table: &Described,
        delay: Duration,
    ) -> Result<Vec<Holder>, SourceError> {
        Ok(match self {
            Self::Locks(_) => locks::holders(session, table).await?,
            Self::Processes(looks) => looks.busy(session, kind).await?.holders(),
            Self::Barrier(barrier) => vec![barrier.holder()],
            // A bound of time is earlier by the delay; one of ids is read that much later.
            Self::Delay if table.time.is_none() && !delay.is_zero() => {
                vec![Holder::Until(Instant::now() + delay)]
            }
            Self::Delay => Vec::new(),
        })
    }

    /// Tells a drain which holders are gone.
    pub(crate) async fn watch(
        &mut self,
        session: &mut Session,
        kind: &Kind,
        table: &Described,
        drain: &mut Drain<Holder>,
    ) -> Result<(), SourceError> {
        match self {
            Self::Locks(_) => locks::watch(session, table, drain).await?,
            Self::Processes(looks) => looks.busy(session, kind).await?.watch(drain),
            Self::Barrier(barrier) => barrier.watch(table, drain).await?,
            Self::Delay => {
                let now = Instant::now();
                drain.watch(|holder| match holder {
                    Holder::Until(until) if *until <= now => Fate::Gone,
                    _ => Fate::Stays,
                });
            }
        }
        Ok(())
    }

    /// The same way for the tables of a further task.
    ///
    /// # Errors
    /// The connection that it needs cannot be had.
    pub(crate) async fn beside(&self, server: &Server, kind: &Kind) -> Result<Self, SourceError> {
        Ok(match self {
            Self::Locks(readers) => Self::Locks(readers.clone()),
            Self::Processes(looks) => Self::Processes(Rc::clone(looks)),
            Self::Barrier(_) => Self::Barrier(Barrier::open(server, kind.is_maria).await?),
            Self::Delay => Self::Delay,
        })
    }

    /// The connections of which no task waits for another.
    pub(crate) fn readers(&self) -> Option<&Readers> {
        match self {
            Self::Locks(readers) => Some(readers),
            Self::Processes(looks) => Some(looks.readers()),
            Self::Barrier(_) | Self::Delay => None,
        }
    }

    /// Closes what it has opened.
    pub(crate) async fn close(self) {
        match self {
            Self::Processes(looks) => {
                // The last task closes what all of them share.
                if let Some(looks) = Rc::into_inner(looks) {
                    looks.close().await;
                }
            }
            Self::Barrier(barrier) => barrier.close().await,
            Self::Locks(_) | Self::Delay => {}
        }
    }
}
