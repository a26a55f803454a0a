//! The fields of a schema and the columns of a table, brought together once: after that no record
//! looks for a name.

use std::rc::Rc;

use crate::format::compiled::{Compiled, Payload};
use crate::format::slots::Place;
use crate::map::columns::{ColumnResolver, Target};
use crate::map::inferred::InferredColumns;
use crate::options::rules::Unknown;

/// The targets of a schema's fields.
#[derive(Debug)]
pub(crate) struct Bound {
    compiled: Rc<Compiled>,
    /// The message of a Protobuf schema, or the type of Avro's.
    message: usize,
    /// By field.
    pub(crate) targets: Vec<Target>,
    /// By field: which of them a decoder can reach by itself.
    pub(crate) places: Vec<Place>,
    /// Whether a field has no column, and may get one.
    pub(crate) lacks_columns: bool,
}

/// The schemas whose records were met, the latest first.
#[derive(Debug, Default)]
pub(crate) struct BoundSchemas(Vec<Bound>);

impl BoundSchemas {
    /// That of a payload.
    #[inline]
    pub(crate) fn of(&mut self, payload: &Payload<'_>, columns: &ColumnResolver<'_>) -> &Bound {
        let is_same = |bound: &Bound| {
            Rc::ptr_eq(&bound.compiled, &payload.compiled) && bound.message == payload.message
        };
        match self.0.iter().position(is_same) {
            // Nearly all records have the schema of the one before.
            Some(0) => {}
            Some(place) => self.0[..=place].rotate_right(1),
            None => self.0.insert(0, Bound::new(payload, columns)),
        }
        &self.0[0]
    }
}

impl Bound {
    fn new(payload: &Payload<'_>, columns: &ColumnResolver<'_>) -> Self {
        let targets: Vec<Target> =
            payload.names().into_iter().map(|name| columns.resolve(name)).collect();
        let places = targets.iter().map(|target| place(*target, columns)).collect();
        // An open table needs no column for a field that is not set, and a field that is taken apart has none itself.
        let lacks_columns = targets.contains(&Target::Unknown)
            && columns.findings.as_ref().is_some_and(InferredColumns::adds_columns)
            && !columns.table.shape.is_open()
            && columns.rules.flatten.is_none();
        let (compiled, message) = (Rc::clone(&payload.compiled), payload.message);
        Self { compiled, message, targets, places, lacks_columns }
    }
}

fn place(target: Target, columns: &ColumnResolver<'_>) -> Place {
    // With these, it depends on other fields what becomes of one; or a field without a column is an error.
    let may_ignore = columns.rules.unknown == Unknown::Ignore
        && columns.table.shape.may_hide_columns().is_none();
    match target {
        _ if columns.rules.flatten.is_some() => Place::Later,
        Target::Column(column) => Place::Column(column),
        Target::Skip => Place::Passed,
        Target::Unknown if may_ignore => Place::Passed,
        Target::Unknown | Target::Folded(_) | Target::Mapped(_) => Place::Later,
    }
}
