//! Tables that the options name in full although there is no such table: a name that is wrong must not go unnoticed
//! because other tables are read.
//!
//! Not here: which tables are read.

use regex_lite::Regex;

use crate::error::SourceError;
use crate::options::tables::Tables;
use crate::poll::outcome::TableOutcome;

/// A table's name with its database, and its name alone.
pub(crate) type Name<'a> = (&'a str, &'a str);

/// The names that the options list and that no table has. An expression is a name if nothing but dots is special in it.
pub(crate) fn absent(chosen: &Tables, found: &[Name<'_>]) -> Vec<String> {
    match chosen {
        Tables::Query(_) | Tables::Named(_, false) => Vec::new(),
        Tables::Named(names, true) => {
            let is_found =
                |name: &&String| found.iter().any(|(whole, short)| whole == name || short == name);
            names.iter().filter(|name| !is_found(name)).cloned().collect()
        }
        Tables::Matching { include, exclude } => {
            let is_found = |one: &&Regex| found.iter().any(|(whole, _)| one.is_match(whole));
            let names = include.iter().filter(|one| !is_found(one)).filter_map(name_of);
            names.filter(|name| !exclude.iter().any(|one| one.is_match(name))).collect()
        }
    }
}

/// The table's outcome in each invocation.
pub(crate) fn outcome(name: &str, topic_prefix: &str) -> TableOutcome {
    let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
    let error = SourceError::stop(
        "this account sees no such table: create it, grant SELECT on it, set table.types for a view, or take it off the \
         list",
    );
    TableOutcome::failed(name.to_owned(), format!("{topic_prefix}{short}"), error)
}

/// The whole name that an expression stands for; `None` if it may stand for several.
fn name_of(expression: &Regex) -> Option<String> {
    let text = expression.as_str().strip_prefix("^(?:")?.strip_suffix(")$")?;
    let name = text.replace("\\.", ".");
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    (name.contains('.') && name.chars().all(is_plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: [Name<'static>; 1] = [("shop.orders", "orders")];

    #[test]
    fn names_that_no_table_has_are_told() {
        let named = |names: &[&str], reads| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            absent(&Tables::Named(names, reads), &FOUND)
        };
        assert_eq!(named(&["orders", "shop.orders"], true), Vec::<String>::new());
        assert_eq!(named(&["orders", "items", "other.orders"], true), ["items", "other.orders"]);
        assert_eq!(named(&["items"], false), Vec::<String>::new(), "it is not to be read");
    }

    #[test]
    fn an_expression_that_is_a_name_is_told() {
        let list = |texts: &[&str]| -> Vec<Regex> {
            let whole = |text: &&str| Regex::new(&format!("^(?:{text})$")).unwrap();
            texts.iter().map(whole).collect()
        };
        let told = |include: &[&str], exclude: &[&str]| {
            let (include, exclude) = (list(include), list(exclude));
            absent(&Tables::Matching { include, exclude }, &FOUND)
        };
        let many = ["shop\\.orders", "shop\\.items", "shop.lost", "shop\\.new.*", "(a|b)\\.t"];
        assert_eq!(told(&many, &[]), ["shop.items", "shop.lost"]);
        assert_eq!(told(&many, &["shop\\.items"]), ["shop.lost"]);
    }

    #[test]
    fn it_fails_in_each_invocation() {
        let TableOutcome { table, topic, error, .. } = outcome("shop.items", "p-");
        assert_eq!((table.as_str(), topic.as_str()), ("shop.items", "p-items"));
        assert!(error.is_some());
    }
}
