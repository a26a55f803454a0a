//! What is tried is what `docs/change-capture.md` says: its blocks of SQL, JSON and TOML are read from the
//! page, and only addresses and names are put in.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kind::{Failed, Kind};

const PAGE: &str = include_str!("../../../docs/change-capture.md");

/// The statements that give Debezium its user at a source of this kind.
pub(crate) fn login(source: Kind) -> Result<Vec<&'static str>, Failed> {
    let statements = block(heading(source), "sql")?.split(';').map(str::trim);
    Ok(statements.filter(|statement| !statement.is_empty()).collect())
}

/// The settings of Debezium's connector and of its converters for a source of this kind.
pub(crate) fn connector(source: Kind) -> Result<BTreeMap<String, String>, Failed> {
    let parsed: Value = serde_json::from_str(block(heading(source), "json")?)?;
    let members = parsed["config"].as_object().ok_or("the page's connector has no `config`")?;
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    Ok(members.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

/// The options of the function that writes a copy: lines such as `options."insert.mode" = "upsert"`.
pub(crate) fn options() -> Result<BTreeMap<String, String>, Failed> {
    let lines = block("\n### The connector's file\n", "toml")?.lines();
    let options = lines.filter_map(|line| {
        let (name, value) = line.strip_prefix("options.\"")?.split_once("\" = ")?;
        Some((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
    });
    Ok(options.collect())
}

fn heading(source: Kind) -> &'static str {
    match source {
        Kind::Mysql => "\n### MySQL\n",
        Kind::Mariadb => "\n### MariaDB\n",
        Kind::Postgres => "\n### PostgreSQL\n",
    }
}

/// The first block of this language behind a heading.
fn block(heading: &str, language: &str) -> Result<&'static str, Failed> {
    let open = format!("\n```{language}\n");
    let found = PAGE.split_once(heading).and_then(|(_, rest)| {
        let (_, rest) = rest.split_once(&open)?;
        Some(rest.split_once("\n```\n")?.0)
    });
    found.ok_or_else(|| format!("the page has no {language} behind {}", heading.trim()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_settings_of_every_source() {
        for kind in [Kind::Mysql, Kind::Mariadb, Kind::Postgres] {
            let connector = connector(kind).expect("a block of JSON");
            assert!(connector["connector.class"].starts_with("io.debezium.connector."));
            assert_eq!(connector["value.converter.replace.null.with.default"], "false");
            let login = login(kind).expect("a block of SQL");
            assert!(login.len() > 1 && login[0].contains(&connector["database.password"]));
        }
    }

    #[test]
    fn the_page_has_the_options_of_a_copy() {
        let options = options().expect("a block of TOML");
        assert_eq!(options["insert.mode"], "upsert");
        assert_eq!(options["topics.to.tables.mapping"], r"/shop\.[^.]*\.(.*)/:$1");
    }
}
