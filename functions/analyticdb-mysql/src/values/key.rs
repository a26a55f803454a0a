//! Which keys are equal to the server.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::shape::{ColumnShape, TableShape};
use sluice_bridge::values::binary::to_hexadecimal;
use sluice_bridge::values::number::{canonical, is_plain_integer};

use crate::types::column::ColumnType;
use crate::types::form::Codec;
use crate::types::shape::Shape;
use crate::values::encode::encode;

/// The answers to the bridge's questions about a column.
impl ColumnShape for ColumnType {
    fn type_name(&self) -> &str {
        &self.shown
    }

    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        text(cell, self, arena)
    }

    fn can_compare_key(&self, cell: Cell<'_>) -> bool {
        can_compare(cell, self)
    }

    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
        encode(cell, self, scratch).map(drop)
    }
}

impl TableShape for Shape {
    fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
        self.columns.get(column).map(|column| column as &dyn ColumnShape)
    }

    fn can_compare_in_batch(&self, _: Operation) -> bool {
        // The server applies the rows of a statement, and statements of one row each, in order.
        true
    }

    fn may_hide_columns(&self) -> Option<&Cause> {
        self.hides.as_ref()
    }
}

/// A text that identifies a cell of a key: the same text for every notation of one value. A value that the
/// column does not accept is returned unchanged, and is refused when it is encoded.
fn text<'e>(cell: Cell<'e>, column: &ColumnType, arena: &'e Bump) -> Option<&'e str> {
    let text = cell.as_text()?;
    let one = match column.form.codec {
        Codec::Integer { .. } | Codec::Bool { .. } if is_plain_integer(text) => return Some(text),
        Codec::Text(_) => return Some(of_text(text, column, arena)),
        // A label is only accepted in its exact form.
        Codec::Enum(_) => return Some(text),
        Codec::Decimal(_) => canonical(text),
        _ => encoded_text(cell, column),
    };
    Some(one.map_or(text, |one| arena.alloc_str(&one)))
}

/// Whether [`text`] recognizes every notation of the value. It does not for types that only the server reads,
/// and not if a collation compares more than plain letters.
fn can_compare(cell: Cell<'_>, column: &ColumnType) -> bool {
    let Some(text) = cell.as_text() else { return true };
    match column.form.codec {
        Codec::Text(_) => column.form.comparison.knows(text),
        Codec::Set(_) | Codec::Json | Codec::Geometry(_) | Codec::Vector | Codec::Other => false,
        // The server rounds these.
        Codec::Float(Some(_)) | Codec::Double(Some(_)) => false,
        _ => true,
    }
}

fn of_text<'e>(text: &'e str, column: &ColumnType, arena: &'e Bump) -> &'e str {
    let (part, folds_case) = column.form.comparison.compared_part(text);
    // A CHAR drops trailing blanks, whatever its collation.
    let part = if column.form.is_char { part.trim_end_matches(' ') } else { part };
    if folds_case && part.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return arena.alloc_str(&part.to_ascii_lowercase());
    }
    part
}

/// The encoded value, which is the same for all notations of a timestamp, of bits or of an address.
fn encoded_text(cell: Cell<'_>, column: &ColumnType) -> Option<String> {
    let mut bytes = Vec::new();
    encode(cell, column, &mut bytes).ok()?;
    match column.form.codec {
        Codec::Binary(_) | Codec::Bytes(_) => Some(to_hexadecimal(&bytes)),
        Codec::Float(_) | Codec::Double(_) => {
            let number: f64 = std::str::from_utf8(&bytes).ok()?.parse().ok()?;
            // Zero and negative zero are equal.
            Some(format!("{:e}", if number == 0.0 { 0.0 } else { number }))
        }
        _ => String::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::catalog_type::CatalogType;
    use crate::types::column::tests::column;

    fn of<'a>(data_type: &'a str, column_type: &'a str) -> CatalogType<'a> {
        let (precision, scale, octets) = (Some(10), Some(2), Some(4));
        let precision = if data_type == "bit" { Some(8) } else { precision };
        let places = Some(6);
        CatalogType {
            data_type,
            column_type,
            precision,
            scale,
            octets,
            places,
            ..CatalogType::default()
        }
    }

    /// The key text of a cell, if the connector can compare it.
    fn one(catalog_type: CatalogType<'_>, cell: Cell<'_>) -> Option<String> {
        let (column, arena) = (column(catalog_type), Bump::new());
        can_compare(cell, &column).then(|| text(cell, &column, &arena).unwrap().to_owned())
    }

    #[test]
    fn every_spelling_is_one_key() {
        for (data_type, spellings) in [
            ("int", ["7", "7.0", " +07"]),
            ("decimal", ["1.50", "15e-1", "01.5"]),
            ("double", ["0.5", "5e-1", ".50"]),
            ("float", ["0.1", "1e-1", "0.10"]),
            ("bit", ["101", "0101", "00000101"]),
            ("date", ["2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02 00:00"]),
            ("timestamp", ["2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T08:00+08"]),
            ("time", ["10:15", "10:15:00.0", "10:15:00Z"]),
            ("binary", ["AQ==", "AQA=", "AQAA"]),
            (
                "uuid",
                [
                    "00112233-4455-6677-8899-aabbccddeeff",
                    "00112233445566778899AABBCCDDEEFF",
                    "{00112233-4455-6677-8899-AABBCCDDEEFF}",
                ],
            ),
            ("inet6", ["::1", "0::1", "0:0:0:0:0:0:0:1"]),
        ] {
            let catalog_type = of(data_type, data_type);
            let keys = spellings.map(|text| one(catalog_type, Cell::Text(text)).unwrap());
            assert!(keys.iter().all(|key| *key == keys[0]), "{data_type}: {keys:?}");
        }
        assert_eq!(one(of("bit", "bit(8)"), Cell::Number("5")).as_deref(), Some("5"));
        assert_eq!(one(of("tinyint", "tinyint(1)"), Cell::Bool(true)).as_deref(), Some("1"));
        let zeros = ["0", "-0.0"].map(|zero| one(of("double", "double"), Cell::Number(zero)));
        assert_eq!(zeros[0], zeros[1]);
    }

    #[test]
    fn keys_that_differ_stay_apart() {
        assert_ne!(
            one(of("varbinary", ""), Cell::Text("AQ==")),
            one(of("varbinary", ""), Cell::Text("AQA="))
        );
        assert_ne!(one(of("int", ""), Cell::Text("7")), one(of("int", ""), Cell::Text("70")));
        for unknown in ["set", "json", "point", "vector", "sys_refcursor"] {
            assert_eq!(one(of(unknown, ""), Cell::Text("x")), None, "{unknown}");
        }
    }

    #[test]
    fn text_is_compared_as_its_collation_does() {
        let text = |data_type, collation| CatalogType {
            charset: Some("utf8mb4"),
            collation: Some(collation),
            ..of(data_type, "")
        };
        let one = |catalog_type, text| one(catalog_type, Cell::Text(text));
        let folding = text("varchar", "utf8mb4_general_ci");
        assert_eq!(one(folding, "Ab  ").as_deref(), Some("ab"));
        assert_eq!(one(folding, "é"), None);
        assert_eq!(one(text("varchar", "utf8mb4_0900_ai_ci"), "Ab ").as_deref(), Some("ab "));
        assert_eq!(one(text("char", "utf8mb4_0900_ai_ci"), "Ab ").as_deref(), Some("ab"));
        assert_eq!(one(text("varchar", "utf8mb4_bin"), "É ").as_deref(), Some("É"));
    }
}
