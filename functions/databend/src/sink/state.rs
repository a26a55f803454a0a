//! The sink's state: the server, and the work of an invocation.

use std::sync::Arc;

use sluice_bridge::model::failure::SinkError;
use sluice_sql::tables::KnownTables;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;
use crate::sink::prefetch::Prefetch;
use crate::write::{Folder, plain};

/// Every file of this connector is in this folder of its stage, in a folder of its database.
pub(super) const FOLDER: &str = "sluice";

/// The sink for Databend.
pub struct DatabendSink {
    pub(super) endpoint: Arc<Endpoint>,
    /// The decimal places of a second in a JSON number.
    pub(super) unix_places: u8,
    /// Whether an invocation of this process had files.
    pub(super) uses_files: bool,
    /// Whether this process has removed what earlier ones could not.
    pub(super) swept: bool,
    pub(super) tables: KnownTables,
    pub(super) prefetch: Option<Prefetch>,
    /// Requests beside the work, on which its outcome does not depend. They end with the invocation.
    pub(super) beside: JoinSet<()>,
    pub(super) work: Option<Work>,
}

/// The work of an invocation.
pub(super) struct Work {
    /// The session with the open transaction.
    pub(super) session: Session,
    pub(super) folder: Folder,
}

impl DatabendSink {
    /// Begins a transaction in a new session, unless one has begun early.
    pub(super) async fn begin_work(&mut self) -> Result<(), SinkError> {
        let begun = match &mut self.prefetch {
            Some(prefetch) => prefetch.begun().await,
            None => None,
        };
        let session = match begun {
            Some(session) => session,
            None => {
                let mut session = Session::new(&self.endpoint);
                self.endpoint.begin(&mut session).await?;
                session
            }
        };
        let database = plain(&self.endpoint.database);
        let path = format!("{FOLDER}/{database}/{}/", Uuid::new_v4().simple());
        // Now the password is known to be right.
        self.beside = JoinSet::new();
        if self.endpoint.needs_tokens() {
            let endpoint = Arc::clone(&self.endpoint);
            self.beside.spawn(async move { endpoint.renew().await });
        }
        self.work = Some(Work { session, folder: Folder { path, files: 0 } });
        Ok(())
    }

    /// The server and the work that has begun.
    pub(super) fn working(&mut self) -> Result<(&Endpoint, &mut Work), SinkError> {
        let work = self.work.as_mut().ok_or_else(|| SinkError::fatal("no transaction is open"))?;
        Ok((&self.endpoint, work))
    }
}
