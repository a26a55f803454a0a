//! A schema of a registry, compiled once: from a payload to JSON and its declared type.

use std::cell::OnceCell;
use std::rc::Rc;

use bumpalo::Bump;

use crate::format::avro::plan::AvroPlan;
use crate::format::envelope::Content;
use crate::format::frame::{Frame, SchemaId};
use crate::format::json_schema;
use crate::format::members::Member;
use crate::format::protobuf::plan::ProtobufPlan;
use crate::format::schema::Declared;
use crate::format::schema_text::{SchemaKind, SchemaText};
use crate::format::slots::{Slots, Unusual};
use crate::format::typed::Typed;
use crate::format::undecodable::Undecodable;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: SchemaKind,
    plan: Plan,
    /// As it was compiled.
    schema: SchemaText,
    /// The same with unions as objects, once it was needed.
    with_objects: OnceCell<Rc<Compiled>>,
    /// Whether values of a type of Avro, or messages of Protobuf, are read by field.
    by_field: Vec<bool>,
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
        Self::compile(schema, true)
    }

    /// The same schema with unions and oneofs as objects (`flatten.unions=false`).
    ///
    /// # Errors
    /// As [`Compiled::new`].
    pub(crate) fn with_objects(&self) -> Result<Rc<Self>, String> {
        if let Some(known) = self.with_objects.get() {
            return Ok(Rc::clone(known));
        }
        let compiled = Rc::new(Self::compile(&self.schema, false)?);
        Ok(Rc::clone(self.with_objects.get_or_init(|| compiled)))
    }

    fn compile(schema: &SchemaText, flatten: bool) -> Result<Self, String> {
        let references: Vec<(&str, &str)> =
            schema.references.iter().map(|it| (it.name.as_str(), it.text.as_str())).collect();
        let plan = match schema.kind {
            SchemaKind::Avro => Plan::Avro(AvroPlan::compile(&schema.text, &references, flatten)?),
            SchemaKind::Protobuf => {
                let plan = ProtobufPlan::compile(&schema.text, &references, flatten)?;
                Plan::Protobuf(Box::new(plan))
            }
            SchemaKind::Json => Plan::Json(json_schema::declared(&schema.text, &references)?),
        };
        let by_field = match &plan {
            Plan::Avro(plan) => {
                let has = |ty| plan.names(ty).is_some_and(|names| !may_change(names));
                plan.all().map(has).collect()
            }
            Plan::Protobuf(plan) => {
                let has = |message| !may_change(plan.names(message)) && !plan.has_choices(message);
                plan.all().map(has).collect()
            }
            Plan::Json(_) => Vec::new(),
        };
        let (kind, schema, with_objects) = (schema.kind, schema.clone(), OnceCell::new());
        Ok(Self { kind, plan, schema, with_objects, by_field })
    }

    /// Decodes a payload. With `by_field` one that has fields of a row is left to be read by field;
    /// those of a change event are not.
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
        let (message, begin) = self.start(frame, payload)?;
        if by_field && self.by_field.get(message) == Some(&true) && !frame.is_json {
            let (compiled, id) = (Rc::clone(self), frame.id);
            return Ok(Registered::Fields(Payload {
                compiled,
                id,
                message,
                bytes: payload,
                begin,
            }));
        }
        self.content(frame, payload, message, begin, arena)
    }

    /// Decodes a payload as a whole.
    #[inline(never)]
    fn content<'e>(
        &self,
        frame: &Frame<'e>,
        payload: &'e [u8],
        message: usize,
        begin: usize,
        arena: &'e Bump,
    ) -> Result<Registered<'e>, Wrong> {
        let (out, declared) = match &self.plan {
            Plan::Avro(plan) => {
                let out = match frame.is_json {
                    true => plan.decode_json(payload),
                    false => plan.decode(payload, frame.bare_bytes),
                };
                (out, Rc::clone(plan.declared(message)))
            }
            Plan::Protobuf(plan) => {
                let declared = plan.declared(message).map_err(Wrong::Frame)?;
                (plan.decode(message, payload, begin), declared)
            }
            Plan::Json(declared) => {
                let (text, declared) = (json(payload)?, declared.clone());
                return Ok(Registered::Content(Content { text, declared }));
            }
        };
        let text = arena.alloc_str(&out.map_err(Wrong::Payload)?.text);
        Ok(Registered::Content(Content { text, declared: Some(declared) }))
    }

    /// Which type of Avro a payload is of, or which message of Protobuf, and where its value begins.
    ///
    /// # Errors
    /// The frame names no message of the schema.
    #[inline]
    fn start(&self, frame: &Frame<'_>, payload: &[u8]) -> Result<(usize, usize), Wrong> {
        match &self.plan {
            Plan::Avro(plan) => match plan.start(payload) {
                Some(start) if !frame.is_json => Ok(start),
                // Reading it says what is wrong.
                _ => Ok((plan.root(), 0)),
            },
            Plan::Protobuf(plan) => {
                let (message, begin) = match plan.first().filter(|_| frame.is_first(payload)) {
                    // Nearly all.
                    Some(first) => (first, 1),
                    None => {
                        let named = frame.message(payload).map_err(|why| Wrong::frame(&why))?;
                        let message = plan.find(&named.0);
                        (message.ok_or(Wrong::frame("its schema has no such message"))?, named.1)
                    }
                };
                // A field finds its declared type there.
                plan.declared(message).map_err(Wrong::Frame)?;
                Ok((message, begin))
            }
            Plan::Json(_) => Ok((0, 0)),
        }
    }

    /// The full name of the type or the message that a payload is of; `None` if it has none, or is not
    /// valid.
    pub(crate) fn type_name<'e>(&self, frame: &Frame<'e>, arena: &'e Bump) -> Option<&str> {
        let (message, _) = self.start(frame, frame.payload(arena).ok()?).ok()?;
        match &self.plan {
            Plan::Avro(plan) => plan.type_name(message),
            Plan::Protobuf(plan) => Some(plan.type_name(message)),
            Plan::Json(_) => None,
        }
    }

    /// The schema as the registry has it.
    pub(crate) fn schema(&self) -> &SchemaText {
        &self.schema
    }

    /// The name of a field, and the declared type of its value.
    fn field(&self, message: usize, member: &Member<'_>) -> (&str, Option<&Declared>) {
        match &self.plan {
            Plan::Avro(plan) => plan.field(message, member),
            Plan::Protobuf(plan) => {
                let name = plan.name(message, member.field);
                (name, plan.field_declared(message, member.field))
            }
            Plan::Json(_) => ("", None),
        }
    }
}

/// A payload that is read by field.
#[derive(Debug)]
pub(crate) struct Payload<'e> {
    pub(crate) compiled: Rc<Compiled>,
    /// How a registry names the schema.
    pub(crate) id: SchemaId,
    /// The message of a Protobuf schema, or the type of Avro's.
    pub(crate) message: usize,
    bytes: &'e [u8],
    /// Where the message begins.
    begin: usize,
}

impl<'e> Payload<'e> {
    /// The names of all fields in the order of the schema.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.compiled.plan {
            Plan::Avro(plan) => plan.names(self.message).into_iter().flatten().collect(),
            Plan::Protobuf(plan) => plan.names(self.message).collect(),
            Plan::Json(_) => Vec::new(),
        }
    }

    /// Reads the fields straight into cells.
    ///
    /// # Errors
    /// It must be read as [`Payload::members`].
    #[inline]
    pub(crate) fn fill(&self, slots: &mut Slots<'_, 'e>) -> Result<(), Unusual> {
        match &self.compiled.plan {
            Plan::Avro(plan) => plan.fill(self.message, self.bytes, self.begin, slots),
            Plan::Protobuf(plan) => plan.fill(self.message, self.bytes, self.begin, slots),
            Plan::Json(_) => Err(Unusual),
        }
    }

    /// Reads the fields that are there, in the order of the schema.
    ///
    /// # Errors
    /// It is not what the schema says.
    pub(crate) fn members(&self, arena: &'e Bump) -> Result<Vec<Member<'e>>, Wrong> {
        match &self.compiled.plan {
            Plan::Avro(plan) => plan.members(self.message, self.bytes, self.begin, arena),
            Plan::Protobuf(plan) => plan.members(self.message, self.bytes, self.begin, arena),
            Plan::Json(_) => Ok(Vec::new()),
        }
        .map_err(Wrong::Payload)
    }

    /// Fields whose value may be of a type that a record does not show, by their place: with each type that a later record
    /// may have. A field of Protobuf may be left out, and a union of Avro may have another branch.
    pub(crate) fn open_fields(&self) -> Vec<(usize, &str, Vec<&Declared>)> {
        let names = self.names().into_iter().enumerate();
        let of_field = |(field, name)| {
            let types = match &self.compiled.plan {
                Plan::Avro(plan) => plan.branches_of(self.message, field),
                Plan::Protobuf(plan) => {
                    plan.field_declared(self.message, field).into_iter().collect()
                }
                Plan::Json(_) => Vec::new(),
            };
            (field, name, types)
        };
        names.map(of_field).collect()
    }

    /// A field by its name.
    pub(crate) fn typed<'p>(&'p self, member: &Member<'e>) -> (&'p str, Typed<'e, 'p>) {
        let (name, declared) = self.compiled.field(self.message, member);
        (name, Typed { value: member.value, declared })
    }
}

/// What a payload becomes.
#[derive(Debug)]
pub(crate) enum Registered<'e> {
    Content(Content<'e>),
    Fields(Payload<'e>),
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
