//! Looks at the whole server that several tasks share: one at a time, because a fresh list of transactions takes a tenth
//! of a second however many ask for it.

use std::cell::Cell;

use sluice_source::error::SourceError;
use tokio::sync::Mutex;

use crate::late::processes::{self, Busy};
use crate::late::readers::Readers;
use crate::late::transactions::Fresh;
use crate::session::{Kind, Session};

/// Looks at the server.
pub(crate) struct Looks {
    last: Mutex<Last>,
    /// How often somebody has asked.
    asked: Cell<u64>,
    readers: Readers,
}

/// The last look.
struct Last {
    fresh: Fresh,
    /// What it showed, and how often somebody had asked when it began.
    seen: Option<(u64, Busy)>,
}

impl Looks {
    pub(crate) fn new(fresh: Fresh, readers: Readers) -> Self {
        Self { last: Mutex::new(Last { fresh, seen: None }), asked: Cell::new(0), readers }
    }

    /// What a look shows that began after this call: its own, or that of another task.
    ///
    /// # Errors
    /// As of [`processes::busy`].
    pub(crate) async fn busy(
        &self,
        session: &mut Session,
        kind: &Kind,
    ) -> Result<Busy, SourceError> {
        let asked = self.asked.get() + 1;
        self.asked.set(asked);
        let Last { fresh, seen } = &mut *self.last.lock().await;
        if let Some((_, busy)) = seen.as_ref().filter(|(began, _)| *began >= asked) {
            return Ok(busy.clone());
        }
        let began = self.asked.get();
        let busy = processes::busy(session, kind, fresh, &self.readers).await?;
        *seen = Some((began, busy.clone()));
        Ok(busy)
    }

    /// The connections of which nobody waits for another.
    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(crate) async fn close(self) {
        self.last.into_inner().fresh.close().await;
    }
}
