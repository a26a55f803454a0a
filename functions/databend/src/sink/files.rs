//! The files of an invocation, and those that earlier ones could not remove.

use std::time::Duration;

use tokio::time::timeout;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;
use crate::sink::state::{DatabendSink, FOLDER};
use crate::wire::stage;
use crate::write::plain;

/// How long an invocation that is over waits until its files are removed, and for new tokens. What stays is removed
/// later, and a later invocation asks again.
const REMOVE: Duration = Duration::from_millis(500);
/// How long an invocation may wait until old folders are removed. The next function process goes on.
const SWEEP: Duration = Duration::from_secs(2);
/// The length of a folder's name: a UUID without hyphens.
const NAME: usize = 32;

impl DatabendSink {
    /// The folder of the invocation's files, as a statement names it; `None` if there are none.
    pub(super) fn files(&mut self) -> Option<String> {
        let work = self.work.as_ref().filter(|work| work.folder.files > 0)?;
        self.uses_files = true;
        Some(format!("@{}/{}", self.endpoint.stage, work.folder.path))
    }

    /// Waits a little until the invocation's files are removed, and for new tokens.
    pub(super) async fn wait_for_the_rest(&mut self) {
        let mut beside = std::mem::take(&mut self.beside);
        drop(timeout(REMOVE, async { while beside.join_next().await.is_some() {} }).await);
    }

    /// Removes folders that are older than any invocation can be, once for each process that uses files: functions that
    /// were killed have left them. It comes before the work of an invocation, which has time then.
    pub(super) async fn sweep(&mut self) {
        if !self.uses_files || std::mem::replace(&mut self.swept, true) {
            return;
        }
        let mut session = Session::new(&self.endpoint);
        if timeout(SWEEP, self.remove_old(&mut session)).await.is_err() {
            self.endpoint.cancel(&mut session).await;
        }
    }

    async fn remove_old(&self, session: &mut Session) {
        let database = plain(&self.endpoint.database);
        let parent = format!("@{}/{FOLDER}/{database}/", self.endpoint.stage);
        let Ok(old) = self.endpoint.query(session, &stage::old_folders(&parent, 2)).await else {
            return;
        };
        for name in old.into_iter().flatten().flatten().filter(|name| is_ours(name)) {
            let removed =
                self.endpoint.query(session, &stage::remove(&format!("{parent}{name}/"))).await;
            if removed.is_err() {
                return;
            }
        }
    }
}

/// Removes the files of an invocation, as far as the server answers at once.
pub(super) async fn remove(endpoint: &Endpoint, folder: &str) {
    let mut session = Session::new(endpoint);
    drop(timeout(REMOVE, endpoint.query(&mut session, &stage::remove(folder))).await);
}

/// Whether a folder has a name as this connector gives it.
fn is_ours(name: &str) -> bool {
    name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
