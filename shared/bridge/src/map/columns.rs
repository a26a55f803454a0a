//! Which column a key of the value belongs to: the mapping decides first, then a column with the
//! same spelling, then one in any case. A key is resolved once; keys are cached in the order in
//! which records send them.

use std::collections::HashMap;

use crate::format::debezium;
use crate::format::schema::Declared;
use crate::format::typed::Typed;
use crate::json::value::Value;
use crate::map::inferred::InferredColumns;
use crate::model::failure::Cause;
use crate::model::table::Table;
use crate::options::formats::Format;
use crate::options::mapping::{Source, Step};
use crate::options::rules::{Rules, Unknown};

/// Where a key's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Into the column spelled like the key.
    Column(usize),
    /// Into the one column that differs in case only, unless the record has the exact key too.
    Folded(usize),
    /// Where `fields.mapping` sends it.
    Mapped(usize),
    /// Nowhere: by configuration, or because its column takes no value from a key.
    Skip,
    /// No column has it.
    Unknown,
}

/// What `fields.mapping` says about one top-level key.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    /// The columns that take the whole value.
    pub(crate) whole: Vec<usize>,
    /// The columns that take a part of it.
    pub(crate) parts: Vec<(Vec<Step>, usize)>,
}

/// The key of the text with `value.format=string`.
pub(crate) const TEXT_KEY: &str = "value";

/// A key is searched for up to this many places after the expected one: records that leave a few
/// keys out still find the next one without hashing.
const LOOK_AHEAD: usize = 8;
/// Keys remembered in order; beyond that every key is hashed.
const REMEMBERED: usize = 512;

/// The resolved keys of one table.
#[derive(Debug)]
pub(crate) struct ColumnResolver<'t> {
    pub(crate) rules: &'t Rules,
    pub(crate) table: &'t Table,
    /// The columns that take the whole value.
    pub(crate) whole: Vec<usize>,
    /// The column that collects unknown keys.
    pub(crate) gathering: Option<usize>,
    exact: HashMap<String, usize>,
    folded: HashMap<String, Option<usize>>,
    /// Columns that no key fills by its name: the target computes them, or the mapping fills them.
    closed: Vec<bool>,
    by_key: HashMap<String, usize>,
    mapped: Vec<Mapped>,
    /// What is known about missing columns, if columns may be added.
    pub(crate) findings: Option<InferredColumns<'t>>,
    /// The first key that was met and has no column.
    pub(crate) unknown: Option<Box<str>>,
    shape: Vec<(Box<str>, Target)>,
}

impl<'t> ColumnResolver<'t> {
    pub(crate) fn new(
        rules: &'t Rules,
        table: &'t Table,
        findings: Option<InferredColumns<'t>>,
    ) -> Result<Self, Cause> {
        let mut fields = Self {
            rules,
            table,
            whole: Vec::new(),
            gathering: gathering_column(rules, table)?,
            exact: HashMap::new(),
            folded: HashMap::new(),
            closed: table.columns.iter().map(|column| column.generated).collect(),
            by_key: HashMap::new(),
            mapped: Vec::new(),
            findings,
            unknown: None,
            shape: Vec::new(),
        };
        for (index, column) in table.columns.iter().enumerate() {
            fields.exact.insert(column.name.clone(), index);
            let folded = fields.folded.entry(column.name.to_lowercase());
            folded.and_modify(|taken| *taken = None).or_insert(Some(index));
        }
        for (source, column) in &rules.mapping {
            let column = find_column(table, column, "fields.mapping")?;
            fields.map(source, column);
            fields.closed[column] = true;
        }
        fields.check()?;
        Ok(fields)
    }

    /// Refuses a configuration that would accept every record and write none of its values.
    fn check(&self) -> Result<(), Cause> {
        let nowhere = |key: &str| {
            self.gathering.is_none()
                && self.findings.is_none()
                && self.resolve(key) == Target::Unknown
                && self.inside(key).next().is_none()
        };
        if let Some(entry) = self.rules.include.iter().find(|entry| nowhere(entry)) {
            let name = &self.table.name;
            let message = format!(
                "table {name} has no column for `{entry}`, which fields.include.list names"
            );
            return Err(Cause::new(message));
        }
        if self.rules.formats.value == Format::String && self.whole.is_empty() && nowhere(TEXT_KEY)
        {
            let name = &self.table.name;
            let message = format!(
                "table {name} has no column `{TEXT_KEY}`, which takes the text with value.format=string: name another in fields.mapping, e.g. $:note"
            );
            return Err(Cause::new(message));
        }
        Ok(())
    }

    fn map(&mut self, source: &Source, column: usize) {
        let Source::Value(steps) = source else { return };
        let [Step::Member(key), deeper @ ..] = steps.as_slice() else {
            return self.whole.extend(steps.is_empty().then_some(column));
        };
        let index = self.mapped_index(key.clone());
        if deeper.is_empty() {
            self.mapped[index].whole.push(column);
            return;
        }
        self.mapped[index].parts.push((deeper.to_vec(), column));
        // In a flattened record the part has its own name, which is not an unknown key.
        let names: Option<Vec<&str>> = steps.iter().map(Step::as_member).collect();
        if let (Some(names), Some(delimiter)) = (names, &self.rules.flatten) {
            self.mapped_index(names.join(delimiter));
        }
    }

    /// The index of a key's entry, which is added if there is none.
    fn mapped_index(&mut self, key: String) -> usize {
        *self.by_key.entry(key).or_insert_with(|| {
            self.mapped.push(Mapped::default());
            self.mapped.len() - 1
        })
    }

    /// The column of exactly this name, unless it is closed to keys.
    pub(crate) fn named(&self, key: &str) -> Option<usize> {
        self.exact.get(key).copied().filter(|column| !self.closed[*column])
    }

    /// Whether a column takes the mark that a flattened record of a deleted row has.
    pub(crate) fn takes_mark(&self) -> bool {
        let takes = |mark: &&str| !matches!(self.resolve(mark), Target::Skip | Target::Unknown);
        debezium::MARKS.iter().any(takes)
    }

    pub(crate) fn mapped(&self, index: usize) -> &Mapped {
        &self.mapped[index]
    }

    /// Notes a key without a column, if it may get one.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) fn find(&mut self, key: &str, typed: Typed<'_, '_>) -> Result<bool, String> {
        // An object that is taken apart has no column of its own, and neither has a null in its place.
        let is_apart = self.rules.flatten.is_some()
            && typed.value == Value::Null
            && typed.declared.is_some_and(Declared::is_object);
        let declared = typed.declared.filter(|_| !is_apart);
        let typed = Typed { declared, ..typed };
        self.findings.as_mut().map_or(Ok(false), |findings| findings.note(key, typed))
    }

    /// Notes what the mapping sends to columns.
    pub(crate) fn find_mapped(&mut self, index: usize, typed: Typed<'_, '_>) {
        let Some(findings) = &mut self.findings else { return };
        let Mapped { whole, parts } = &self.mapped[index];
        let parts = parts.iter().filter_map(|(steps, column)| Some((column, typed.follow(steps)?)));
        for (column, typed) in whole.iter().map(|column| (column, typed)).chain(parts) {
            findings.add_mapped(&self.table.columns[*column].name, typed);
        }
    }

    /// The target of a top-level key; `nth` is where in the record's order it is expected and
    /// moves past it.
    #[inline]
    pub(crate) fn target(&mut self, key: &str, nth: &mut usize) -> Target {
        let expected = &self.shape[(*nth).min(self.shape.len())..];
        let ahead = &expected[..expected.len().min(LOOK_AHEAD)];
        if let Some(skipped) = ahead.iter().position(|(known, _)| **known == *key) {
            *nth += skipped + 1;
            return ahead[skipped].1;
        }
        let target = self.resolve(key);
        if target != Target::Unknown && self.shape.len() < REMEMBERED {
            let place = (*nth).min(self.shape.len());
            self.shape.insert(place, (key.into(), target));
            *nth = place + 1;
        }
        target
    }

    /// The target of a key, or of the joined keys of a flattened object. In an open table only the
    /// column with the key's own spelling is one.
    pub(crate) fn resolve(&self, path: &str) -> Target {
        if !self.included(path) {
            return Target::Skip;
        }
        let target = match (self.by_key.get(path), self.exact.get(path)) {
            (Some(&mapped), _) => return Target::Mapped(mapped),
            (None, Some(&column)) => Target::Column(column),
            (None, None) if self.table.shape.is_open() => Target::Unknown,
            (None, None) => match self.folded.get(path.to_lowercase().as_str()) {
                Some(Some(column)) => Target::Folded(*column),
                _ => Target::Unknown,
            },
        };
        match target {
            Target::Column(column) | Target::Folded(column) if self.closed[column] => Target::Skip,
            target => target,
        }
    }

    /// Whether the lists let a key pass; a flattened one passes with any object it lies in.
    fn included(&self, path: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|entry| self.lies_in(path, entry));
        (self.rules.include.is_empty() || listed(&self.rules.include))
            && !listed(&self.rules.exclude)
    }

    fn lies_in(&self, path: &str, entry: &str) -> bool {
        match (path.strip_prefix(entry), &self.rules.flatten) {
            (Some(""), _) => true,
            (Some(rest), Some(delimiter)) => rest.starts_with(delimiter.as_str()),
            _ => false,
        }
    }

    /// Whether an object under this key is to be taken apart.
    pub(crate) fn opens(&self, path: &str, target: Target) -> bool {
        let Some(delimiter) = &self.rules.flatten else { return false };
        let inside = format!("{path}{delimiter}");
        match target {
            Target::Unknown => true,
            Target::Skip => self.rules.include.iter().any(|entry| entry.starts_with(&inside)),
            // What is left of an object when a part of it is mapped.
            Target::Mapped(index) => {
                self.mapped[index].whole.is_empty() && self.named(path).is_none()
            }
            Target::Column(column) => self.table.shape.is_learned(column),
            Target::Folded(_) => false,
        }
    }

    /// The columns that the members of an object under this key would go to.
    pub(crate) fn inside(&self, path: &str) -> impl Iterator<Item = usize> {
        let prefix = self.rules.flatten.as_ref().map(|delimiter| format!("{path}{delimiter}"));
        let inside =
            move |name: &String| prefix.as_ref().is_some_and(|prefix| name.starts_with(prefix));
        let names = self.exact.iter().filter(move |(name, _)| inside(name));
        names.filter_map(|(name, _)| self.named(name))
    }
}

/// A column named by configuration: exactly, or in any case where that is unambiguous. In an open table only
/// the exact name is one.
pub(crate) fn find_column(table: &Table, name: &str, option: &str) -> Result<usize, Cause> {
    let spelled = |column: &&str| *column == name;
    let alike = |column: &&str| column.to_lowercase() == name.to_lowercase();
    let names = || table.columns.iter().map(|column| column.name.as_str());
    if let Some(index) = names().position(|column| spelled(&column)) {
        return Ok(index);
    }
    if !table.shape.is_open() && names().filter(alike).count() == 1 {
        return Ok(names().position(|column| alike(&column)).unwrap_or_default());
    }
    let nearest = names().min_by_key(|column| strsim::damerau_levenshtein(column, name));
    let hint = nearest.map_or(String::new(), |column| format!("; did you mean \"{column}\"?"));
    Err(Cause::new(format!(
        "table {} has no column \"{name}\", which {option} names{hint}",
        table.name
    ))
    .at_column(name))
}

/// The column `fields.unknown=column:NAME` gathers into.
fn gathering_column(rules: &Rules, table: &Table) -> Result<Option<usize>, Cause> {
    match &rules.unknown {
        Unknown::Column(name) => find_column(table, name, "fields.unknown").map(Some),
        Unknown::Error | Unknown::Ignore => Ok(None),
    }
}
