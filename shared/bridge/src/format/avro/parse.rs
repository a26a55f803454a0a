//! Reads the JSON of a schema. Names are resolved as the specification says under "Names".

use std::collections::HashMap;

use super::logical;
use super::plan::{Node, Record, RecordField, Type};
use crate::format::json_text::label;
use crate::format::origin::Origin;
use crate::json::scanner::Scanner;
use crate::json::value::Value;

/// No real schema has as many types; one that has would need much memory.
const MOST_TYPES: usize = 100_000;

/// Reads the references, then the schema. Returns all types, and the index of the schema's own.
///
/// # Errors
/// A sentence about what is not valid.
pub(super) fn parse(text: &str, references: &[(&str, &str)]) -> Result<(Vec<Node>, usize), String> {
    let mut parser = Parser { nodes: Vec::new(), names: HashMap::new() };
    for (_, text) in references {
        parser.whole(text)?;
    }
    let root = parser.whole(text)?;
    let open =
        parser.names.iter().find(|(_, index)| matches!(parser.nodes[**index].ty, Type::Open));
    match open {
        Some((name, _)) => Err(format!("the type `{name}` is not defined")),
        None => Ok((parser.nodes, root)),
    }
}

struct Parser {
    nodes: Vec<Node>,
    /// The named types by their full names.
    names: HashMap<String, usize>,
}

impl Parser {
    fn whole(&mut self, text: &str) -> Result<usize, String> {
        let mut scanner = Scanner::new(text);
        let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
        let value = value.map_err(|wrong| {
            format!("the schema is not JSON: {} (at byte {})", wrong.what, wrong.at)
        })?;
        self.read(value, "")
    }

    fn add(&mut self, ty: Type, origin: Origin) -> Result<usize, String> {
        if self.nodes.len() == MOST_TYPES {
            return Err("the schema has too many types".to_owned());
        }
        self.nodes.push(Node { ty, origin, name: None });
        Ok(self.nodes.len() - 1)
    }

    /// Reads a type within a namespace, which is empty outside of all.
    fn read(&mut self, schema: Value<'_>, namespace: &str) -> Result<usize, String> {
        match schema {
            Value::Text(_) => self.word(&text(schema)?, schema, namespace),
            Value::Array(_) => self.union(schema, namespace),
            Value::Object(_) => match schema.member("type") {
                Some(word @ Value::Text(_)) => self.word(&text(word)?, schema, namespace),
                Some(inner) => self.read(inner, namespace),
                None => Err("a type has no `type`".to_owned()),
            },
            other => Err(format!("a JSON {} is not a type", other.kind())),
        }
    }

    fn union(&mut self, schema: Value<'_>, namespace: &str) -> Result<usize, String> {
        let mut branches = Vec::new();
        for branch in schema.items() {
            if matches!(branch, Value::Array(_)) {
                return Err("a union contains a union".to_owned());
            }
            branches.push(self.read(branch, namespace)?);
        }
        self.add(Type::Union(branches), Origin::default())
    }

    /// A type that is named by a word; `schema` has its other attributes.
    fn word(&mut self, word: &str, schema: Value<'_>, namespace: &str) -> Result<usize, String> {
        let part = |name: &str| schema.member(name).ok_or(format!("an {word} has no `{name}`"));
        match word {
            "record" | "error" | "enum" | "fixed" => return self.named(word, schema, namespace),
            "array" => {
                let items = self.read(part("items")?, namespace)?;
                return self.add(Type::Array(items), Origin::default());
            }
            "map" => {
                let values = self.read(part("values")?, namespace)?;
                return self.add(Type::Map(values), Origin::default());
            }
            _ => {}
        }
        match logical::primitive(word, schema)? {
            Some(ty) => self.add(ty, Origin::parse(schema.member("connect.parameters"))),
            None => self.known(word, namespace),
        }
    }

    /// A type that was named before.
    fn known(&self, name: &str, namespace: &str) -> Result<usize, String> {
        let full = full_name(name, namespace);
        let found = self.names.get(&full).or_else(|| self.names.get(name));
        found.copied().ok_or(format!("the type `{full}` is not defined"))
    }

    fn named(&mut self, word: &str, schema: Value<'_>, outer: &str) -> Result<usize, String> {
        let name = schema.member("name").ok_or(format!("a type {word} has no name"))?;
        let name = text(name)?;
        let namespace = match schema.member("namespace") {
            Some(namespace @ Value::Text(_)) => text(namespace)?,
            _ => outer.to_owned(),
        };
        let full = full_name(&name, &namespace);
        // A reference may define what the schema defines again.
        let index = self.add(Type::Open, Origin::parse(schema.member("connect.parameters")))?;
        self.nodes[index].name = Some(full.as_str().into());
        self.names.insert(full.clone(), index);
        let inner = full.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        let ty = match word {
            "enum" => symbols(schema, &full)?,
            "fixed" => logical::fixed(size(schema, &full)?, schema),
            _ => self.record(schema, &full, inner)?,
        };
        self.nodes[index].ty = ty;
        Ok(index)
    }

    fn record(&mut self, schema: Value<'_>, full: &str, inner: &str) -> Result<Type, String> {
        let Some(list @ Value::Array(_)) = schema.member("fields") else {
            return Err(format!("the record `{full}` has no fields"));
        };
        let mut fields = Vec::new();
        for field in list.items() {
            let [name, ty, default] = field.pick(["name", "type", "default"]);
            let name = name.and_then(Value::to_text);
            let name = name.ok_or(format!("a field of the record `{full}` has no name"))?;
            let ty = ty.ok_or(format!("the field `{name}` of the record `{full}` has no type"))?;
            let ty = self.read(ty, inner)?;
            let default = default.filter(|default| *default != Value::Null).map(Value::to_json);
            fields.push(RecordField { label: label(&name), name: name.into(), ty, default });
        }
        Ok(Type::Record(Record { fields, logical: logical::of_record(schema)? }))
    }
}

fn text(value: Value<'_>) -> Result<String, String> {
    value.to_text().ok_or("a name is not text".to_owned())
}

/// A name with a dot is full already.
fn full_name(name: &str, namespace: &str) -> String {
    match (name.contains('.'), namespace) {
        (true, _) | (false, "") => name.trim_start_matches('.').to_owned(),
        (false, namespace) => format!("{namespace}.{name}"),
    }
}

fn symbols(schema: Value<'_>, full: &str) -> Result<Type, String> {
    let Some(list @ Value::Array(_)) = schema.member("symbols") else {
        return Err(format!("the enum `{full}` has no symbols"));
    };
    let symbols = list.items().map(|symbol| text(symbol).map(Into::into));
    symbols.collect::<Result<_, _>>().map(Type::Enum)
}

fn size(schema: Value<'_>, full: &str) -> Result<usize, String> {
    match schema.member("size") {
        Some(Value::Number(digits)) => digits.parse().ok(),
        _ => None,
    }
    .ok_or(format!("the fixed `{full}` has no valid size"))
}
