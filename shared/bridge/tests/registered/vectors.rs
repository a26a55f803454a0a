//! Records of independent clients (`tests/vectors/formats.jsonl`): each becomes what a second,
//! independent reader says, or is refused where that reader refuses it.

use serde_json::Value;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, Reference, SchemaKind, SchemaText};
use sluice_testkit::RecordBuilder;

use crate::{outcome, record, same};

const VECTORS: &str = include_str!("../../../../tests/vectors/formats.jsonl");

struct Vector(Value);

impl Vector {
    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        self.0["bytes"].as_str().map(base64)
    }

    fn kind(&self) -> SchemaKind {
        match self.text("format") {
            "AVRO" => SchemaKind::Avro,
            "PROTOBUF" => SchemaKind::Protobuf,
            _ => SchemaKind::Json,
        }
    }

    fn format(&self) -> &'static str {
        match self.kind() {
            SchemaKind::Avro => "avro",
            SchemaKind::Protobuf => "protobuf",
            SchemaKind::Json => "json-schema",
        }
    }

    /// `value.schema.id`
    fn place(&self) -> &'static str {
        match self.text("framing") {
            "apicurio-prefix8" => "apicurio",
            "apicurio-confluent4" | "apicurio-prefix4" => "apicurio-4",
            _ => "auto",
        }
    }

    fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let list = self.0["headers"].as_array().cloned().unwrap_or_default();
        let header = |pair: &Value| {
            (pair[0].as_str().unwrap().to_owned(), base64(pair[1].as_str().unwrap()))
        };
        list.iter().map(header).collect()
    }

    fn id(&self) -> SchemaId {
        let (bytes, headers) = (self.bytes().unwrap_or_default(), self.headers());
        let eight = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap());
        match (self.text("framing"), headers.first()) {
            ("glue", _) => SchemaId::Glue(bytes[2..18].try_into().unwrap()),
            ("apicurio-prefix8", _) => SchemaId::Global(eight(&bytes[1..9])),
            (_, Some((name, value))) if name.ends_with("globalId") => {
                SchemaId::Global(eight(value))
            }
            (_, Some((name, value))) if name.ends_with("contentId") => {
                SchemaId::Content(eight(value))
            }
            (_, Some((_, value))) => SchemaId::Guid(value[1..].try_into().unwrap()),
            _ if bytes.len() < 5 => SchemaId::Number(0),
            _ => SchemaId::Number(u32::from_be_bytes(bytes[1..5].try_into().unwrap())),
        }
    }

    fn record(&self) -> RecordBuilder {
        let record = match self.bytes() {
            Some(bytes) => record().value(bytes),
            None => record(),
        };
        let headers = self.headers();
        headers.iter().fold(record, |record, (name, value)| record.header(name, Some(value)))
    }

    /// The schemas that a registry would answer with.
    fn known(&self) -> KnownSchemas {
        let known = KnownSchemas::default();
        let references = self.0["references"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let references = references
            .iter()
            .map(|it| Reference { name: text(&it["name"]), text: text(&it["text"]) })
            .collect();
        let schema =
            SchemaText { kind: self.kind(), text: self.text("schema").to_owned(), references };
        if self.text("id") == "avro-bad.id" {
            known.learn(self.id(), &Answer::Unknown).unwrap();
        } else {
            known.learn(self.id(), &Answer::Schema(schema)).unwrap();
        }
        known
    }

    /// The whole value as the one column has it.
    fn outcome(&self, format: &str) -> Result<String, String> {
        let options = [
            ("fields.mapping", "$:doc"),
            ("value.format", format),
            ("value.schema.id", self.place()),
        ];
        let outcome = outcome(&options, "doc", &self.known(), self.record())?;
        Ok(outcome.strip_prefix("doc=").unwrap_or(&outcome).to_owned())
    }
}

fn base64(text: &str) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(text).unwrap()
}

fn vectors(format: &str) -> Vec<Vector> {
    let all = VECTORS.lines().map(|line| Vector(serde_json::from_str(line).unwrap()));
    let vectors: Vec<Vector> = all.filter(|vector| vector.text("format") == format).collect();
    assert!(vectors.len() > 15, "there are {} of {format}", vectors.len());
    vectors
}

/// Checks all vectors of a format, with its name and by `auto`.
fn check(format: &str) {
    let mut wrong = Vec::new();
    for vector in vectors(format) {
        let id = vector.text("id").to_owned();
        let outcome = vector.outcome(vector.format());
        let problem = match (&outcome, &vector.0) {
            (Err(why), it) if !it["exactError"].is_null() || refuses(&id) => {
                why.is_empty().then(|| "there is no reason".to_owned())
            }
            (Err(why), _) => Some(format!("refused: {why}")),
            (Ok(row), it) if !it["exactError"].is_null() || refuses(&id) => {
                Some(format!("taken as {row}"))
            }
            (Ok(row), it) => same::check(&id, it, row).err(),
        };
        wrong.extend(problem.map(|problem| format!("{id}: {problem}")));
        if outcome != vector.outcome("auto") {
            wrong.push(format!("{id}: auto has {:?}", vector.outcome("auto")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the second reader takes, and is refused here.
fn refuses(id: &str) -> bool {
    [
        // The symbol that the reader's default names stands for it there.
        "avro-bad.enum-index",
        // Avro's JSON encoding without a header that says so: its bytes are read as binary.
        "apicurio-3.1.7-json-encoding.0",
        // A field of another wire type counts as an unknown field there, and its value is lost.
        "pb-bad.wire-type",
    ]
    .contains(&id)
}

#[test]
fn avro() {
    check("AVRO");
}

#[test]
fn protobuf() {
    check("PROTOBUF");
}

#[test]
fn json_schema() {
    check("JSON");
}
