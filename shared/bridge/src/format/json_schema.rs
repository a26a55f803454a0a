//! JSON Schema: no value is checked against it. What Connect's converter writes beside a type gives
//! bytes, decimals and moments their meaning. The types that it declares only say what columns
//! need; a value stays what its JSON shows.
//!
//! Formats: JSON Schema, drafts 4 to 2020-12; `io.confluent.connect.json.JsonSchemaData`:
//! `connect.type`, `connect.parameters`, and the name of a logical type as `title`.

use std::collections::HashMap;
use std::rc::Rc;

use crate::format::json_pointer::find;
use crate::format::logical::{Base, Logical};
use crate::format::origin::Origin;
use crate::format::schema::{Declared, Field, Fields, Kind};
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::values::calendar::Unit;

/// Nothing is said about what is nested deeper, references included.
const MOST_NESTED: usize = 128;

type Said = Result<Option<Declared>, String>;

/// What the schema declares; `None` if it declares nothing. `references` are the schemas to which it
/// refers, by their URIs.
///
/// # Errors
/// A schema is not JSON, or a parameter of a logical type is missing or not valid.
pub(crate) fn declared(
    text: &str,
    references: &[(&str, &str)],
) -> Result<Option<Rc<Declared>>, String> {
    let mut documents = vec![("", document(text)?)];
    for (name, text) in references {
        documents.push((name, document(text)?));
    }
    let root = documents[0].1;
    let (known, open) = (HashMap::new(), Vec::new());
    let mut reader = Reader { documents, current: 0, known, open, depth: 0 };
    Ok(reader.of(root)?.map(Rc::new))
}

fn document(text: &str) -> Result<Value<'_>, String> {
    let mut scanner = Scanner::new(text);
    let schema = scanner.value().and_then(|value| scanner.end().map(|()| value));
    schema.map_err(|wrong| format!("the schema is not JSON: {} (at byte {})", wrong.what, wrong.at))
}

struct Reader<'s> {
    /// The schema, then its references by their URIs.
    documents: Vec<(&'s str, Value<'s>)>,
    /// The document that is being read.
    current: usize,
    /// What references say: a document and a place in it.
    known: HashMap<(usize, String), Option<Declared>>,
    /// The references that are being followed.
    open: Vec<(usize, String)>,
    /// How many schemas are around the one that is being read.
    depth: usize,
}

impl<'s> Reader<'s> {
    fn of(&mut self, schema: Value<'s>) -> Said {
        if !matches!(schema, Value::Object(_)) || self.depth == MOST_NESTED {
            return Ok(None);
        }
        self.depth += 1;
        let said = self.read(schema);
        self.depth -= 1;
        said
    }

    fn read(&mut self, schema: Value<'s>) -> Said {
        let [reference, one_of, any_of, all_of, word, ty] =
            schema.pick(["$ref", "oneOf", "anyOf", "allOf", "connect.type", "type"]);
        if let Some(reference) = reference.and_then(Value::to_text) {
            return self.follow(&reference);
        }
        if let Some(branches) = one_of.or(any_of).or(all_of) {
            return self.of_branches(branches);
        }
        let word = word.and_then(Value::to_text).unwrap_or_default();
        match (word.as_str(), type_of(ty).as_str()) {
            ("map", "object") => match self.part(schema.member("additionalProperties"))? {
                Some(values) => {
                    let keys = Rc::new(shown(Kind::Text, None));
                    let is_shown = values.is_shown;
                    let map = hint(Kind::Map(keys, Rc::new(values)), None, schema);
                    Ok(Some(Declared { is_shown, ..map }))
                }
                None => Ok(Some(shown(Kind::Any, None))),
            },
            // Pairs of a key and a value.
            ("map", _) => Ok(None),
            (_, "object") => self.of_object(schema),
            (_, "array") => {
                let items = self.part(schema.member("items"))?;
                let items = items.unwrap_or_else(|| shown(Kind::Any, None));
                let is_shown = items.is_shown;
                let array = hint(Kind::Array(Rc::new(items)), None, schema);
                Ok(Some(Declared { is_shown, ..array }))
            }
            (word, ty) => scalar(word, ty, schema),
        }
    }

    fn part(&mut self, schema: Option<Value<'s>>) -> Said {
        schema.map_or(Ok(None), |schema| self.of(schema))
    }

    /// A value that may be null; of several types it is what it shows.
    fn of_branches(&mut self, branches: Value<'s>) -> Said {
        let is_null = |branch: &Value<'_>| {
            branch.member("type").and_then(Value::to_text).as_deref() == Some("null")
        };
        let mut others = branches.items().filter(|branch| !is_null(branch));
        match (others.next(), others.next()) {
            (Some(one), None) => self.of(one),
            _ => Ok(None),
        }
    }

    fn of_object(&mut self, schema: Value<'s>) -> Said {
        let (mut fields, mut is_shown) = (Vec::new(), true);
        if let Some(properties @ Value::Object(_)) = schema.member("properties") {
            for (name, property) in properties.members() {
                let declared = self.of(property)?.unwrap_or_else(|| shown(Kind::Any, None));
                is_shown &= declared.is_shown;
                let name = name.to_text().map_err(|wrong| wrong.what.to_owned())?;
                fields.push(Field { name, declared: Rc::new(declared) });
            }
        }
        let logical = logical(schema, Base::Struct)?;
        let object = hint(Kind::Struct(Fields::new(fields)?), logical, schema);
        Ok(Some(Declared { is_shown: is_shown && logical.is_none(), ..object }))
    }

    /// What a reference says: a place in this schema, or another schema. One that is not there, or leads
    /// to itself, says nothing.
    fn follow(&mut self, reference: &str) -> Said {
        let (uri, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let named = self.documents.iter().position(|(name, _)| *name == uri);
        let Some(document) = (if uri.is_empty() { Some(self.current) } else { named }) else {
            return Ok(None);
        };
        let place = (document, pointer.to_owned());
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        if self.open.contains(&place) {
            return Ok(None);
        }
        let Some(schema) = find(self.documents[document].1, pointer) else { return Ok(None) };
        self.open.push(place.clone());
        let outer = std::mem::replace(&mut self.current, document);
        let said = self.of(schema)?;
        self.current = outer;
        self.open.pop();
        self.known.insert(place, said.clone());
        Ok(said)
    }
}

/// The one type besides null.
fn type_of(ty: Option<Value<'_>>) -> String {
    let Some(ty) = ty else { return String::new() };
    let words = ty.items().filter_map(Value::to_text).filter(|word| word != "null");
    match (ty.to_text(), words.collect::<Vec<_>>().as_slice()) {
        (Some(word), _) => word,
        (None, [word]) => word.clone(),
        _ => String::new(),
    }
}

fn scalar(word: &str, ty: &str, schema: Value<'_>) -> Said {
    let kind = match (word, ty) {
        ("int8", _) => Kind::Integer(8),
        ("int16", _) => Kind::Integer(16),
        ("int32", _) => Kind::Integer(32),
        ("int64", _) => Kind::Integer(64),
        ("float32", _) => Kind::Float(32),
        ("float64", _) => Kind::Float(64),
        ("bytes", _) => Kind::Bytes,
        // Connect leaves the word out where the type says it.
        (_, "integer") => Kind::Integer(64),
        (_, "string") => Kind::Text,
        (_, "boolean") => return Ok(Some(shown(Kind::Boolean, None))),
        // Digits of any number.
        (_, "number") => {
            return Ok(Some(shown(Kind::Bytes, Some(Logical::Decimal { scale: 0 }))));
        }
        _ => return Ok(None),
    };
    let logical = logical(schema, kind.base())?;
    // A title alone is for people.
    if logical.is_some() || Kind::is_word(word) {
        return Ok(Some(hint(kind, logical, schema)));
    }
    let format = schema.member("format").and_then(Value::to_text);
    let logical = match (ty, format.as_deref()) {
        ("string", Some("date-time")) => Some(Logical::Timestamp(Unit::Micros)),
        ("string", Some("date")) => Some(Logical::Date),
        _ => None,
    };
    Ok(Some(shown(kind, logical)))
}

fn logical(schema: Value<'_>, base: Base) -> Result<Option<Logical>, String> {
    match schema.member("title").and_then(Value::to_text) {
        Some(name) => Logical::named(&name, schema.member("connect.parameters"), base),
        None => Ok(None),
    }
}

/// A declaration of values that were not checked, and may be null or missing.
fn hint(kind: Kind, logical: Option<Logical>, schema: Value<'_>) -> Declared {
    let origin = Origin::parse(schema.member("connect.parameters"));
    Declared { is_final: false, origin, ..Declared::of(kind, logical).or_null() }
}

/// The same of values that stay what they are: it says what a column needs.
fn shown(kind: Kind, logical: Option<Logical>) -> Declared {
    let declared = Declared::of(kind, logical).or_null();
    Declared { is_final: false, is_shown: true, ..declared }
}
