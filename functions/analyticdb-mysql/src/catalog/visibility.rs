//! How much of a table the catalog shows to the current user. The catalog leaves out, without an error,
//! everything that needs a missing privilege: columns on which the user has no privilege, in MariaDB also
//! indexes on such columns, and the check constraints of all tables in a database on which the user has no
//! privilege as a whole. In MySQL, triggers are hidden from users without TRIGGER.
//!
//! `SHOW CREATE TABLE` is different: it needs one privilege on the whole table, and then shows everything
//! ("SHOW CREATE TABLE Statement" of the manual; seen in MySQL 9.7 and MariaDB 10.11).

use crate::sql::quote::quote;

/// How much of a table this user sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Everything: the text of `SHOW CREATE TABLE`.
    Definition(String),
    /// All columns, but not the definition.
    #[default]
    Columns,
    /// Only the columns on which the user has a privilege. There may be others.
    Part,
}

impl Visibility {
    /// Whether the table may have more than `seen` columns.
    pub(crate) fn may_hide(&self, seen: usize) -> bool {
        match self {
            Visibility::Definition(text) => {
                text.lines().filter(|line| is_column(line)).count() > seen
            }
            Visibility::Columns => false,
            Visibility::Part => true,
        }
    }

    /// Whether a check constraint declares the column's text to be JSON, which is how MariaDB implements the
    /// type `JSON`. `None` if the definition is not known.
    pub(crate) fn is_json_text(&self, column: &str) -> Option<bool> {
        let Visibility::Definition(text) = self else { return None };
        let column = quote(column);
        let begin = format!("  {column} ");
        let check = format!(" CHECK (json_valid({column})");
        Some(text.lines().any(|line| line.starts_with(&begin) && line.contains(&check)))
    }
}

/// The statement has one line for each column, key and constraint. Only a column's line starts with a name.
fn is_column(line: &str) -> bool {
    line.starts_with("  `")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  \
         `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`)),\n  \
         `k` longtext COMMENT 'x' CHECK (json_valid(`k`) and length(`k`) < 9),\n  \
         `it``s` longtext DEFAULT NULL CHECK (json_valid(`it``s`)),\n  \
         `l` longtext CHECK (`l` <> 'a'),\n  \
         PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`j`(9)),\n  CONSTRAINT `l` CHECK (json_valid(`j`))\n) ENGINE=InnoDB";

    #[test]
    fn a_definition_tells_columns_and_checks() {
        let visibility = Visibility::Definition(TABLE.to_owned());
        assert!(!visibility.may_hide(5) && visibility.may_hide(4));
        for (column, is_json) in [("id", false), ("j", true), ("k", true), ("it's", false)] {
            assert_eq!(visibility.is_json_text(column), Some(is_json), "{column}");
        }
        assert_eq!(visibility.is_json_text("it`s"), Some(true));
        assert_eq!(visibility.is_json_text("l"), Some(false));
    }

    #[test]
    fn without_a_definition_nobody_knows() {
        assert!(Visibility::Part.may_hide(9) && !Visibility::Columns.may_hide(0));
        assert_eq!(Visibility::Columns.is_json_text("j"), None);
    }
}
