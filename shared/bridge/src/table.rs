//! What the rules need to know of a target's table, and which topic goes to which.

use std::fmt;

/// A table's name, not quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema or database, where one is named.
    pub schema: Option<String>,
    /// The table itself; dots in it belong to the name.
    pub name: String,
}

impl TableName {
    /// Reads `table` or `schema.table`.
    ///
    /// # Errors
    /// A sentence: more than one dot, an empty name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let (schema, name) = match parts.as_slice() {
            [name] => (None, *name),
            [schema, name] => (Some((*schema).to_owned()), *name),
            _ => return Err(format!("`{text}` has more than one dot; use schema.table")),
        };
        if name.is_empty() || schema.as_ref().is_some_and(String::is_empty) {
            return Err(format!("`{text}` names no table"));
        }
        Ok(Self { schema, name: name.to_owned() })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "\"{schema}\".\"{}\"", self.name),
            None => write!(f, "\"{}\"", self.name),
        }
    }
}

/// A column, as far as the rules care; its type is the sink's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its one true spelling.
    pub name: String,
    /// Whether leaving it out of an insert stores something other than null: a DEFAULT, an
    /// identity, a domain's default. Where in doubt, `true`.
    pub has_default: bool,
    /// Whether the target computes it and refuses any value.
    pub generated: bool,
}

/// A table, as the target's catalog describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name it was asked for by.
    pub name: TableName,
    /// Every column, in the target's order.
    pub columns: Vec<Column>,
    /// Indexes of the primary key's columns, in key order; empty without one.
    pub primary_key: Vec<usize>,
}

/// A table name with `${topic}` in it, and the topics that have a table of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    format: TableName,
    explicit: Vec<(String, TableName)>,
}

const TOPIC: &str = "${topic}";

impl Default for Routes {
    /// Every topic goes to the table of its own name.
    fn default() -> Self {
        let format = TableName { schema: None, name: TOPIC.to_owned() };
        Self { format, explicit: Vec::new() }
    }
}

impl Routes {
    /// Parses `table.name.format` and the `topic:table` items of `topics.to.tables.mapping`.
    ///
    /// # Errors
    /// A sentence: more than one dot, an empty name, an item without its colon.
    pub fn new(format: &str, explicit: &[String]) -> Result<Self, String> {
        let pair = |item: &String| match item.split_once(':') {
            Some((topic, table)) => Ok((topic.trim().to_owned(), TableName::parse(table.trim())?)),
            None => Err(format!("`{item}` must be topic:table")),
        };
        let explicit = explicit.iter().map(pair).collect::<Result<_, String>>()?;
        Ok(Self { format: TableName::parse(format)?, explicit })
    }

    /// The table of a topic. What `${topic}` stands for is one name, dots and all.
    #[must_use]
    pub fn table(&self, topic: &str) -> TableName {
        if let Some((_, table)) = self.explicit.iter().find(|(name, _)| name == topic) {
            return table.clone();
        }
        let fill = |part: &String| part.replace(TOPIC, topic);
        TableName { schema: self.format.schema.as_ref().map(fill), name: fill(&self.format.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_find_their_tables() {
        let routes = Routes::new("sales.${topic}_raw", &["a.b:shop.things".to_owned()]).unwrap();
        assert_eq!(routes.table("a.b").to_string(), "\"shop\".\"things\"");
        assert_eq!(routes.table("x.y-z").to_string(), "\"sales\".\"x.y-z_raw\"");
        assert_eq!(Routes::new("${topic}", &[]).unwrap().table("a.b").to_string(), "\"a.b\"");
    }

    #[test]
    fn wrong_formats_say_why() {
        assert!(Routes::new("a.b.c", &[]).unwrap_err().contains("more than one dot"));
        assert!(Routes::new(".t", &[]).unwrap_err().contains("names no table"));
        assert!(Routes::new("t", &["orders".to_owned()]).unwrap_err().contains("topic:table"));
    }
}
