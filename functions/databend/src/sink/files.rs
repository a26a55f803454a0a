//! The files of an invocation, and those that earlier ones could not remove.

use std::time::Duration;

use tokio::time::timeout;

use crate::endpoint::session::Session;
use crate::sink::state::{DatabendSink, FOLDER};
use crate::wire::stage;
use crate::write::plain;

/// How long an invocation may wait until old folders are removed. The next function process goes on.
const SWEEP: Duration = Duration::from_secs(5);
/// The length of a folder's name: a UUID without hyphens.
const NAME: usize = 32;

impl DatabendSink {
    /// Removes the files of the invocation, as far as the server answers: what stays is removed later.
    pub(super) async fn remove_files(&mut self) {
        let Some(work) = &mut self.work else { return };
        if work.folder.files == 0 {
            return;
        }
        let folder = format!("@{}/{}", self.endpoint.stage, work.folder.path);
        drop(self.endpoint.query(&mut work.session, &stage::remove(&folder)).await);
        if !std::mem::replace(&mut self.swept, true) {
            self.sweep().await;
        }
    }

    /// Removes folders that are older than any invocation can be, once for each process: functions that were killed
    /// have left them.
    async fn sweep(&self) {
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

/// Whether a folder has a name as this connector gives it.
fn is_ours(name: &str) -> bool {
    name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
