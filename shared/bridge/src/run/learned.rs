//! What the attempts at an event find out, so that the next one goes further.

use crate::deliver::durable::Durable;
use crate::format::registry::KnownSchemas;
use crate::map::limit::Limits;
use crate::model::table::TableName;
use crate::run::portion::Portion;

/// What earlier attempts at the event have found out.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// The tables whose records have to be written one by one, in record order.
    pub(crate) in_order: Vec<TableName>,
    /// What the target refused to create.
    pub(crate) limits: Limits,
    /// What is durable already, if the sink is durable at once.
    pub(crate) durable: Durable,
    /// The schemas of a registry that are known.
    pub(crate) schemas: KnownSchemas,
    /// How much of a table is mapped and delivered at a time.
    pub(crate) portion: Portion,
}
