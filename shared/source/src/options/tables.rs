//! What is read: which tables of a database, or one query.

use regex_lite::Regex;
use sluice_bridge::options::{Opt, Settings};

/// `table.include.list`
pub const TABLE_INCLUDE: Opt = Opt::new(
    "table.include.list",
    "Regular expressions, comma-separated; a table is read if one of them matches its whole name with the database, such as `shop\\.orders`. One of `table.include.list`, `table.whitelist`, `table.blacklist` and `query` is required.",
);
/// `table.exclude.list`
pub const TABLE_EXCLUDE: Opt = Opt::new(
    "table.exclude.list",
    "Regular expressions of tables that are not read although `table.include.list` names them.",
);
/// `table.whitelist`
pub const TABLE_WHITELIST: Opt = Opt::new(
    "table.whitelist",
    "The tables that are read, comma-separated, with or without their database.",
);
/// `table.blacklist`
pub const TABLE_BLACKLIST: Opt = Opt::new(
    "table.blacklist",
    "The tables that are not read, comma-separated, with or without their database; all others are.",
);
/// `table.types`
pub const TABLE_TYPES: Opt = Opt::new(
    "table.types",
    "`TABLE`, `VIEW`, or both, comma-separated: what the lists of tables choose from. A view has no key and no column that the server counts, so `incrementing.column.name` must be set.",
)
.or("TABLE");
/// `query`
pub const QUERY: Opt = Opt::new(
    "query",
    "A SELECT that is read like one table, instead of tables; the topic is `topic.prefix` alone. It becomes a subquery, to which the conditions of `mode` are added, so it may have a WHERE of its own. The columns of `mode` must be in its result. A row that appears because another table of the query changed is not new.",
);
/// `query.masked`
pub const QUERY_MASKED: Opt = Opt::new(
    "query.masked",
    "The same as `query`. Neither of them is logged; but the server's message about a mistake in a query may quote a part of it.",
);
/// `query.suffix`
pub const QUERY_SUFFIX: Opt = Opt::new(
    "query.suffix",
    "Text behind each statement that reads rows, such as `FOR SHARE`. A LIMIT is refused: `batch.max.rows` limits the rows.",
);

/// A choice of tables.
#[derive(Debug, Clone)]
pub enum Tables {
    /// By regular expressions on qualified names.
    Matching {
        /// One of these must match.
        include: Vec<Regex>,
        /// None of these may match.
        exclude: Vec<Regex>,
    },
    /// By name; the flag says whether the names are those that are read.
    Named(Vec<String>, bool),
    /// None: a query is read instead.
    Query(String),
}

/// The kinds of tables that are chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Tables that hold rows.
    pub tables: bool,
    /// Views.
    pub views: bool,
}

impl Kinds {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let mut kinds = Self { tables: false, views: false };
        for word in settings.list(&TABLE_TYPES) {
            match word.to_ascii_uppercase().as_str() {
                "TABLE" | "BASE TABLE" => kinds.tables = true,
                "VIEW" => kinds.views = true,
                _ => {
                    settings
                        .problem(format!("{}: `{word}` is not TABLE or VIEW", TABLE_TYPES.name));
                }
            }
        }
        kinds
    }
}

/// Reads `query.suffix`, noting a problem.
pub(crate) fn suffix(settings: &mut Settings) -> String {
    let suffix = settings.text(&QUERY_SUFFIX).unwrap_or_default().trim().to_owned();
    let limits = suffix.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("limit"));
    if limits {
        settings.problem(format!(
            "{} must not limit the rows: set batch.max.rows instead",
            QUERY_SUFFIX.name
        ));
    }
    suffix
}

impl Tables {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let given = |opt| settings.given(opt).is_some();
        let (include, exclude) = (given(&TABLE_INCLUDE), given(&TABLE_EXCLUDE));
        let (white, black) = (given(&TABLE_WHITELIST), given(&TABLE_BLACKLIST));
        let queries = [&QUERY, &QUERY_MASKED].map(given);
        let ways = [include, white, black, queries[0], queries[1]];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            settings.problem(
                "one of table.include.list, table.whitelist, table.blacklist and query is required, and only one",
            );
        } else if exclude && !include {
            settings.problem("table.exclude.list needs table.include.list");
        }
        if let Some(query) = settings.given(&QUERY).or_else(|| settings.given(&QUERY_MASKED)) {
            // A subquery has no semicolon at its end.
            return Self::Query(query.trim().trim_end_matches(';').to_owned());
        }
        match (white, black) {
            (true, _) => Self::Named(settings.list(&TABLE_WHITELIST), true),
            (_, true) => Self::Named(settings.list(&TABLE_BLACKLIST), false),
            _ => Self::Matching {
                include: expressions(settings, &TABLE_INCLUDE),
                exclude: expressions(settings, &TABLE_EXCLUDE),
            },
        }
    }

    /// The query that is read instead of tables.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        match self {
            Self::Query(query) => Some(query),
            Self::Matching { .. } | Self::Named(..) => None,
        }
    }

    /// Whether a table is read. `home` is the database of the connection: a name without a database means a table of
    /// it, and a list of tables that are not read is about it alone.
    #[must_use]
    pub fn choose(&self, database: &str, name: &str, home: &str) -> bool {
        let qualified = format!("{database}.{name}");
        let is_home = database == home;
        let any = |list: &[Regex]| list.iter().any(|expression| expression.is_match(&qualified));
        match self {
            Self::Matching { include, exclude } => any(include) && !any(exclude),
            Self::Named(names, reads) => {
                let mut names = names.iter();
                let is_named = names.any(|known| *known == qualified || is_home && known == name);
                is_named == *reads && (*reads || is_home)
            }
            Self::Query(_) => false,
        }
    }
}

fn expressions(settings: &mut Settings, opt: &Opt) -> Vec<Regex> {
    let texts = settings.list(opt);
    texts.iter().filter_map(|text| expression(settings, opt, text)).collect()
}

/// An expression for a whole name; `None` behind a problem that it noted.
pub(crate) fn expression(settings: &mut Settings, opt: &Opt, text: &str) -> Option<Regex> {
    let expression = Regex::new(&format!("^(?:{text})$"));
    if let Err(error) = &expression {
        settings.problem(format!("{}: `{text}` is not a regular expression: {error}", opt.name));
    }
    expression.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Tables, String) {
        const KNOWN: &[&Opt] = &[
            &TABLE_INCLUDE,
            &TABLE_EXCLUDE,
            &TABLE_WHITELIST,
            &TABLE_BLACKLIST,
            &TABLE_TYPES,
            &QUERY,
            &QUERY_MASKED,
            &QUERY_SUFFIX,
        ];
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(KNOWN, pairs);
        let tables = Tables::from_settings(&mut settings);
        (tables, settings.check().err().map_or(String::new(), |problems| problems.to_string()))
    }

    fn chosen(pairs: &[(&str, &str)]) -> Vec<&'static str> {
        let (tables, problems) = read(pairs);
        assert_eq!(problems, "");
        assert!(!tables.choose("other", "items", "shop"), "a table of another database");
        let all = ["orders", "orders_old", "items"].into_iter();
        all.filter(|table| tables.choose("shop", table, "shop")).collect()
    }

    #[test]
    fn an_expression_matches_the_whole_name() {
        assert_eq!(chosen(&[("table.include.list", "shop\\.orders")]), ["orders"]);
        assert_eq!(chosen(&[("table.include.list", "orders")]), Vec::<&str>::new());
        let both = [("table.include.list", "shop.*"), ("table.exclude.list", ".*_old")];
        assert_eq!(chosen(&both), ["orders", "items"]);
    }

    #[test]
    fn names_stand_with_or_without_their_database() {
        assert_eq!(chosen(&[("table.whitelist", "items, shop.orders")]), ["orders", "items"]);
        assert_eq!(chosen(&[("table.blacklist", "items,other.orders")]), ["orders", "orders_old"]);
    }

    #[test]
    fn one_choice_is_required() {
        assert!(read(&[]).1.contains("only one"));
        assert!(read(&[("table.whitelist", "a"), ("table.blacklist", "b")]).1.contains("only one"));
        let needs = read(&[("table.whitelist", "a"), ("table.exclude.list", "b")]).1;
        assert!(needs.contains("needs table.include.list"), "{needs}");
        assert!(read(&[("table.include.list", "(")]).1.contains("not a regular expression"));
        let both = read(&[("table.whitelist", "a"), ("query", "SELECT 1")]).1;
        assert!(both.contains("only one"), "{both}");
    }

    #[test]
    fn a_query_is_read_instead_of_tables() {
        for name in ["query", "query.masked"] {
            let (tables, problems) = read(&[(name, " SELECT 1 FROM t; ")]);
            assert_eq!((tables.query(), problems.as_str()), (Some("SELECT 1 FROM t"), ""));
            assert!(!tables.choose("shop", "t", "shop"));
        }
    }

    #[test]
    fn tables_and_views_are_chosen_from() {
        let read = |given: &str| {
            let pairs = [("table.types".to_owned(), given.to_owned())];
            let mut settings = Settings::new(&[&TABLE_TYPES], pairs);
            let kinds = Kinds::from_settings(&mut settings);
            (kinds.tables, kinds.views, settings.check().is_ok())
        };
        assert_eq!(read(""), (true, false, true));
        assert_eq!(read("view, TABLE"), (true, true, true));
        assert_eq!(read("VIEW,SYNONYM"), (false, true, false));
    }

    #[test]
    fn a_suffix_does_not_limit() {
        let read = |given: &str| {
            let pairs = [("query.suffix".to_owned(), given.to_owned())];
            let mut settings = Settings::new(&[&QUERY_SUFFIX], pairs);
            (suffix(&mut settings), settings.check().is_ok())
        };
        assert_eq!(read(" FOR SHARE "), ("FOR SHARE".to_owned(), true));
        assert!(!read("limit 7").1);
    }
}
