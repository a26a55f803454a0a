//! The connections of this instance, of which nobody waits for another.

use std::cell::RefCell;
use std::rc::Rc;

use crate::catalog::{Described, From};
use crate::session::Session;

/// The connections that read tables and do nothing else. A statement on one of them writes nothing, so no task waits for it.
/// A view may call a function that writes: a connection that reads one is not here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers(Rc<RefCell<Vec<u64>>>);

impl Readers {
    /// Takes note of a connection that reads these tables from now on.
    pub(crate) fn add<'t>(
        &self,
        session: &Session,
        mut tables: impl Iterator<Item = &'t Described>,
    ) {
        if tables.all(|table| matches!(table.from, From::Table { is_view: false, .. })) {
            self.0.borrow_mut().push(session.id());
        }
    }

    pub(crate) fn has(&self, connection: u64) -> bool {
        self.0.borrow().contains(&connection)
    }

    /// The connection that asks and these, as a list of SQL.
    pub(crate) fn sql(&self) -> String {
        let mut list = "CONNECTION_ID()".to_owned();
        self.0.borrow().iter().for_each(|id| list += &format!(", {id}"));
        list
    }
}
