//! A schema of a registry, compiled once: from a payload to JSON and its declared type.

use std::rc::Rc;

use bumpalo::Bump;

use crate::format::avro::plan::AvroPlan;
use crate::format::envelope::Content;
use crate::format::frame::Frame;
use crate::format::json_schema;
use crate::format::json_text::JsonText;
use crate::format::members::Member;
use crate::format::protobuf::plan::ProtobufPlan;
use crate::format::schema::Declared;
use crate::format::schema_text::{SchemaKind, SchemaText};
use crate::format::typed::Typed;
use crate::format::undecodable::Undecodable;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: SchemaKind,
    plan: Plan,
    /// Whether its payloads of Avro are read by field.
    has_fields: bool,
}

#[derive(Debug)]
enum Plan {
    Avro(AvroPlan),
    Protobuf(Box<ProtobufPlan>),
    Json(Option<Rc<Declared>>),
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
            SchemaKind::Json => Plan::Json(json_schema::declared(&schema.text)?),
        };
        let has_fields = match &plan {
            Plan::Avro(plan) => plan.names().is_some_and(|names| !may_change(names)),
            Plan::Protobuf(_) | Plan::Json(_) => false,
        };
        Ok(Self { kind: schema.kind, plan, has_fields })
    }

    /// Decodes a payload: its fields, if `by_field` and if it has fields of a row. Those of a change
    /// event are not.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub(crate) fn decode<'e>(
        self: &Rc<Self>,
        frame: &Frame<'e>,
        by_field: bool,
        arena: &'e Bump,
    ) -> Result<Registered<'e>, Wrong> {
        let payload = frame.payload(arena).map_err(|why| Wrong::frame(&why))?;
        let members = |message, list| {
            Registered::Members(Members { compiled: Rc::clone(self), message, list })
        };
        let content = |out: JsonText, declared| {
            Registered::Content(Content { text: arena.alloc_str(&out.text), declared })
        };
        match &self.plan {
            Plan::Avro(plan) => {
                if by_field && self.has_fields && !frame.is_json {
                    let list = plan.members(payload, arena).map_err(Wrong::Payload)?;
                    return Ok(members(0, list));
                }
                let out = match frame.is_json {
                    true => plan.decode_json(payload),
                    false => plan.decode(payload, frame.bare_bytes),
                };
                let declared = Some(Rc::clone(&plan.declared));
                Ok(content(out.map_err(Wrong::Payload)?, declared))
            }
            Plan::Protobuf(plan) => {
                let (name, begin) = frame.message(payload).map_err(|why| Wrong::frame(&why))?;
                let message = plan.find(&name);
                let message = message.ok_or(Wrong::frame("its schema has no such message"))?;
                let declared = plan.declared(message).map_err(Wrong::Frame)?;
                if by_field && !may_change(plan.names(message)) {
                    let list = plan.members(message, payload, begin, arena);
                    return Ok(members(message, list.map_err(Wrong::Payload)?));
                }
                let out = plan.decode(message, payload, begin).map_err(Wrong::Payload)?;
                Ok(content(out, Some(declared)))
            }
            Plan::Json(declared) => {
                let (text, declared) = (json(payload)?, declared.clone());
                Ok(Registered::Content(Content { text, declared }))
            }
        }
    }

    /// The name of a field, and the declared type of its value.
    #[inline]
    pub(crate) fn field(&self, message: usize, member: &Member<'_>) -> (&str, Option<&Declared>) {
        match &self.plan {
            Plan::Avro(plan) => plan.field(member),
            Plan::Protobuf(plan) => {
                let name = plan.name(message, member.field);
                (name, plan.field_declared(message, member.field))
            }
            Plan::Json(_) => ("", None),
        }
    }
}

/// The fields that are there, in the order of the schema.
#[derive(Debug)]
pub(crate) struct Members<'e> {
    pub(crate) compiled: Rc<Compiled>,
    /// The message, of a Protobuf schema.
    pub(crate) message: usize,
    pub(crate) list: Vec<Member<'e>>,
}

impl<'e> Members<'e> {
    /// The fields by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Typed<'e, '_>)> {
        self.list.iter().map(|member| {
            let (name, declared) = self.compiled.field(self.message, member);
            (name, Typed { value: member.value, declared })
        })
    }
}

/// What a payload becomes.
#[derive(Debug)]
pub(crate) enum Registered<'e> {
    Content(Content<'e>),
    Members(Members<'e>),
}

/// Whether records with these fields may be change events.
fn may_change<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    names.any(|name| name == "op" || name == "__deleted")
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
