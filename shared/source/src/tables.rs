//! Which tables of a database are read.

use regex_lite::Regex;
use sluice_bridge::options::{Opt, Settings};

/// `table.include.list`
pub const TABLE_INCLUDE: Opt = Opt::new(
    "table.include.list",
    "Regular expressions, comma-separated; a table is read if one of them matches its whole name with the database, such as `shop\\.orders`. One of `table.include.list`, `table.whitelist` and `table.blacklist` is required.",
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
}

impl Tables {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let given = |opt| settings.given(opt).is_some();
        let (include, exclude) = (given(&TABLE_INCLUDE), given(&TABLE_EXCLUDE));
        let (white, black) = (given(&TABLE_WHITELIST), given(&TABLE_BLACKLIST));
        if usize::from(include) + usize::from(white) + usize::from(black) != 1 {
            settings.problem(
                "one of table.include.list, table.whitelist and table.blacklist is required, and only one",
            );
        } else if exclude && !include {
            settings.problem("table.exclude.list needs table.include.list");
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
        }
    }
}

fn expressions(settings: &mut Settings, opt: &Opt) -> Vec<Regex> {
    let mut expressions = Vec::new();
    for text in settings.list(opt) {
        match Regex::new(&format!("^(?:{text})$")) {
            Ok(expression) => expressions.push(expression),
            Err(error) => settings
                .problem(format!("{}: `{text}` is no regular expression: {error}", opt.name)),
        }
    }
    expressions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Tables, String) {
        const KNOWN: &[&Opt] =
            &[&TABLE_INCLUDE, &TABLE_EXCLUDE, &TABLE_WHITELIST, &TABLE_BLACKLIST];
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
        assert!(read(&[("table.include.list", "(")]).1.contains("no regular expression"));
    }
}
