//! A row's key.

/// A row's key, as the target compares keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RowKey<'e> {
    One(Option<&'e str>),
    Many(Vec<Option<&'e str>>),
}

impl RowKey<'_> {
    /// Whether it comes before another if rows are sorted by key.
    pub(crate) fn precedes(&self, other: &Self) -> bool {
        self.rank().lt(other.rank())
    }

    /// The sort order of keys: length, then characters, part by part.
    pub(crate) fn rank(&self) -> impl Iterator<Item = (usize, Option<&str>)> {
        let parts = match self {
            RowKey::One(part) => std::slice::from_ref(part),
            RowKey::Many(parts) => parts,
        };
        parts.iter().map(|part| (part.map_or(0, str::len), *part))
    }
}
