//! What a proxy holds back: the first words of a kind, and whatever follows them in their direction
//! of their wire.

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use crate::services;
use crate::wire::connection::{Side, Wire};

/// Something that will be held back when it comes.
#[derive(Debug)]
pub struct Held {
    caught: oneshot::Receiver<()>,
    release: Arc<Notify>,
}

impl Held {
    /// Waits until it has come.
    ///
    /// # Panics
    /// It does not come within [`crate::services::PATIENCE`].
    pub async fn caught(&mut self) {
        let caught = tokio::time::timeout(services::PATIENCE, &mut self.caught).await;
        caught.expect("what was to be held never came").expect("the proxy lives");
    }

    /// Lets it go on.
    pub fn release(self) {
        self.release.notify_one();
    }
}

/// The proxy's end of it.
#[derive(Debug)]
pub(crate) struct Hold {
    after: After,
    from: Side,
    needle: Vec<u8>,
    caught: oneshot::Sender<()>,
    release: Arc<Notify>,
}

/// On which wire something is held back.
#[derive(Debug)]
pub(crate) enum After {
    /// On any.
    Nothing,
    /// On the first where this was said, by this side.
    Said(Side, Vec<u8>),
    /// On this one.
    On(Arc<Wire>),
}

impl Hold {
    pub(crate) fn of(after: After, from: Side, needle: &[u8]) -> (Self, Held) {
        let (sender, caught) = oneshot::channel();
        let release = Arc::new(Notify::new());
        let held = Held { caught, release: Arc::clone(&release) };
        (Self { after, from, needle: needle.to_vec(), caught: sender, release }, held)
    }

    /// Lasts until it is released.
    pub(crate) async fn last(self) {
        // Nobody may be waiting for it any more.
        if self.caught.send(()).is_ok() {
            self.release.notified().await;
        }
    }

    /// Takes the wire for its own where what has to be said before is said.
    fn listen(&mut self, wire: &Arc<Wire>, from: Side, said: &[u8]) {
        if let After::Said(side, words) = &self.after
            && *side == from
            && find(said, words).is_some()
        {
            self.after = After::On(Arc::clone(wire));
        }
    }

    /// Where in `said` it begins.
    fn begins(&self, wire: &Arc<Wire>, from: Side, said: &[u8]) -> Option<usize> {
        let here = match &self.after {
            After::Nothing => true,
            After::Said(..) => false,
            After::On(one) => Arc::ptr_eq(one, wire),
        };
        (here && self.from == from).then(|| find(said, &self.needle)).flatten()
    }
}

/// Which hold this is, and where in `said` it begins. What we look for is small and comes in one
/// piece.
pub(crate) fn take(
    holds: &mut Vec<Hold>,
    wire: &Arc<Wire>,
    from: Side,
    said: &[u8],
) -> Option<(usize, Hold)> {
    holds.iter_mut().for_each(|hold| hold.listen(wire, from, said));
    let mut found = holds.iter().enumerate();
    let (index, at) =
        found.find_map(|(index, hold)| Some((index, hold.begins(wire, from, said)?)))?;
    Some((at, holds.swap_remove(index)))
}

pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    hay.windows(needle.len()).position(|window| window == needle)
}
