//! Which topic goes to which table: the topic's own item first, then the first regular
//! expression that matches, then the format.

use regex_lite::Regex;

use crate::model::table::TableName;
use crate::options::settings::{Opt, Settings};

/// `table.name.format`
pub const TABLE_NAME_FORMAT: Opt = Opt::new("table.name.format", "The table of a topic; `${topic}` stands for the topic's name, a dot separates schema and table.").or("${topic}");
/// `topics.to.tables.mapping`
pub const TOPICS_TO_TABLES: Opt = Opt::new(
    "topics.to.tables.mapping",
    "`topic:table` pairs, comma-separated, that take precedence over `table.name.format`. A topic between slashes is a regular expression for whole names, its groups `$1` or `${name}` in the table: `/shop\\.(.*)/:sales.$1`.",
);

/// The tables of all topics.
#[derive(Debug, Clone)]
pub struct Routes {
    format: TableName,
    explicit: Vec<(String, TableName)>,
    /// Each matches whole names of topics.
    patterns: Vec<(Regex, TableName)>,
}

const TOPIC: &str = "${topic}";

impl PartialEq for Routes {
    fn eq(&self, other: &Self) -> bool {
        let patterns = |routes: &Self| -> Vec<(String, TableName)> {
            let spelled = |(regex, table): &(Regex, TableName)| (regex.to_string(), table.clone());
            routes.patterns.iter().map(spelled).collect()
        };
        (&self.format, &self.explicit, patterns(self))
            == (&other.format, &other.explicit, patterns(other))
    }
}

impl Eq for Routes {}

impl Default for Routes {
    /// Every topic goes to the table with its name.
    fn default() -> Self {
        let format = TableName { schema: None, name: TOPIC.to_owned() };
        Self { format, explicit: Vec::new(), patterns: Vec::new() }
    }
}

impl Routes {
    /// Reads the options, noting every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let format = settings.text(&TABLE_NAME_FORMAT).unwrap_or_default().to_owned();
        let mapping = settings.text(&TOPICS_TO_TABLES).unwrap_or_default();
        Self::new(&format, mapping).unwrap_or_else(|why| {
            settings.problem(format!("table.name.format and topics.to.tables.mapping: {why}"));
            Self::default()
        })
    }

    /// Parses `table.name.format` and `topics.to.tables.mapping`, whose items are `topic:table`
    /// or `/regular expression/:table`.
    ///
    /// # Errors
    /// A sentence: more than one dot, an empty name, an item without its colon, an invalid regular
    /// expression.
    pub fn new(format: &str, mapping: &str) -> Result<Self, String> {
        let mut routes = Self { format: TableName::parse(format.trim())?, ..Self::default() };
        let mut rest = mapping.trim_start_matches(is_between);
        while !rest.is_empty() {
            let item = rest;
            let (pattern, after) = match rest.strip_prefix('/') {
                // A comma or a colon inside is the expression's.
                Some(inside) => split(inside, "/:", item).map(|(it, after)| (Some(it), after))?,
                None => (None, rest),
            };
            let end = after.find(',').unwrap_or(after.len());
            let (item, next) = after.split_at(end);
            match pattern {
                Some(pattern) => routes.patterns.push(rule(pattern, item)?),
                None => {
                    let (topic, name) = split(item, ":", item)?;
                    routes.explicit.push((topic.trim().to_owned(), table(name)?));
                }
            }
            rest = next.trim_start_matches(is_between);
        }
        Ok(routes)
    }

    /// The table of a topic. The text for `${topic}` or a group is one name; dots in it belong to
    /// the name.
    #[must_use]
    pub fn table(&self, topic: &str) -> TableName {
        if let Some((_, table)) = self.explicit.iter().find(|(name, _)| name == topic) {
            return table.clone();
        }
        let named = |part: &str| part.replace(TOPIC, topic);
        let matching = |(regex, table): &(Regex, TableName)| {
            let groups = regex.captures(topic)?;
            Some(fill(table, |part| {
                let mut filled = String::new();
                groups.expand(&named(part), &mut filled);
                filled
            }))
        };
        self.patterns.iter().find_map(matching).unwrap_or_else(|| fill(&self.format, named))
    }
}

/// Whether a character separates items.
fn is_between(character: char) -> bool {
    character == ',' || character.is_whitespace()
}

fn split<'t>(text: &'t str, mark: &str, item: &str) -> Result<(&'t str, &'t str), String> {
    let halves = text.split_once(mark);
    halves.ok_or_else(|| format!("`{item}` must be topic:table or /regular expression/:table"))
}

fn table(name: &str) -> Result<TableName, String> {
    TableName::parse(name.trim())
}

/// An expression for whole names, and the table its groups are filled into.
fn rule(pattern: &str, name: &str) -> Result<(Regex, TableName), String> {
    let regex = Regex::new(&format!("^(?:{pattern})$"));
    let regex =
        regex.map_err(|why| format!("`/{pattern}/` is not a valid regular expression: {why}"))?;
    let table = fill(&table(name)?, braced);
    let parts = [table.schema.as_deref().unwrap_or_default(), &table.name];
    for group in parts.iter().flat_map(|part| part.split("${").skip(1)) {
        let group = group.split('}').next().unwrap_or_default();
        let known = match group.parse::<usize>() {
            Ok(number) => number < regex.captures_len(),
            Err(_) => group == "topic" || regex.capture_names().flatten().any(|it| it == group),
        };
        if !known {
            return Err(format!("`/{pattern}/` has no group `{group}`"));
        }
    }
    Ok((regex, table))
}

/// `$1` as `${1}`: in Kafka Connect's replacements a group ends with its digit.
fn braced(part: &str) -> String {
    let mut pieces = part.split('$');
    let mut braced = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.chars().next().filter(char::is_ascii_digit) {
            Some(digit) => braced.extend(["${", &digit.to_string(), "}", &piece[1..]]),
            None => braced.extend(["$", piece]),
        }
    }
    braced
}

fn fill(table: &TableName, part: impl Fn(&str) -> String) -> TableName {
    TableName { schema: table.schema.as_deref().map(&part), name: part(&table.name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_find_their_tables() {
        let routes = Routes::new("sales.${topic}_raw", "a.b:shop.things").unwrap();
        assert_eq!(routes.table("a.b").to_string(), "\"shop\".\"things\"");
        assert_eq!(routes.table("x.y-z").to_string(), "\"sales\".\"x.y-z_raw\"");
        assert_eq!(Routes::new("${topic}", "").unwrap().table("a.b").to_string(), "\"a.b\"");
    }

    #[test]
    fn expressions_match_whole_names_in_their_order() {
        let mapping = r"shop.public.users : people, /shop\.public\.(.*)/:sales.$1_raw, /log-(?<day>\d{2,4}):?x/:logs_${day}, /.*-all/:${topic}_s";
        let routes = Routes::new("${topic}", mapping).unwrap();
        let table = |topic: &str| routes.table(topic).to_string();
        assert_eq!(table("shop.public.users"), "\"people\"");
        assert_eq!(table("shop.public.order.items"), "\"sales\".\"order.items_raw\"");
        assert_eq!(table("old.shop.public.orders"), "\"old.shop.public.orders\"");
        assert_eq!(table("log-2026x"), "\"logs_2026\"");
        assert_eq!(table("log-1x"), "\"log-1x\"");
        assert_eq!(table("x-all"), "\"x-all_s\"");
    }

    #[test]
    fn line_breaks_are_between_items() {
        let routes = Routes::new("${topic}", "\n a : x ,\r\n\t/b(.)/:\ty$1 \n,\n").unwrap();
        let table = |topic: &str| routes.table(topic).to_string();
        assert_eq!(table("a"), "\"x\"");
        assert_eq!(table("b1"), "\"y1\"");
        assert_eq!(table("\n/b1/"), "\"\n/b1/\"");
    }

    #[test]
    fn wrong_formats_say_why() {
        let wrong = |format: &str, mapping: &str| Routes::new(format, mapping).unwrap_err();
        assert!(wrong("a.b.c", "").contains("more than one dot"));
        assert!(wrong(".t", "").contains("`.t` is not a table name"));
        assert!(wrong("t", "orders").contains("topic:table"));
        assert!(wrong("t", "/a(/:b").contains("`/a(/` is not a valid regular expression"));
        assert!(wrong("t", "/a").contains("`/a` must be"));
        assert!(wrong("t", "/(a)/:$2").contains("no group `2`"));
        assert!(wrong("t", "/(a)/:${b}").contains("no group `b`"));
    }
}
