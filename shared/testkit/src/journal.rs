//! What became durable, in order, so that a test can distinguish a letter before a commit from one
//! after it.

use std::cell::RefCell;
use std::rc::Rc;

use sluice_kafka::Message;

/// Something that cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A message was written and acknowledged.
    Acknowledged(Message),
    /// A message was written, and its sender does not know.
    Unacknowledged(Message),
    /// A sink committed; its work may be empty.
    Committed,
}

/// Every such moment. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Journal(Rc<RefCell<Vec<Moment>>>);

impl Journal {
    /// All of them so far, in order.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        self.0.borrow().clone()
    }

    /// The messages that were written, acknowledged or not, in order.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let message = |moment| match moment {
            Moment::Acknowledged(message) | Moment::Unacknowledged(message) => Some(message),
            Moment::Committed => None,
        };
        self.moments().into_iter().filter_map(message).collect()
    }

    pub(crate) fn note(&self, moment: Moment) {
        self.0.borrow_mut().push(moment);
    }
}
