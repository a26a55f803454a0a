//! How columns are compared, and which columns identify a row. Pure: the plan follows from two
//! descriptions of tables.

use sluice_bridge::compare::{Class, Described, Description};

use crate::compare::comparison::{Comparison, Depth};

/// A column of both tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Its name in the source and in the copy.
    pub(super) names: [String; 2],
    /// Its types in the source and in the copy.
    pub(super) types: [String; 2],
    classes: [Class; 2],
    /// The class of values as which it is compared.
    pub(super) class: Class,
    /// Whether there is no rule that converts values of one type to the other.
    pub(super) is_by_text: bool,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) pairs: Vec<Pair>,
    /// The indexes of the key columns in `pairs`; empty without a key.
    pub(super) key: Vec<usize>,
    /// Whether a function can find rows by this key.
    pub(super) finds_rows: bool,
    /// Columns that only the source or only the copy has.
    pub(super) only: [Vec<String>; 2],
}

impl Plan {
    /// Makes a plan for two tables.
    ///
    /// # Errors
    /// A sentence: an unknown column, no common column, different primary keys, or an option that
    /// these tables do not allow.
    pub(super) fn of(
        source: &Description,
        copy: &Description,
        comparison: &Comparison,
    ) -> Result<Self, String> {
        let all = Self::pair_up(source, copy, &comparison.renamed)?;
        check_names(source, copy, comparison)?;
        let key = key(source, copy, &all, &comparison.key)?;
        let is_wanted = |pair: &&Pair| {
            let is_key = key.contains(&pair.names[0]);
            let is_named = |names: &[String]| names.iter().any(|name| pair.names.contains(name));
            let chosen =
                comparison.columns.is_empty() || comparison.columns.contains(&pair.names[0]);
            is_key || chosen && !is_named(&comparison.exclude)
        };
        let pairs: Vec<Pair> = all.iter().filter(is_wanted).cloned().collect();
        if pairs.is_empty() {
            return Err("the tables have no column in common: use --rename for columns with different names".to_owned());
        }
        let place = |name: &String| pairs.iter().position(|pair| pair.names[0] == *name);
        let key: Vec<usize> = key.iter().filter_map(place).collect();
        let finds = |place: &usize| {
            let Pair { classes, class, .. } = &pairs[*place];
            classes.iter().all(|own| own.is_found_as(*class))
        };
        let finds_rows = !key.is_empty() && key.iter().all(finds);
        if comparison.recheck.is_some() && !(finds_rows && comparison.depth == Depth::Rows) {
            return Err("--recheck needs rows that can be looked up: a key of numbers, text, dates, times, bytes or uuids whose type is of one kind on both sides, and no --only".to_owned());
        }
        let only = [source, copy].map(|table| &table.columns);
        let mut side = 0..;
        let only = only.map(|columns| {
            let side = side.next().unwrap_or_default();
            let alone =
                |column: &&Described| !all.iter().any(|pair| pair.names[side] == column.name);
            columns.iter().filter(alone).map(|column| column.name.clone()).collect()
        });
        Ok(Self { pairs, key, finds_rows, only })
    }

    /// Whether a key identifies the rows.
    pub(super) fn is_keyed(&self) -> bool {
        !self.key.is_empty()
    }

    /// Pairs the columns of both tables: by the given names, otherwise by the same name, otherwise
    /// by a name that differs only in case.
    fn pair_up(
        source: &Description,
        copy: &Description,
        renamed: &[(String, String)],
    ) -> Result<Vec<Pair>, String> {
        let mut pairs = Vec::new();
        for (one, other) in renamed {
            if !has(source, one) {
                return Err(format!("--rename: the source has no column {one}"));
            }
            if !has(copy, other) {
                return Err(format!("--rename: the copy has no column {other}"));
            }
        }
        for column in &source.columns {
            let is_taken = |name: &str| renamed.iter().any(|(_, other)| other == name);
            let given = renamed.iter().find(|(one, _)| *one == column.name);
            let found = match given {
                Some((_, other)) => find(copy, |name| name == other),
                None => find(copy, |name| name == column.name && !is_taken(name)).or_else(|| {
                    let alike = |name: &str| {
                        name.eq_ignore_ascii_case(&column.name)
                            && !is_taken(name)
                            && !has(source, name)
                    };
                    find(copy, alike)
                }),
            };
            pairs.extend(found.map(|other| Pair::of(column, other)));
        }
        Ok(pairs)
    }
}

impl Pair {
    fn of(one: &Described, other: &Described) -> Self {
        let common = one.class.common(other.class);
        Self {
            names: [one.name.clone(), other.name.clone()],
            types: [one.shown.clone(), other.shown.clone()],
            classes: [one.class, other.class],
            class: common.unwrap_or(Class::Other),
            is_by_text: common.is_none(),
        }
    }
}

fn find(table: &Description, is_it: impl Fn(&str) -> bool) -> Option<&Described> {
    let mut found = table.columns.iter().filter(|column| is_it(&column.name));
    found.next().filter(|_| found.next().is_none())
}

fn has(table: &Description, name: &str) -> bool {
    table.columns.iter().any(|column| column.name == name)
}

fn check_names(
    source: &Description,
    copy: &Description,
    comparison: &Comparison,
) -> Result<(), String> {
    for name in &comparison.columns {
        if !has(source, name) {
            return Err(format!("--columns: the source has no column {name}"));
        }
    }
    for name in &comparison.exclude {
        if !has(source, name) && !has(copy, name) {
            return Err(format!("--exclude: neither table has a column {name}"));
        }
    }
    Ok(())
}

/// The source's names of the columns that identify a row; empty if neither table has a key.
fn key(
    source: &Description,
    copy: &Description,
    pairs: &[Pair],
    given: &[String],
) -> Result<Vec<String>, String> {
    let pair = |side: usize, name: &str| pairs.iter().find(|pair| pair.names[side] == name);
    for name in given {
        if pair(0, name).is_none() {
            return Err(format!("--key: {name} is not a column of both tables"));
        }
    }
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let own = |side: usize, names: &[String]| -> Option<Vec<String>> {
        names.iter().map(|name| Some(pair(side, name)?.names[0].clone())).collect()
    };
    let (one, other) = (own(0, &source.key), own(1, &copy.key));
    let agreed = match (source.key.is_empty(), copy.key.is_empty()) {
        (true, true) => Some(Vec::new()),
        (false, true) => one,
        (true, false) => other,
        (false, false) => {
            let is_same = sorted(one.clone()) == sorted(other);
            one.filter(|_| is_same)
        }
    };
    agreed.ok_or_else(|| {
        let [one, other] = [source, copy].map(|table| table.key.join(", "));
        format!("the primary keys are ({one}) and ({other}): name the columns that identify a row with --key")
    })
}

fn sorted(names: Option<Vec<String>>) -> Option<Vec<String>> {
    let mut names = names?;
    names.sort();
    Some(names)
}

#[cfg(test)]
mod tests;
