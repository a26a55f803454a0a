//! The description of a column that is needed to encode its values. Plain data: the catalog fills it in.

use sluice_bridge::model::table::Takes;

use crate::types::catalog_type::{CatalogType, ConversionSettings};
use crate::types::form::{Codec, Form};

/// A column as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnType {
    pub(crate) name: String,
    /// The type in the server's words, for messages.
    pub(crate) shown: String,
    /// Whether an insert must have a value for the column.
    pub(crate) required: bool,
    pub(crate) form: Form,
    /// The SQL after a value.
    behind: String,
}

impl ColumnType {
    /// A column with the type from the catalog.
    pub(crate) fn of(
        name: &str,
        catalog_type: CatalogType<'_>,
        required: bool,
        conversion: &ConversionSettings,
    ) -> Self {
        let form = Form::of(catalog_type, conversion);
        let behind = match form.codec {
            Codec::Bits(_) => " AS UNSIGNED)".to_owned(),
            Codec::Geometry(reference) => reference.around().1,
            _ => String::new(),
        };
        let shown = catalog_type.column_type.to_owned();
        Self { name: name.to_owned(), shown, required, form, behind }
    }

    /// The kind of values that the column accepts.
    pub(crate) fn takes(&self) -> Takes {
        match self.form.codec {
            Codec::Binary(_) | Codec::Bytes(_) => Takes::Bytes,
            Codec::Bits(_) => Takes::Bits,
            Codec::Integer { .. } | Codec::Bool { .. } | Codec::Year => Takes::Numbers,
            Codec::Decimal(_) | Codec::Float(_) | Codec::Double(_) => Takes::Numbers,
            Codec::Date | Codec::Time | Codec::Datetime | Codec::Timestamp => Takes::Moments,
            Codec::Json => Takes::Documents,
            Codec::Geometry(_) => Takes::Geometries,
            _ => Takes::Text,
        }
    }

    /// The SQL before and after a value, for literals and parameters, in an INSERT or a comparison.
    pub(crate) fn around(&self) -> (&'static str, &str) {
        let before = match self.form.codec {
            // The server treats a string of bits as text, and MariaDB does not find it again.
            Codec::Bits(_) => "CAST(",
            Codec::Geometry(reference) => reference.around().0,
            _ => "",
        };
        (before, &self.behind)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::types::zone::Zone;

    /// The settings of a session with this zone, in the summer of 2026.
    pub(crate) fn conversion(zone: &str) -> ConversionSettings {
        let summer = UNIX_EPOCH + Duration::from_secs(1_780_000_000);
        ConversionSettings { unix_places: 3, clock: Zone::parse(zone).unwrap().clock(summer) }
    }

    /// A column `c` of a session in UTC.
    pub(crate) fn column(catalog_type: CatalogType<'_>) -> ColumnType {
        ColumnType::of("c", catalog_type, false, &conversion("UTC"))
    }

    #[test]
    fn some_values_need_words_around_them() {
        let of = |data_type, srid| {
            let catalog_type = CatalogType { data_type, srid, ..CatalogType::default() };
            let (before, behind) = (column(catalog_type).around().0, column(catalog_type).behind);
            format!("{before}?{behind}")
        };
        assert_eq!(of("int", None), "?");
        assert_eq!(of("bit", None), "CAST(? AS UNSIGNED)");
        assert_eq!(of("point", None), "ST_GeomFromText(?)");
        assert_eq!(of("geometry", Some(4326)), "ST_GeomFromText(?,4326)");
    }
}
