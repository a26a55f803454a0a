//! The spatial reference system of a geometry column.

use sluice_bridge::values::number::Reason;

use crate::types::catalog_type::CatalogType;

/// The spatial reference system of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpatialReference {
    /// The system that the column requires; `None` if each value has its own.
    pub(crate) srid: Option<u32>,
    /// Whether well-known text has the latitude first, as the server reads it. Other input formats never
    /// have.
    pub(crate) latitude_first: bool,
    /// Whether the server is MariaDB: axes are not swapped, and values are sent in the internal format.
    pub(crate) is_mariadb: bool,
    /// Whether the server has the `axis-order` option.
    pub(crate) has_axis_order: bool,
}

impl SpatialReference {
    pub(crate) fn of(catalog_type: CatalogType<'_>) -> Self {
        let CatalogType { srid, latitude_first, is_mariadb, has_axis_order, .. } = catalog_type;
        Self { srid, latitude_first, is_mariadb, has_axis_order }
    }

    /// The SQL before and after a value.
    pub(crate) fn around(self) -> (&'static str, String) {
        match self.srid {
            _ if self.is_mariadb => ("", String::new()),
            None | Some(0) => (BEFORE, ")".to_owned()),
            Some(srid) => (BEFORE, format!(",{srid})")),
        }
    }

    pub(crate) fn check(self, srid: Option<u32>) -> Result<(), Reason> {
        match (srid, self.srid) {
            (Some(given), Some(taken)) if given != taken => {
                Err("the value's spatial reference differs from the column's")
            }
            _ => Ok(()),
        }
    }
}

const BEFORE: &str = "ST_GeomFromText(";
