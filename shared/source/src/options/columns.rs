//! Which columns order the rows of a table: the same ones for all tables, or others for each.

use regex_lite::Regex;
use sluice_bridge::options::{Opt, Settings};

use crate::error::SourceError;
use crate::options::tables::{TABLE_INCLUDE, expression};

/// `incrementing.column.name`
pub const INCREMENTING_COLUMN: Opt = Opt::new(
    "incrementing.column.name",
    "The column whose values rise, an integer that is NOT NULL. By default the table's AUTO_INCREMENT column.",
);
/// `incrementing.column.mapping`
pub const INCREMENTING_MAPPING: Opt = Opt::new(
    "incrementing.column.mapping",
    "The same for each table: `regex:column`, comma-separated. Exactly one expression must match the table's whole name with the database. Only with `table.include.list`.",
);
/// `timestamp.column.name`
pub const TIMESTAMP_COLUMN: Opt = Opt::new(
    "timestamp.column.name",
    "The column that holds the time of a row's last change, set by the server itself. Of several, comma-separated, the first that is not NULL counts (`COALESCE`); no index helps then. Rows in which all of them are NULL are never read.",
);
/// `timestamp.columns.mapping`
pub const TIMESTAMP_MAPPING: Opt = Opt::new(
    "timestamp.columns.mapping",
    "The same for each table: `regex:[column|column]`, comma-separated. Exactly one expression must match the table's whole name with the database. Only with `table.include.list`.",
);

/// The columns that order the rows.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    id: Choice,
    times: Choice,
}

/// Column names, of which a table takes a list.
#[derive(Debug, Clone)]
enum Choice {
    Same(Vec<String>),
    /// By expressions on the table's name.
    Mapped(&'static str, Vec<(Regex, Vec<String>)>),
}

impl Default for Choice {
    fn default() -> Self {
        Self::Same(Vec::new())
    }
}

impl Columns {
    /// Reads the options of a mode that has ids, or times, or both; notes every problem.
    pub(crate) fn from_settings(settings: &mut Settings, has_id: bool, has_time: bool) -> Self {
        let (mut id, mut times) = (Choice::default(), Choice::default());
        if has_id {
            id = choice(settings, &INCREMENTING_COLUMN, &INCREMENTING_MAPPING);
        }
        if has_time {
            times = choice(settings, &TIMESTAMP_COLUMN, &TIMESTAMP_MAPPING);
            if matches!(&times, Choice::Same(names) if names.is_empty()) {
                settings.required(&TIMESTAMP_COLUMN);
            }
        }
        if id.names().any(|names| names.len() > 1) {
            settings.problem(format!("{} must name one column for a table", id.option()));
        }
        Self { id, times }
    }

    /// The column of ids of a table, by its name with the database; `None` for the one that the server counts.
    ///
    /// # Errors
    /// Not exactly one expression matches the table.
    pub fn id(&self, table: &str) -> Result<Option<&str>, SourceError> {
        Ok(self.id.of(table)?.first().map(String::as_str))
    }

    /// The columns of timestamps of a table, by its name with the database.
    ///
    /// # Errors
    /// Not exactly one expression matches the table.
    pub fn times(&self, table: &str) -> Result<&[String], SourceError> {
        self.times.of(table)
    }
}

impl Choice {
    /// The option that it was read from, where it is of ids.
    fn option(&self) -> &'static str {
        match self {
            Self::Same(_) => INCREMENTING_COLUMN.name,
            Self::Mapped(option, _) => option,
        }
    }

    fn names(&self) -> impl Iterator<Item = &Vec<String>> {
        let (same, mapped) = match self {
            Self::Same(names) => (Some(names), None),
            Self::Mapped(_, mapped) => (None, Some(mapped.iter().map(|(_, names)| names))),
        };
        same.into_iter().chain(mapped.into_iter().flatten())
    }

    fn of(&self, table: &str) -> Result<&[String], SourceError> {
        let (option, mapped) = match self {
            Self::Same(names) => return Ok(names),
            Self::Mapped(option, mapped) => (option, mapped),
        };
        let mut matching = mapped.iter().filter(|(expression, _)| expression.is_match(table));
        match (matching.next(), matching.next()) {
            (Some((_, names)), None) => Ok(names),
            (None, _) => {
                Err(SourceError::stop(format!("no expression of {option} matches its name")))
            }
            (Some(_), Some(_)) => {
                Err(SourceError::stop(format!("several expressions of {option} match its name")))
            }
        }
    }
}

fn choice(settings: &mut Settings, name: &Opt, mapping: &Opt) -> Choice {
    if settings.given(mapping).is_none() {
        return Choice::Same(settings.list(name));
    }
    if settings.given(name).is_some() {
        settings.problem(format!("only one of {} and {} can be set", name.name, mapping.name));
    }
    if settings.given(&TABLE_INCLUDE).is_none() {
        settings.problem(format!("{} needs {}", mapping.name, TABLE_INCLUDE.name));
    }
    let mut mapped = Vec::new();
    for item in settings.list(mapping) {
        let Some((text, columns)) = item.rsplit_once(':') else {
            settings
                .problem(format!("{}: `{item}` has no column: write regex:column", mapping.name));
            continue;
        };
        let columns = columns.trim().trim_start_matches('[').trim_end_matches(']');
        let columns = columns.split('|').map(str::trim).filter(|name| !name.is_empty());
        let columns: Vec<String> = columns.map(str::to_owned).collect();
        if columns.is_empty() {
            settings
                .problem(format!("{}: `{item}` has no column: write regex:column", mapping.name));
        }
        mapped.extend(expression(settings, mapping, text).map(|expression| (expression, columns)));
    }
    Choice::Mapped(mapping.name, mapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Columns, String) {
        const KNOWN: &[&Opt] = &[
            &INCREMENTING_COLUMN,
            &INCREMENTING_MAPPING,
            &TIMESTAMP_COLUMN,
            &TIMESTAMP_MAPPING,
            &TABLE_INCLUDE,
        ];
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(KNOWN, pairs);
        let columns = Columns::from_settings(&mut settings, true, true);
        (columns, settings.check().err().map_or(String::new(), |problems| problems.to_string()))
    }

    #[test]
    fn the_same_columns_for_all_tables() {
        let (columns, problems) = read(&[("timestamp.column.name", "changed, made")]);
        assert_eq!(problems, "");
        assert_eq!(columns.id("shop.orders"), Ok(None));
        assert_eq!(columns.times("shop.orders").unwrap(), ["changed", "made"]);
    }

    #[test]
    fn each_table_has_exactly_one_expression() {
        let (columns, problems) = read(&[
            ("table.include.list", "shop.*"),
            ("incrementing.column.mapping", r"shop\.orders:number,shop\.i.*:id"),
            ("timestamp.columns.mapping", r"shop\.orders:[changed|made],shop\.o.*:[made]"),
        ]);
        assert_eq!(problems, "");
        assert_eq!(columns.id("shop.orders"), Ok(Some("number")));
        assert_eq!(columns.id("shop.items"), Ok(Some("id")));
        let told = columns.times("shop.orders").unwrap_err().message;
        assert!(told.contains("several expressions of timestamp.columns.mapping"), "{told}");
        let told = columns.times("shop.items").unwrap_err().message;
        assert!(told.contains("no expression of timestamp.columns.mapping"), "{told}");
        assert_eq!(columns.times("shop.offers").unwrap(), ["made"]);
    }

    #[test]
    fn what_is_no_mapping_is_told() {
        let (_, problems) = read(&[
            ("incrementing.column.name", "a,b"),
            ("timestamp.column.name", "ts"),
            ("timestamp.columns.mapping", "shop,(:x,shop:[]"),
        ]);
        for words in [
            "incrementing.column.name must name one column for a table",
            "only one of timestamp.column.name and timestamp.columns.mapping can be set",
            "timestamp.columns.mapping needs table.include.list",
            "`shop` has no column",
            "`(` is not a regular expression",
            "`shop:[]` has no column",
        ] {
            assert!(problems.contains(words), "nothing of `{words}` in {problems}");
        }
        assert!(read(&[]).1.contains("timestamp.column.name is required"));
    }
}
