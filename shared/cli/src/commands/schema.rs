//! `sluice schema`. The function tells what the records are; what a schema's text declares is read
//! here.

mod print;

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use sluice_bridge::format::fields::{DeclaredField, fields};
use sluice_bridge::format::registry::{Reference, SchemaKind, SchemaText};
use sluice_trigger::schema_body;

use crate::arguments::Schema;
use crate::commands::records::event;
use crate::display::output::out;
use crate::function::ask::ask;

pub(crate) async fn run(arguments: Schema) -> Result<ExitCode, Box<dyn Error>> {
    let event = event(&arguments.records).await?;
    let mut report = ask(&arguments.function, arguments.timeout, schema_body(&event)).await?;
    let Some(topics) = report["topics"].as_array_mut() else {
        return Err("the function does not know what records are declared as".into());
    };
    for part in topics.iter_mut().flat_map(parts_mut) {
        for kind in part["kinds"].as_array_mut().into_iter().flatten() {
            if let Some(schema) = kind.get_mut("schema") {
                declare(schema);
            }
        }
    }
    let is_refused = topics.iter().flat_map(parts).any(|part| part["refused"] != json!([]));
    match arguments.json {
        true => out!("{report}"),
        false => topics.iter().for_each(print::topic),
    }
    Ok(ExitCode::from(u8::from(is_refused)))
}

fn parts(topic: &Value) -> [&Value; 2] {
    [&topic["key"], &topic["value"]]
}

fn parts_mut(topic: &mut Value) -> impl Iterator<Item = &mut Value> {
    let members = topic.as_object_mut().into_iter().flatten();
    members.filter(|(name, _)| matches!(name.as_str(), "key" | "value")).map(|(_, part)| part)
}

/// Adds what the text of a schema declares.
fn declare(schema: &mut Value) {
    let declared = match text_of(schema) {
        Some(text) => fields(&text, schema["type"].as_str()),
        None => Err("its language is not known".to_owned()),
    };
    match declared {
        Ok(declared) => {
            schema["type"] = json!(declared.name);
            schema["doc"] = json!(declared.doc);
            schema["fields"] = declared.fields.into_iter().map(field).collect();
        }
        Err(why) => schema["whyNoFields"] = json!(why),
    }
}

fn text_of(schema: &Value) -> Option<SchemaText> {
    let kind = match schema["language"].as_str()? {
        "AVRO" => SchemaKind::Avro,
        "PROTOBUF" => SchemaKind::Protobuf,
        "JSON" => SchemaKind::Json,
        _ => return None,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let references = schema["references"].as_array().into_iter().flatten();
    let reference = |it: &Value| Reference { name: text(&it["name"]), text: text(&it["text"]) };
    Some(SchemaText {
        kind,
        text: text(&schema["text"]),
        references: references.map(reference).collect(),
    })
}

/// A field; what the schema does not say is left out.
fn field(field: DeclaredField) -> Value {
    let DeclaredField { name, ty, logical, presence, default, doc } = field;
    let mut members = Map::new();
    for (member, text) in [("name", name), ("type", ty), ("presence", presence)] {
        members.insert(member.to_owned(), text.into());
    }
    for (member, text) in [("logical", logical), ("default", default), ("doc", doc)] {
        if let Some(text) = text {
            members.insert(member.to_owned(), text.into());
        }
    }
    Value::Object(members)
}
