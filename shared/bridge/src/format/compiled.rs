//! A schema of a registry, compiled once: from a payload to JSON and its declared type.

use std::rc::Rc;

use bumpalo::Bump;

use crate::format::avro::plan::AvroPlan;
use crate::format::envelope::Content;
use crate::format::frame::Frame;
use crate::format::protobuf::plan::ProtobufPlan;
use crate::format::registry::{SchemaKind, SchemaText};
use crate::format::undecodable::Undecodable;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: SchemaKind,
    plan: Plan,
}

#[derive(Debug)]
enum Plan {
    Avro(AvroPlan),
    Protobuf(Box<ProtobufPlan>),
    Json,
}

/// Why a payload cannot be decoded.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Its frame, or its compression.
    Frame(String),
    Payload(Undecodable),
}

impl Compiled {
    /// Compiles a schema.
    ///
    /// # Errors
    /// A sentence about what is not valid in it.
    pub(crate) fn new(schema: &SchemaText) -> Result<Self, String> {
        let references: Vec<(&str, &str)> =
            schema.references.iter().map(|it| (it.name.as_str(), it.text.as_str())).collect();
        let plan = match schema.kind {
            SchemaKind::Avro => Plan::Avro(AvroPlan::compile(&schema.text, &references)?),
            SchemaKind::Protobuf => {
                Plan::Protobuf(Box::new(ProtobufPlan::compile(&schema.text, &references)?))
            }
            SchemaKind::Json => Plan::Json,
        };
        Ok(Self { kind: schema.kind, plan })
    }

    /// Decodes a payload.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub(crate) fn content<'e>(
        &self,
        frame: &Frame<'e>,
        arena: &'e Bump,
    ) -> Result<Content<'e>, Wrong> {
        let payload = frame.payload(arena).map_err(|why| Wrong::frame(&why))?;
        match &self.plan {
            Plan::Avro(plan) => {
                let out = match frame.is_json {
                    true => plan.decode_json(payload),
                    false => plan.decode(payload, frame.bare_bytes),
                };
                let out = out.map_err(Wrong::Payload)?;
                let declared = Some(Rc::clone(&plan.declared));
                Ok(Content { text: arena.alloc_str(&out.text), declared })
            }
            Plan::Protobuf(plan) => {
                let (name, begin) = frame.message(payload).map_err(|why| Wrong::frame(&why))?;
                let Some(message) = plan.find(&name) else {
                    return Err(Wrong::Frame("its schema has no such message".to_owned()));
                };
                let out = plan.decode(message, payload, begin).map_err(Wrong::Payload)?;
                let declared = Some(plan.declared(message).map_err(Wrong::Frame)?);
                Ok(Content { text: arena.alloc_str(&out.text), declared })
            }
            Plan::Json => json(payload).map(|text| Content { text, declared: None }),
        }
    }
}

impl Wrong {
    fn frame(why: &str) -> Self {
        Wrong::Frame(why.to_owned())
    }
}

/// The text of a payload that is JSON to its end.
fn json(payload: &[u8]) -> Result<&str, Wrong> {
    let wrong = |at, what| Wrong::Payload(Undecodable { path: String::new(), at, what });
    let text = simdutf8::basic::from_utf8(payload).map_err(|_| wrong(0, "it is not UTF-8 text"))?;
    let mut scanner = Scanner::new(text);
    match scanner.value().and_then(|_| scanner.end()) {
        Ok(()) => Ok(text),
        Err(Syntax { at, what }) => Err(wrong(at, what)),
    }
}
