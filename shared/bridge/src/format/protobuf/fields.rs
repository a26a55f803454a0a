//! Compiles definitions into a plan: each field finds its type.

use std::cell::OnceCell;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    OneofDescriptorProto,
};

use super::names::{Defined, Files, Symbol, is_entry};
use super::plan::{Choice, Enum, Kind, Message, MessageField, Presence, ProtobufPlan, Special};
use crate::format::json_text::label;

/// Compiles all messages of a schema.
///
/// # Errors
/// A sentence about a field whose type is not known.
pub(super) fn compile(files: &Files, flatten: bool) -> Result<ProtobufPlan, String> {
    let mut messages: Vec<Message> =
        files.messages.iter().map(|defined| message(files, defined)).collect::<Result<_, _>>()?;
    if !flatten {
        for (message, defined) in messages.iter_mut().zip(&files.messages) {
            message.choices = choices(&defined.definition);
        }
    }
    let mut sorted: Vec<usize> = (0..files.own).collect();
    sorted.sort_by(|one, other| messages[*one].name.cmp(&messages[*other].name));
    Ok(ProtobufPlan {
        messages,
        enums: files.enums.iter().map(constants).collect(),
        names: files.by_name(),
        top: files.top.clone(),
        sorted,
        package: files.package.clone(),
        declared: files.messages.iter().map(|_| OnceCell::new()).collect(),
    })
}

fn constants(defined: &Defined<EnumDescriptorProto>) -> Enum {
    let of = |constant: &EnumValueDescriptorProto| (constant.number(), constant.name().into());
    let mut names: Vec<(i32, Box<str>)> = defined.definition.value.iter().map(of).collect();
    // The first name of a number counts.
    names.sort_by_key(|(number, _)| *number);
    names.dedup_by_key(|(number, _)| *number);
    let first = defined.definition.value.first().map_or(0, EnumValueDescriptorProto::number);
    Enum { names, first, is_null: defined.name == "google.protobuf.NullValue" }
}

fn message(files: &Files, defined: &Defined<DescriptorProto>) -> Result<Message, String> {
    let mut fields = Vec::new();
    let mut numbers = Vec::new();
    for one in &defined.definition.field {
        let number = u32::try_from(one.number()).unwrap_or_default();
        if number == 0 {
            return Err(format!("the field `{}` of {} has no number", one.name(), defined.name));
        }
        numbers.push((number, fields.len()));
        fields.push(field(files, defined, one)?);
    }
    numbers.sort_unstable();
    Ok(Message {
        special: Special::of(&defined.name).filter(|special| special.fits(&fields)),
        name: defined.name.clone(),
        fields,
        numbers,
        inside: defined.inside.clone(),
        oneofs: defined.definition.oneof_decl.len(),
        choices: Vec::new(),
    })
}

/// The oneofs as objects. Those that only stand for an optional field are none.
fn choices(definition: &DescriptorProto) -> Vec<Choice> {
    let members = |oneof: usize| -> Vec<usize> {
        let is_member = |field: &FieldDescriptorProto| {
            !field.proto3_optional() && field.oneof_index == i32::try_from(oneof).ok()
        };
        let fields = definition.field.iter().enumerate();
        fields.filter(|(_, field)| is_member(field)).map(|(index, _)| index).collect()
    };
    let oneofs = definition.oneof_decl.iter().enumerate();
    let choice = |(index, oneof): (usize, &OneofDescriptorProto)| {
        let name = format!("{}_{index}", oneof.name());
        Choice { label: label(&name), name: name.into(), members: members(index) }
    };
    oneofs.map(choice).filter(|choice| !choice.members.is_empty()).collect()
}

fn field(
    files: &Files,
    defined: &Defined<DescriptorProto>,
    one: &FieldDescriptorProto,
) -> Result<MessageField, String> {
    let Some(kind) = kind(files, &defined.name, one) else {
        return Err(format!(
            "the field `{}` of {} has the type `{}`, which is not defined",
            one.name(),
            defined.name,
            one.type_name()
        ));
    };
    let is_map = |index: usize| is_entry(&files.messages[index].definition);
    let oneof = one.oneof_index.and_then(|index| usize::try_from(index).ok());
    let presence = match (one.label(), kind) {
        (Label::Repeated, Kind::Message(index)) if is_map(index) => Presence::Map,
        (Label::Repeated, _) => Presence::Repeated,
        (Label::Required, _) => Presence::Required,
        (Label::Optional, Kind::Message(_)) => Presence::Optional,
        (Label::Optional, _) if defined.is_proto3 && oneof.is_none() => Presence::Implicit,
        (Label::Optional, _) => Presence::Optional,
    };
    let presence = if one.proto3_optional() { Presence::Optional } else { presence };
    let is_choice = oneof.is_some() && !one.proto3_optional();
    let presence = match presence {
        Presence::Optional if !is_choice && says_null(&defined.definition) => Presence::Nullable,
        presence => presence,
    };
    let oneof = oneof.filter(|index| *index < defined.definition.oneof_decl.len());
    let number = u64::try_from(one.number()).unwrap_or_default();
    Ok(MessageField {
        name: one.name().into(),
        label: label(one.name()),
        kind,
        tag: number << 3 | kind.wire_type() as u64,
        presence,
        oneof,
    })
}

/// A parameter in `confluent.message_meta` of a message: an optional field that is not sent is null, and not absent.
/// Protobuf has no null, but a row of a source has all its columns, and a null must replace the value in the copy.
pub const UNSET_IS_NULL: &str = "sluice.unset";

/// Whether the message has the parameter [`UNSET_IS_NULL`].
fn says_null(definition: &DescriptorProto) -> bool {
    let options = definition.options.as_ref().map_or(&[][..], |it| &it.uninterpreted_option);
    options.iter().any(|option| {
        let name: Vec<&str> = option.name.iter().map(|part| part.name_part.as_str()).collect();
        let params = option.aggregate_value.as_deref().unwrap_or_default();
        name.concat().ends_with("confluent.message_meta")
            && params.contains(&format!("\"{UNSET_IS_NULL}\""))
    })
}

/// The type of a field; a parser does not know which of the names are those of enums.
fn kind(files: &Files, within: &str, one: &FieldDescriptorProto) -> Option<Kind> {
    if one.type_name.is_some() {
        return Some(match files.resolve(one.type_name(), within)? {
            Symbol::Message(index) => Kind::Message(index),
            Symbol::Enum(index) => Kind::Enum(index),
        });
    }
    Some(match Type::try_from(one.r#type?).ok()? {
        Type::Double => Kind::Double,
        Type::Float => Kind::Float,
        Type::Int64 => Kind::Int64,
        Type::Uint64 => Kind::Uint64,
        Type::Int32 => Kind::Int32,
        Type::Fixed64 => Kind::Fixed64,
        Type::Fixed32 => Kind::Fixed32,
        Type::Bool => Kind::Bool,
        Type::String => Kind::Text,
        Type::Bytes => Kind::Bytes,
        Type::Uint32 => Kind::Uint32,
        Type::Sfixed32 => Kind::Sfixed32,
        Type::Sfixed64 => Kind::Sfixed64,
        Type::Sint32 => Kind::Sint32,
        Type::Sint64 => Kind::Sint64,
        Type::Group | Type::Message | Type::Enum => return None,
    })
}

impl Special {
    /// Whether a message has the fields that its meaning needs: the name alone does not say so.
    fn fits(self, fields: &[MessageField]) -> bool {
        let has = |kinds: &[Kind]| kinds.iter().eq(fields.iter().map(|field| &field.kind));
        let is_repeated = |presence: Presence| fields[0].presence == presence;
        match self {
            Special::Timestamp | Special::Duration => has(&[Kind::Int64, Kind::Int32]),
            Special::Wrapper => {
                fields.len() == 1 && !matches!(fields[0].kind, Kind::Message(_) | Kind::Enum(_))
            }
            Special::Struct => fields.len() == 1 && is_repeated(Presence::Map),
            Special::List => fields.len() == 1 && is_repeated(Presence::Repeated),
            Special::Value => !fields.is_empty() && fields.iter().all(|it| it.oneof == Some(0)),
            Special::Any => has(&[Kind::Text, Kind::Bytes]),
            Special::FieldMask => has(&[Kind::Text]) && is_repeated(Presence::Repeated),
            Special::Date => has(&[Kind::Int32; 3]),
            Special::TimeOfDay => has(&[Kind::Int32; 4]),
            Special::Decimal => has(&[Kind::Bytes, Kind::Uint32, Kind::Int32]),
        }
    }
}
