//! The spatial reference system of a column of geometries.

use sluice_bridge::values::number::Reason;

use crate::types::described::Described;

/// The spatial reference system of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The only one that the column takes; without it each value has its own.
    pub(crate) srid: Option<u32>,
    /// Whether text has the latitude first, as it has to the server. The other forms never have.
    pub(crate) latitude_first: bool,
    /// MariaDB: no axes are swapped, and values go as they are kept.
    pub(crate) is_flat: bool,
    /// Whether the server knows a latitude from a longitude.
    pub(crate) knows_axes: bool,
}

impl Reference {
    pub(crate) fn of(described: Described<'_>) -> Self {
        let Described { srid, latitude_first, is_flat, knows_axes, .. } = described;
        Self { srid, latitude_first, is_flat, knows_axes }
    }

    /// What stands around a value in SQL.
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
                Err("it would lose its spatial reference: the column has another")
            }
            _ => Ok(()),
        }
    }
}

const BEFORE: &str = "ST_GeomFromText(";
