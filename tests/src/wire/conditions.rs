//! What the wires of a proxy are like: slow, or silent in one direction. Nothing said is lost by it, as
//! nothing is that TCP sends again; what never arrives is cut off.

use std::time::Duration;

use tokio::sync::watch;

use crate::wire::connection::Side;

/// What a slow wire lets through at a time.
const PIECE: usize = 16 * 1024;

/// What the wires of a proxy are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// The pause before every piece that passes.
    pub pause: Duration,
    /// What this side says does not come through.
    pub silent: Option<Side>,
}

/// The conditions on all wires of a proxy.
#[derive(Debug, Default)]
pub(crate) struct CurrentConditions(watch::Sender<Conditions>);

impl CurrentConditions {
    pub(crate) fn set(&self, conditions: Conditions) {
        self.0.send_replace(conditions);
    }

    /// Waits until a piece from `side` may pass.
    pub(crate) async fn passes(&self, side: Side) {
        let mut seen = self.0.subscribe();
        let pause = seen.borrow().pause;
        tokio::time::sleep(pause).await;
        // The sender is ours and lives.
        let _ = seen.wait_for(|conditions| conditions.silent != Some(side)).await;
    }

    /// What is said, as it passes.
    pub(crate) fn pieces<'s>(&self, said: &'s [u8]) -> std::slice::Chunks<'s, u8> {
        let size = if self.0.borrow().pause.is_zero() { said.len() } else { PIECE };
        said.chunks(size.max(1))
    }
}
