//! How a column is read for a comparison, and the class of its values.

use sluice_bridge::compare::Class;

use crate::sql::quote::quote;
use crate::types::column::ColumnType;
use crate::types::form::Codec;
use crate::types::zone::Zone;

/// How a column is read.
#[derive(Debug, Clone)]
pub(super) struct ColumnReader {
    pub(super) name: String,
    /// The type in the server's words.
    pub(super) shown: String,
    pub(super) class: Class,
    pub(super) codec: Codec,
    /// The zone of local times: `db.timezone`.
    pub(super) zone: Zone,
}

impl ColumnReader {
    pub(super) fn of(column: &ColumnType) -> Self {
        let class = match &column.form.codec {
            Codec::Integer { .. } | Codec::Year | Codec::Decimal(_) => Class::Number,
            Codec::Bool { .. } => Class::Boolean,
            Codec::Float(_) | Codec::Double(_) => Class::Float,
            Codec::Bits(_) => Class::Bits,
            Codec::Text(_) if column.form.is_char => Class::Char,
            Codec::Text(_) | Codec::Enum(_) | Codec::Set(_) => Class::Text,
            Codec::Inet4 | Codec::Inet6 => Class::Text,
            Codec::Binary(_) | Codec::Bytes(_) | Codec::Geometry(_) | Codec::Vector => Class::Bytes,
            Codec::Date => Class::Date,
            Codec::Time => Class::Time,
            Codec::Datetime | Codec::Timestamp => Class::Moment,
            Codec::Json => Class::Json,
            Codec::Uuid => Class::Uuid,
            Codec::Other => Class::Other,
        };
        Self {
            name: column.name.clone(),
            shown: column.shown.clone(),
            class,
            codec: column.form.codec.clone(),
            zone: column.form.clock.zone.clone(),
        }
    }

    /// The quoted name.
    pub(super) fn quoted(&self) -> String {
        quote(&self.name)
    }

    /// Whether ORDER BY and comparison operators use the same order. An ENUM is sorted by the index of its
    /// label, and compared as text.
    pub(super) fn is_sorted_as_compared(&self) -> bool {
        self.class.has_exact_text() && !matches!(self.codec, Codec::Enum(_) | Codec::Set(_))
    }
}
