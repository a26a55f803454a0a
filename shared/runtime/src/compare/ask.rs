//! A question of `sluice compare`, read strictly: a member that is not known is one that would be
//! passed over.

use serde::Deserialize;
use sluice_bridge::compare::{Chosen, Class, Rows, Selection, Tolerance};
use sluice_bridge::model::table::TableName;

/// More would not fit into an answer.
const MOST_BUCKETS: u32 = 65_536;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Describe,
    Sums,
    Rows,
    Look,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) what: What,
    table: String,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    key: Vec<usize>,
    #[serde(default)]
    time_digits: Option<u32>,
    #[serde(default)]
    float_digits: Option<u32>,
    #[serde(default)]
    blanks: bool,
    #[serde(default)]
    buckets: Option<u32>,
    #[serde(default)]
    pub(crate) within: Vec<u32>,
    #[serde(default)]
    after: Option<Vec<String>>,
    #[serde(default)]
    keys: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) values: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    class: String,
}

impl Ask {
    /// The table.
    ///
    /// # Errors
    /// A sentence: it names none.
    pub(crate) fn table(&self) -> Result<TableName, String> {
        TableName::parse(&self.table)
    }

    /// Whether nothing tells rows apart.
    pub(crate) fn is_keyless(&self) -> bool {
        self.key.is_empty()
    }

    /// How many buckets there are.
    pub(crate) fn buckets(&self) -> u32 {
        self.buckets.unwrap_or(1).clamp(1, MOST_BUCKETS)
    }

    /// The rows that are asked for.
    ///
    /// # Errors
    /// A sentence: a class that is not known, a key that is no column.
    pub(crate) fn selection(&self) -> Result<Selection, String> {
        let chosen = |column: &Column| {
            let class = Class::parse(&column.class);
            let class = class.ok_or_else(|| format!("no class is called {}", column.class))?;
            Ok(Chosen { name: column.name.clone(), class })
        };
        let columns: Vec<_> = self.columns.iter().map(chosen).collect::<Result<_, String>>()?;
        if columns.is_empty() || self.key.iter().any(|place| *place >= columns.len()) {
            return Err("it names no columns, or a key that is none of them".to_owned());
        }
        if self.keys.iter().any(|key| key.len() != self.key.len()) {
            return Err("a key has more or fewer columns than the key".to_owned());
        }
        let rows = match self.what {
            What::Look => Rows::Keys(self.keys.clone()),
            _ => Rows::Behind(self.after.clone()),
        };
        let (time_digits, float_digits) = (self.time_digits, self.float_digits);
        let tolerance = Tolerance { time_digits, float_digits, blanks: self.blanks };
        Ok(Selection { table: self.table()?, columns, key: self.key.clone(), tolerance, rows })
    }
}
