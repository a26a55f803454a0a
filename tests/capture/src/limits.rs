//! What is known not to be equal, and why: `scripts/capture/limits.txt`.

use crate::compare::{Unequal, What};
use crate::kind::{Failed, Kind};

use regex_lite::Regex;

/// The known limits of one path.
#[derive(Debug)]
pub(crate) struct Limits(Vec<Limit>);

#[derive(Debug)]
struct Limit {
    table: String,
    column: String,
    value: Regex,
    effect: Effect,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The column has another value.
    Value,
    /// A record of the row was refused: the row is missing, or as it was before.
    Row,
    /// The copy has a row more.
    Extra,
}

impl Limits {
    /// Those from a source of this kind to a copy of that.
    pub(crate) fn read(file: &str, source: Kind, copy: Kind) -> Result<Self, Failed> {
        let mut limits = Vec::new();
        for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let [from, to, place, value, effect, reason] =
                line.split(" | ").collect::<Vec<_>>()[..]
            else {
                return Err(format!("limits: not six parts: {line}").into());
            };
            let matches = |names: &str, kind: Kind| {
                names == "*" || names.split(' ').any(|name| name == kind.name())
            };
            if !matches(from, source) || !matches(to, copy) {
                continue;
            }
            let (table, column) = place.split_once('.').unwrap_or((place, "*"));
            let effect = match effect {
                "value" => Effect::Value,
                "row" => Effect::Row,
                "extra" => Effect::Extra,
                other => return Err(format!("limits: no effect is called {other}").into()),
            };
            limits.push(Limit {
                table: table.to_owned(),
                column: column.to_owned(),
                value: Regex::new(&format!("^(?s:{value})$"))?,
                effect,
                reason: reason.to_owned(),
            });
        }
        Ok(Self(limits))
    }

    /// The reason why a row of this table is not equal, if it is a known one.
    pub(crate) fn reason(&self, table: &str, row: &Unequal) -> Option<&str> {
        let here = |limit: &&Limit| limit.table == table || limit.table == "*";
        let mut limits = self.0.iter().filter(here);
        if let What::Extra = row.what {
            return limits.find(|limit| limit.effect == Effect::Extra).map(|limit| &*limit.reason);
        }
        let holds = |limit: &Limit| {
            let mut values = row.source.iter();
            values.any(|(name, value)| limit.is_of(name) && limit.value.is_match(value))
        };
        let refused = limits.clone().find(|limit| limit.effect == Effect::Row && holds(limit));
        if let Some(limit) = refused {
            return Some(&limit.reason);
        }
        let What::Changed(columns) = &row.what else { return None };
        let text = |value: &Option<String>| value.clone().unwrap_or("NULL".to_owned());
        let known = |(name, source, copy): &(String, Option<String>, Option<String>)| {
            let change = format!("{} => {}", text(source), text(copy));
            let fits = |limit: &&Limit| limit.is_of(name) && limit.value.is_match(&change);
            limits.clone().find(|limit| limit.effect == Effect::Value && fits(limit))
        };
        let reasons = columns.iter().map(known);
        let reasons: Option<Vec<_>> = reasons.collect();
        reasons?.first().map(|limit| &*limit.reason)
    }
}

impl Limit {
    fn is_of(&self, column: &str) -> bool {
        self.column == column || self.column == "*"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tables;

    const KINDS: [Kind; 3] = [Kind::Mysql, Kind::Mariadb, Kind::Postgres];
    const FILE: &str = include_str!("../../../scripts/capture/limits.txt");

    #[test]
    fn every_limit_is_of_a_column_that_there_is() {
        for (source, copy) in KINDS.into_iter().flat_map(|kind| KINDS.map(|copy| (kind, copy))) {
            let tables = tables(source).expect("the tables can be read");
            for limit in Limits::read(FILE, source, copy).expect("the limits can be read").0 {
                let table = tables.iter().find(|table| table.name == limit.table);
                let table = table.unwrap_or_else(|| panic!("no table {}", limit.table));
                let known = table.columns.iter().any(|column| limit.is_of(&column.name));
                assert!(known && !limit.reason.is_empty(), "{}.{}", limit.table, limit.column);
            }
        }
    }

    #[test]
    fn a_limit_excuses_what_it_says_and_nothing_else() {
        let file = "mysql | postgres | t.a | x.* | row | refused\n\
                    mysql | * | t.b | 1 => NULL | value | bent\n\
                    * | * | t | .* | extra | kept";
        let limits = Limits::read(file, Kind::Mysql, Kind::Postgres).expect("three limits");
        let row = |what, a: &str| {
            let source = vec![("a".to_owned(), a.to_owned())];
            Unequal { key: String::new(), what, source }
        };
        let changed = |copy: Option<&str>| {
            What::Changed(vec![("b".into(), Some("1".into()), copy.map(str::to_owned))])
        };
        assert_eq!(limits.reason("t", &row(What::Missing, "xy")), Some("refused"));
        assert_eq!(limits.reason("t", &row(What::Missing, "y")), None);
        assert_eq!(limits.reason("t", &row(changed(None), "y")), Some("bent"));
        assert_eq!(limits.reason("t", &row(changed(Some("2")), "y")), None);
        assert_eq!(limits.reason("t", &row(What::Extra, "y")), Some("kept"));
        assert_eq!(limits.reason("u", &row(What::Extra, "y")), None);
        let other = Limits::read(file, Kind::Postgres, Kind::Postgres).expect("one limit");
        assert_eq!(other.reason("t", &row(What::Missing, "xy")), None);
    }
}
