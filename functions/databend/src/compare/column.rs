//! How a column is read for a comparison, and the class of its values.

use sluice_bridge::compare::Class;
use sluice_bridge::compare::canonical::Item;
use sluice_bridge::values::binary::hexadecimal;
use sluice_bridge::values::moment::{DAY, Moment};

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::wire::literal::quote;

/// How a column is read.
pub(super) struct ColumnReader {
    pub(super) name: String,
    /// The type in the server's words.
    pub(super) shown: String,
    pub(super) class: Class,
    kind: Kind,
}

impl ColumnReader {
    pub(super) fn of(column: &Column) -> Self {
        let class = match &column.kind {
            Kind::Integer { .. } | Kind::Decimal { .. } => Class::Number,
            Kind::Boolean => Class::Boolean,
            Kind::Single | Kind::Double => Class::Float,
            Kind::Text => Class::Text,
            Kind::Binary => Class::Bytes,
            Kind::Date => Class::Date,
            Kind::Timestamp | Kind::ZonedTimestamp => Class::Moment,
            Kind::Array(_) | Kind::Vector(_) => Class::Array,
            Kind::Variant | Kind::Map(..) | Kind::Tuple(_) => Class::Json,
            _ => Class::Other,
        };
        let (name, shown) = (column.name.clone(), column.spelled.clone());
        Self { name, shown, class, kind: column.kind.clone() }
    }

    /// The quoted name.
    pub(super) fn quoted(&self) -> String {
        quote(&self.name)
    }

    /// The value as a text that [`read`](Self::read) understands, in SQL.
    pub(super) fn text(&self) -> String {
        let name = self.quoted();
        match &self.kind {
            Kind::Text => name,
            Kind::Binary => format!("lower(hex({name}))"),
            Kind::Variant => format!("json_to_string({name})"),
            Kind::Array(_) | Kind::Vector(_) | Kind::Map(..) | Kind::Tuple(_) => {
                format!("json_to_string(CAST({name} AS VARIANT))")
            }
            Kind::Geometry | Kind::Geography => format!("st_asewkt({name})"),
            // The moment, whatever offset it has.
            Kind::ZonedTimestamp => format!("CAST(CAST({name} AS TIMESTAMP) AS VARCHAR)"),
            _ => format!("CAST({name} AS VARCHAR)"),
        }
    }

    /// Whether the column can be sorted and compared by its canonical texts.
    pub(super) fn is_sorted(&self) -> bool {
        let is_exact = matches!(
            self.kind,
            Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Text | Kind::Date | Kind::Timestamp
        );
        is_exact && self.class.has_exact_text()
    }

    /// The value of a canonical text, in SQL; `text` is the literal. `None` if there is none of this type.
    pub(super) fn literal(&self, text: &str) -> Option<String> {
        match self.kind {
            Kind::Text => Some(text.to_owned()),
            Kind::Integer { .. }
            | Kind::Decimal { .. }
            | Kind::Boolean
            | Kind::Date
            | Kind::Timestamp => Some(format!("CAST({text} AS {})", self.kind.sql()?)),
            _ => None,
        }
    }

    /// Passes the value of a text to `take`. A text that is not of the column's type is passed as it is.
    pub(super) fn read(&self, text: &str, take: impl FnOnce(Item<'_>)) {
        let mut bytes = Vec::new();
        let item = match &self.kind {
            Kind::Integer { .. } | Kind::Decimal { .. } => Item::Decimal(text),
            Kind::Boolean => text.parse().map_or(Item::Words(text), Item::Boolean),
            Kind::Single => text.parse().map_or(Item::Words(text), Item::Single),
            Kind::Double => text.parse().map_or(Item::Words(text), Item::Double),
            Kind::Text => Item::Text(text),
            Kind::Binary => match hexadecimal(text.as_bytes(), &mut bytes) {
                Ok(()) => Item::Bytes(&bytes),
                Err(_) => Item::Words(text),
            },
            Kind::Date => {
                Moment::parse(text).map_or(Item::Words(text), |moment| Item::Date(moment.days))
            }
            Kind::Timestamp | Kind::ZonedTimestamp => match Moment::parse(text) {
                Ok(Moment { days, micros, .. }) => Item::Moment(days * DAY + micros),
                Err(_) => Item::Words(text),
            },
            Kind::Variant | Kind::Array(_) | Kind::Vector(_) | Kind::Map(..) | Kind::Tuple(_) => {
                Item::Json(text)
            }
            _ => Item::Words(text),
        };
        take(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values() {
        for (spelled, text, expected) in [
            ("DECIMAL(5, 2)", "1.50", "Decimal(\"1.50\")"),
            ("BOOLEAN", "true", "Boolean(true)"),
            ("FLOAT", "0.1", "Single(0.1)"),
            ("DOUBLE", "NaN", "Double(NaN)"),
            ("BINARY", "00ff", "Bytes([0, 255])"),
            ("DATE", "1970-01-02", "Date(1)"),
            ("TIMESTAMP", "1970-01-01 00:00:01.000005", "Moment(1000005)"),
            ("TIMESTAMP", "never", "Words(\"never\")"),
            ("ARRAY(INT)", "[1]", "Json(\"[1]\")"),
            ("INTERVAL", "1 day", "Words(\"1 day\")"),
        ] {
            let reader = ColumnReader::of(&Column::sample("c", spelled));
            let mut shown = String::new();
            reader.read(text, |item| shown = format!("{item:?}"));
            assert_eq!(shown, expected, "{spelled}");
        }
    }
}
