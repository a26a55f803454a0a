//! What records are declared as, as text.

use serde_json::Value;

use crate::display::json::{list, text};
use crate::display::output::{out, text as print};
use crate::display::table::table;

/// The table of a topic, then its keys and its values.
pub(crate) fn topic(topic: &Value) {
    out!("topic {}", text(&topic["topic"]));
    let target = &topic["table"];
    let exists = if target["exists"] == true { "exists" } else { "does not exist" };
    out!("  table {}: {exists}", text(&target["name"]));
    if let Some(definition) = target["definition"].as_str() {
        out!("    auto.create makes of these records: {definition}");
    }
    if let Some(why) = target["whyNone"].as_str() {
        out!("    auto.create makes no table: {why}");
    }
    for (name, part) in [("key", &topic["key"]), ("value", &topic["value"])] {
        self::part(name, part);
    }
}

fn part(name: &str, part: &Value) {
    let nulls = part["nulls"].as_u64().unwrap_or_default();
    for kind in list(&part["kinds"]) {
        out!("  {name}: {} ({})", text(&kind["format"]), records(&kind["records"]));
        if kind["schema"].is_object() {
            schema(&kind["schema"]);
        }
        found(list(&kind["found"]));
    }
    if nulls > 0 {
        out!("  {name}: null ({})", records(&part["nulls"]));
    }
    for refused in list(&part["refused"]) {
        out!(
            "  {name}: cannot be read ({}): {}",
            records(&refused["records"]),
            text(&refused["reason"])
        );
    }
}

fn schema(schema: &Value) {
    let place = |it: &Value| format!("{} version {}", text(&it["subject"]), it["version"]);
    let places: Vec<String> = list(&schema["subjects"]).iter().map(place).collect();
    let places = match (places.is_empty(), schema["whyNoSubjects"].as_str()) {
        (false, _) => format!(", in {}", places.join(", ")),
        (true, Some(why)) => format!(" ({why})"),
        (true, None) => String::new(),
    };
    out!("    {}, named by {}{places}", text(&schema["id"]), text(&schema["framing"]));
    if let Some(why) = schema["whyNoFields"].as_str() {
        return out!("    its fields are not known: {why}");
    }
    let doc = schema["doc"].as_str().map_or(String::new(), |doc| format!(": {doc}"));
    out!("    {}{doc}", text(&schema["type"]));
    let names = ["name", "type", "logical", "presence", "default", "doc"];
    let row = |field: &Value| names.map(|name| text(&field[name]).to_owned());
    rows(
        ["field", "type", "logical type", "presence", "default", "description"],
        list(&schema["fields"]),
        row,
    );
}

/// What JSON shows.
fn found(fields: &[Value]) {
    let row = |field: &Value| {
        let types = field["types"].as_object().into_iter().flatten();
        let types: Vec<String> = types.map(|(name, count)| format!("{name} {count}")).collect();
        let name = match text(&field["name"]) {
            "" => "(the whole)",
            name => name,
        };
        [name.to_owned(), types.join(", "), field["nulls"].to_string(), field["absent"].to_string()]
    };
    rows(["field", "types", "null", "absent"], fields, row);
}

fn rows<const N: usize>(header: [&str; N], fields: &[Value], row: impl Fn(&Value) -> [String; N]) {
    if fields.is_empty() {
        return;
    }
    let rows: Vec<[String; N]> = fields.iter().map(row).collect();
    for line in table(header, &rows).lines() {
        print(&format!("      {line}\n"));
    }
}

fn records(count: &Value) -> String {
    match count.as_u64() {
        Some(1) => "1 record".to_owned(),
        count => format!("{} records", count.unwrap_or_default()),
    }
}
