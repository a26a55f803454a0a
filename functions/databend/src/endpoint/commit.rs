//! The commit of a transaction, whose answer may be lost.

use sluice_bridge::model::failure::SinkError;
use uuid::Uuid;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;
use crate::fault;

impl Endpoint {
    /// Commits the transaction. If there is no answer, the same request is sent once more, with the id of the same query:
    /// a server that knows this query answers again, one that never got it executes it now, and one that has forgotten
    /// it says that there is no such transaction (`query_handler` in `http_query_handlers.rs` of the server's sources,
    /// "get retry to start query"), because the session is sent as it was before.
    ///
    /// # Errors
    /// It is not committed, or that is unknown.
    pub(crate) async fn commit(&self, session: &mut Session) -> Result<(), SinkError> {
        let (id, before) = (Uuid::new_v4().to_string(), session.clone());
        match self.execute(session, "COMMIT", id.clone()).await {
            Err(lost) if fault::has_no_answer(&lost) => {
                // While a server works on a commit, it says that the session has no transaction any more. A commit of such
                // a session does nothing and succeeds.
                *session = before;
                let again = self.execute(session, "COMMIT", id).await;
                again.map(drop).map_err(|error| fault::classify_second_commit(&lost, error))
            }
            answered => answered.map(drop),
        }
    }
}
