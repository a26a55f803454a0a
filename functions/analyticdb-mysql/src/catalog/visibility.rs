//! How much of a table the catalog shows to this user. It leaves out what a privilege is missing for
//! and says nothing of it: columns that the user has no privilege on, in MariaDB also the indexes that
//! have such a column, and the checks of all tables of a database that the user has no privilege on as
//! a whole. Triggers are hidden too: in MySQL from those without TRIGGER.
//!
//! `SHOW CREATE TABLE` is different: it needs one privilege on the whole table and then shows all
//! ("SHOW CREATE TABLE Statement" of the manual; seen in MySQL 9.7 and MariaDB 10.11).

use crate::sql::quote::quote;

/// How much of a table this user sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All of it: what `SHOW CREATE TABLE` answers.
    Definition(String),
    /// Every column, and no definition.
    #[default]
    Columns,
    /// The columns that the user has a privilege on; there may be others.
    Part,
}

impl Sight {
    /// Whether the table may have more columns than so many.
    pub(crate) fn may_hide(&self, seen: usize) -> bool {
        match self {
            Sight::Definition(text) => text.lines().filter(|line| is_column(line)).count() > seen,
            Sight::Columns => false,
            Sight::Part => true,
        }
    }

    /// Whether a check of the column says that its text is JSON, which is what MariaDB makes of the
    /// type `JSON`; `None` where no definition tells.
    pub(crate) fn is_json_text(&self, column: &str) -> Option<bool> {
        let Sight::Definition(text) = self else { return None };
        let column = quote(column);
        let begin = format!("  {column} ");
        let check = format!(" CHECK (json_valid({column})");
        Some(text.lines().any(|line| line.starts_with(&begin) && line.contains(&check)))
    }
}

/// The statement has a line for each column, key and constraint; only a column begins with its name.
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
        let sight = Sight::Definition(TABLE.to_owned());
        assert!(!sight.may_hide(5) && sight.may_hide(4));
        for (column, is_json) in [("id", false), ("j", true), ("k", true), ("it's", false)] {
            assert_eq!(sight.is_json_text(column), Some(is_json), "{column}");
        }
        assert_eq!(sight.is_json_text("it`s"), Some(true));
        assert_eq!(sight.is_json_text("l"), Some(false));
    }

    #[test]
    fn without_a_definition_nobody_knows() {
        assert!(Sight::Part.may_hide(9) && !Sight::Columns.may_hide(0));
        assert_eq!(Sight::Columns.is_json_text("j"), None);
    }
}
