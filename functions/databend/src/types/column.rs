//! A column, as far as its values need it.

use sluice_bridge::model::table;

use crate::types::kind::Kind;

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type as the server spells it: for messages, and for its casts.
    pub(crate) spelled: String,
    pub(crate) kind: Kind,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// Whether it has a default of its own.
    pub(crate) has_default: bool,
    /// Whether the server computes it.
    pub(crate) computed: bool,
    /// The decimal places of a second in a JSON number.
    pub(crate) unix_places: u8,
}

impl Column {
    /// A column of tests, which may be null and has no default.
    #[cfg(test)]
    pub(crate) fn sample(name: &str, spelled: &str) -> Self {
        Self {
            name: name.to_owned(),
            spelled: spelled.to_owned(),
            kind: Kind::of(spelled),
            nullable: true,
            has_default: false,
            computed: false,
            unix_places: 3,
        }
    }

    /// Whether an insert must have a value for it. The server would store zero or an empty text without saying so.
    pub(crate) fn is_required(&self) -> bool {
        !self.nullable && !self.has_default && !self.computed
    }

    /// What the rules need to know of it.
    pub(crate) fn described(&self) -> table::Column {
        let (takes, is_array) = self.kind.takes();
        table::Column {
            name: self.name.clone(),
            // The server does not read null from a file into a vector, so an absent one stays absent.
            has_default: self.has_default || self.computed || matches!(self.kind, Kind::Vector(_)),
            generated: self.computed,
            takes,
            is_array,
        }
    }
}
