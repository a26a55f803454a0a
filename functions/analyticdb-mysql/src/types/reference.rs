//! The spatial reference system of a geometry column.

use sluice_bridge::values::number::Reason;

use crate::types::described::Described;

/// The spatial reference system of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The system that the column requires; `None` if each value has its own.
    pub(crate) srid: Option<u32>,
    /// Whether well-known text has the latitude first, as the server reads it. Other input formats never
    /// have.
    pub(crate) latitude_first: bool,
    /// Whether the server is MariaDB: axes are not swapped, and values are sent in the internal format.
    pub(crate) is_flat: bool,
    /// Whether the server has the `axis-order` option.
    pub(crate) knows_axes: bool,
}

impl Reference {
    pub(crate) fn of(described: Described<'_>) -> Self {
        let Described { srid, latitude_first, is_flat, knows_axes, .. } = described;
        Self { srid, latitude_first, is_flat, knows_axes }
    }

    /// The SQL before and after a value.
    pub(crate) fn around(self) -> (&'static str, String) {
        match self.srid {
            _ if self.is_flat => ("", String::new()),
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
