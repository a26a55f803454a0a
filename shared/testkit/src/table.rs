//! Tables as a test declares them, in no target's words.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// 64-bit integers.
    Integer,
    /// Exact decimals with 38 digits, ten of them after the point.
    Decimal,
    /// True or false.
    Boolean,
    /// A JSON document.
    Json,
    /// A timestamp with at least milliseconds.
    Timestamp,
    /// A type of the target by its own name, which a connector gives.
    Native(&'static str),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The text that an insert stores if the column is left out; null without one.
    pub default: Option<String>,
    /// Whether it must not be null.
    pub required: bool,
    /// Whether no two rows may have the same value; null does not count.
    pub unique: bool,
    /// A value that the table refuses.
    pub except: Option<String>,
    /// The table to whose key `id` it refers, and what is added to the reference in SQL.
    pub refers: Option<(String, &'static str)>,
}

impl ColumnSpec {
    /// A column without conditions.
    #[must_use]
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            default: None,
            required: false,
            unique: false,
            except: None,
            refers: None,
        }
    }
}

/// A table to create. Columns outside the key may be null unless they are `required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnSpec>,
    /// The primary key's columns, by index; empty for none.
    pub primary_key: Vec<usize>,
}

impl TableSpec {
    /// A table without columns.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), columns: Vec::new(), primary_key: Vec::new() }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, name: &str, kind: Kind) -> Self {
        self.columns.push(ColumnSpec::new(name, kind));
        self
    }

    /// Adds a column of the primary key.
    #[must_use]
    pub fn key(mut self, name: &str, kind: Kind) -> Self {
        self.primary_key.push(self.columns.len());
        self.column(name, kind)
    }

    /// Gives the latest column a default.
    #[must_use]
    pub fn or(self, default: &str) -> Self {
        self.with(|column| column.default = Some(default.to_owned()))
    }

    /// Makes the latest column one that must not be null.
    #[must_use]
    pub fn required(self) -> Self {
        self.with(|column| column.required = true)
    }

    /// Makes the values of the latest column unique.
    #[must_use]
    pub fn unique(self) -> Self {
        self.with(|column| column.unique = true)
    }

    /// Makes the table refuse a value of the latest column.
    #[must_use]
    pub fn except(self, value: &str) -> Self {
        self.with(|column| column.except = Some(value.to_owned()))
    }

    /// Makes the latest column refer to the key `id` of a table; `added` is added to the reference
    /// in SQL.
    #[must_use]
    pub fn refers(self, table: &str, added: &'static str) -> Self {
        self.with(|column| column.refers = Some((table.to_owned(), added)))
    }

    fn with(mut self, change: impl FnMut(&mut ColumnSpec)) -> Self {
        self.columns.last_mut().into_iter().for_each(change);
        self
    }
}
