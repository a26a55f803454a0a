//! Which columns have a type by configuration.

use sluice_bridge::options::mapping::parse_mapping;
use sluice_bridge::options::rules::{FIELDS_MAPPING, FIELDS_UNKNOWN};
use sluice_bridge::options::{Opt, Settings};

use crate::types::column_type::ColumnType;
use crate::types::limits::is_name;

/// `columns.types`
pub(crate) const COLUMNS_TYPES: Opt = Opt::new(
    "columns.types",
    "`column:type` pairs, comma-separated; `table.column:type` is for one table. Types are `string`, `integer`, `double`, `boolean` and `binary` (base64 in the record). The values of every other column keep their own type. With `fields.unknown=ignore` only these columns are written.",
);
/// `version.column`
pub(crate) const VERSION_COLUMN: Opt = Opt::new(
    "version.column",
    "The field with the version of a row's cells, in milliseconds since 1970; it is not written as a column, unless it belongs to the key. `fields.mapping=$timestamp:NAME` takes the record's time for the column NAME. Without it, the service takes the time of writing.",
);

/// The columns that options name, besides those of the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeclaredColumns {
    columns: Vec<Declared>,
    /// The column that holds a version.
    pub(crate) version: Option<String>,
}

/// For one table, or for all; a column; its type.
type Declared = (Option<String>, String, ColumnType);

/// Whether a column is declared already, for the same table or for all.
fn is_known(columns: &[Declared], table: Option<&str>, name: &str) -> bool {
    columns.iter().any(|(of, known, _)| of.as_deref() == table && known == name)
}

impl DeclaredColumns {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let mut columns = Vec::new();
        for item in settings.list(&COLUMNS_TYPES) {
            match parse(&item) {
                Ok(column) if columns.contains(&column) => {}
                Ok((table, name, _)) if is_known(&columns, table.as_deref(), &name) => {
                    settings.problem(format!(
                        "{} has `{item}`, but `{name}` has another type before it",
                        COLUMNS_TYPES.name
                    ));
                }
                Ok(column) => columns.push(column),
                Err(why) => settings.problem(format!("{} has `{item}`: {why}", COLUMNS_TYPES.name)),
            }
        }
        // The mapping's problems are reported where the rules read it.
        let mapping = settings.text(&FIELDS_MAPPING).unwrap_or_default();
        let mapped = parse_mapping(mapping).unwrap_or_default().into_iter();
        let gathering = settings.text(&FIELDS_UNKNOWN).and_then(|it| it.strip_prefix("column:"));
        let version = settings.text(&VERSION_COLUMN).map(str::to_owned);
        let named = mapped.map(|(_, to)| (&FIELDS_MAPPING, to));
        let named = named.chain(gathering.map(|to| (&FIELDS_UNKNOWN, to.to_owned())));
        let named = named.chain(version.clone().map(|to| (&VERSION_COLUMN, to)));
        for (option, name) in named.collect::<Vec<_>>() {
            if !is_name(&name) {
                settings.problem(format!("{} names the column `{name}`: {NAMES}", option.name));
            }
            if !is_known(&columns, None, &name) {
                columns.push((None, name, ColumnType::Any));
            }
        }
        Self { columns, version }
    }

    /// The columns of a table with their types; what is declared for this table wins.
    pub(crate) fn of(&self, table: &str) -> Vec<(&str, ColumnType)> {
        let mut columns: Vec<(&str, ColumnType)> = Vec::new();
        let own = |it: &&Declared| it.0.as_deref() == Some(table);
        let all = |it: &&Declared| it.0.is_none();
        for (_, name, kind) in
            self.columns.iter().filter(own).chain(self.columns.iter().filter(all))
        {
            if columns.iter().all(|(known, _)| known != name) {
                columns.push((name, *kind));
            }
        }
        columns
    }
}

/// What the names of tables and columns are like.
const NAMES: &str = "names have letters, digits and underscores, no digit first, at most 255";

fn parse(item: &str) -> Result<Declared, String> {
    let (column, kind) =
        item.rsplit_once(':').ok_or("it must be column:type or table.column:type")?;
    let kind = ColumnType::named(kind.trim()).ok_or_else(|| {
        format!("`{}` is not string, integer, double, boolean or binary", kind.trim())
    })?;
    let (table, column) = match column.trim().split_once('.') {
        Some((table, column)) => (Some(table), column),
        None => (None, column.trim()),
    };
    if !is_name(column) || !table.is_none_or(is_name) {
        return Err(NAMES.to_owned());
    }
    Ok((table.map(str::to_owned), column.to_owned(), kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_for_a_table_wins() {
        let pairs = [
            ("columns.types", "v:integer, orders.v:string,orders.w:binary"),
            ("fields.mapping", "a:v,$timestamp:at,$topic:source"),
            ("version.column", "at"),
        ];
        let known = [&COLUMNS_TYPES, &VERSION_COLUMN, &FIELDS_MAPPING, &FIELDS_UNKNOWN];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut settings = Settings::new(&known, pairs);
        let declared = DeclaredColumns::from_settings(&mut settings);
        assert!(settings.check().is_ok());
        let any = [("at", ColumnType::Any), ("source", ColumnType::Any)];
        assert_eq!(declared.of("x"), [&[("v", ColumnType::Integer)][..], &any].concat());
        let own = [("v", ColumnType::String), ("w", ColumnType::Binary)];
        assert_eq!(declared.of("orders"), [&own[..], &any].concat());
        assert_eq!(declared.version.as_deref(), Some("at"));
    }

    /// Such a column cannot exist, and the service would refuse every record.
    #[test]
    fn names_that_no_column_has() {
        for (option, value) in [
            ("fields.mapping", "$topic:source-topic"),
            ("fields.unknown", "column:all others"),
            ("version.column", "1st"),
        ] {
            let known = [&COLUMNS_TYPES, &VERSION_COLUMN, &FIELDS_MAPPING, &FIELDS_UNKNOWN];
            let mut settings = Settings::new(&known, [(option.to_owned(), value.to_owned())]);
            DeclaredColumns::from_settings(&mut settings);
            let problem = settings.check().unwrap_err().to_string();
            assert!(problem.contains(option) && problem.contains("no digit first"), "{problem}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (item, why) in [
            ("v", "must be column:type"),
            ("v:text", "`text` is not string"),
            ("1v:string", "names have letters"),
            ("a-b.v:string", "names have letters"),
        ] {
            let problem = parse(item).unwrap_err();
            assert!(problem.contains(why), "{item}: {problem}");
        }
    }
}
