//! Reads a question of `sluice compare`. An unknown member is an error, because it must not be
//! ignored.

use serde::Deserialize;
use sluice_bridge::compare::{Chosen, Class, Rows, Selection, Tolerance};
use sluice_bridge::model::table::TableName;

/// The largest number of buckets that fit into an answer.
const MOST_BUCKETS: u32 = 65_536;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QuestionKind {
    Describe,
    Sums,
    Rows,
    Look,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) what: QuestionKind,
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

impl Question {
    /// The table.
    ///
    /// # Errors
    /// A sentence, if the name is not valid.
    pub(crate) fn table(&self) -> Result<TableName, String> {
        TableName::parse(&self.table)
    }

    /// Whether there is no key.
    pub(crate) fn is_keyless(&self) -> bool {
        self.key.is_empty()
    }

    /// The number of buckets.
    pub(crate) fn buckets(&self) -> u32 {
        self.buckets.unwrap_or(1).clamp(1, MOST_BUCKETS)
    }

    /// The rows to read.
    ///
    /// # Errors
    /// A sentence, if a class is unknown or a key is not a column.
    pub(crate) fn selection(&self) -> Result<Selection, String> {
        let chosen = |column: &Column| {
            let class = Class::parse(&column.class);
            let class = class.ok_or_else(|| format!("there is no class {}", column.class))?;
            Ok(Chosen { name: column.name.clone(), class })
        };
        let columns: Vec<_> = self.columns.iter().map(chosen).collect::<Result<_, String>>()?;
        if columns.is_empty() || self.key.iter().any(|place| *place >= columns.len()) {
            return Err("it names no columns, or a key column that is not one of them".to_owned());
        }
        if self.keys.iter().any(|key| key.len() != self.key.len()) {
            return Err(
                "one of `keys` does not have as many values as the key has columns".to_owned()
            );
        }
        let rows = match self.what {
            QuestionKind::Look => Rows::Keys(self.keys.clone()),
            _ => Rows::Behind(self.after.clone()),
        };
        let (time_digits, float_digits) = (self.time_digits, self.float_digits);
        let tolerance = Tolerance { time_digits, float_digits, blanks: self.blanks };
        Ok(Selection { table: self.table()?, columns, key: self.key.clone(), tolerance, rows })
    }
}
