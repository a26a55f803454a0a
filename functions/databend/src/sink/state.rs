//! The sink's state: the server, and the work of an invocation.

use sluice_bridge::model::failure::SinkError;
use uuid::Uuid;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;
use crate::write::{Folder, plain};

/// The sink for Databend.
pub struct DatabendSink {
    pub(super) endpoint: Endpoint,
    /// The decimal places of a second in a JSON number.
    pub(super) unix_places: u8,
    pub(super) work: Option<Work>,
}

/// The work of an invocation.
pub(super) struct Work {
    /// The session with the open transaction.
    pub(super) session: Session,
    pub(super) folder: Folder,
}

impl DatabendSink {
    /// Begins a transaction in a new session.
    pub(super) async fn begin_work(&mut self) -> Result<(), SinkError> {
        let mut session = Session::new(&self.endpoint);
        self.endpoint.begin(&mut session).await?;
        let database = plain(&self.endpoint.database);
        let path = format!("sluice/{database}/{}/", Uuid::new_v4().simple());
        self.work = Some(Work { session, folder: Folder { path, files: 0 } });
        Ok(())
    }

    /// The server and the work that has begun.
    pub(super) fn working(&mut self) -> Result<(&Endpoint, &mut Work), SinkError> {
        let work = self.work.as_mut().ok_or_else(|| SinkError::fatal("no transaction is open"))?;
        Ok((&self.endpoint, work))
    }
}
