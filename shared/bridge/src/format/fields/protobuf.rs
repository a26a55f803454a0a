//! The fields of a message of Protobuf. Names of types are shown as the schema writes them.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, MessageOptions,
};

use super::declared::{DeclaredField, DeclaredType};
use crate::format::protobuf::file::read;
use crate::format::schema_text::SchemaText;

/// The field numbers in `FileDescriptorProto`, of which the paths of comments consist
/// (`google/protobuf/descriptor.proto`).
const MESSAGES: i32 = 4;
const NESTED: i32 = 3;
const FIELDS: i32 = 2;

pub(super) fn fields(schema: &SchemaText, name: Option<&str>) -> Result<DeclaredType, String> {
    let mut files = vec![read("the schema", &schema.text)?.0];
    for reference in &schema.references {
        files.push(read(&reference.name, &reference.text)?.0);
    }
    let found = files.iter().find_map(|file| {
        let found = Found { file, name: file.package().to_owned(), path: vec![MESSAGES] };
        found.among(&file.message_type, name)
    });
    let (message, found) = found.ok_or_else(|| match name {
        Some(name) => format!("it has no message {name}"),
        None => "it has no message".to_owned(),
    })?;
    let fields = message.field.iter().enumerate();
    let fields = fields.map(|(index, field)| found.field(&files, message, index, field)).collect();
    Ok(DeclaredType { doc: found.comment(&[]), name: found.name, fields })
}

/// A message, or where messages are.
struct Found<'f> {
    file: &'f FileDescriptorProto,
    /// The full name of the message, or of what the messages are in.
    name: String,
    /// The path of its comment.
    path: Vec<i32>,
}

impl<'f> Found<'f> {
    /// A message among others, or in them; without a name the first one.
    fn among(
        &self,
        messages: &'f [DescriptorProto],
        name: Option<&str>,
    ) -> Option<(&'f DescriptorProto, Self)> {
        let mut places = messages.iter().zip(0_i32..).map(|(message, index)| {
            let full = match self.name.as_str() {
                "" => message.name().to_owned(),
                outer => format!("{outer}.{}", message.name()),
            };
            let path = [&self.path[..], &[index]].concat();
            (message, Self { file: self.file, name: full, path })
        });
        places.find_map(|(message, found)| {
            if name.is_none_or(|name| name == found.name) {
                return Some((message, found));
            }
            let path = [&found.path[..], &[NESTED]].concat();
            Self { path, ..found }.among(&message.nested_type, name)
        })
    }

    fn field(
        &self,
        files: &[FileDescriptorProto],
        message: &DescriptorProto,
        index: usize,
        field: &FieldDescriptorProto,
    ) -> DeclaredField {
        let entry = message.nested_type.iter().find(|nested| {
            let is_map = nested.options.as_ref().is_some_and(MessageOptions::map_entry);
            is_map && field.type_name().rsplit('.').next() == Some(nested.name())
        });
        let (ty, presence) = match entry.map(|entry| entry.field.as_slice()) {
            Some([key, value]) => (format!("map<{}, {}>", shown(key), shown(value)), "map"),
            _ => (shown(field), self.presence(files, field)),
        };
        let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
        let oneof = oneof.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
        DeclaredField {
            name: field.name().to_owned(),
            ty,
            logical: None,
            presence: oneof.map_or(presence.to_owned(), |oneof| format!("oneof {}", oneof.name())),
            default: field.default_value.clone(),
            doc: i32::try_from(index).ok().and_then(|index| self.comment(&[FIELDS, index])),
        }
    }

    fn presence(
        &self,
        files: &[FileDescriptorProto],
        field: &FieldDescriptorProto,
    ) -> &'static str {
        let is_message = !field.type_name().is_empty() && !is_enum(files, field);
        match field.label() {
            Label::Repeated => "repeated",
            Label::Required => "required",
            Label::Optional
                if self.file.syntax() == "proto3" && !field.proto3_optional() && !is_message =>
            {
                "implicit"
            }
            Label::Optional => "optional",
        }
    }

    /// The comment before what is at a path within the message.
    fn comment(&self, within: &[i32]) -> Option<String> {
        let path = [&self.path[..], within].concat();
        let places = self.file.source_code_info.iter().flat_map(|info| &info.location);
        let place = places.into_iter().find(|place| place.path == path)?;
        let comment = place.leading_comments.as_ref().or(place.trailing_comments.as_ref())?;
        let words: Vec<&str> = comment.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// Whether the type of a field is one of the enums of these files.
fn is_enum(files: &[FileDescriptorProto], field: &FieldDescriptorProto) -> bool {
    fn within(message: &DescriptorProto, is_it: &dyn Fn(&EnumDescriptorProto) -> bool) -> bool {
        message.enum_type.iter().any(is_it)
            || message.nested_type.iter().any(|nested| within(nested, is_it))
    }
    let name = field.type_name().rsplit('.').next().unwrap_or_default();
    let is_it = |it: &EnumDescriptorProto| it.name() == name;
    files.iter().any(|file| {
        file.enum_type.iter().any(is_it)
            || file.message_type.iter().any(|message| within(message, &is_it))
    })
}

fn shown(field: &FieldDescriptorProto) -> String {
    if !field.type_name().is_empty() {
        return field.type_name().trim_start_matches('.').to_owned();
    }
    // As the language writes it: `TYPE_UINT64` is `uint64`.
    let name = Type::try_from(field.r#type.unwrap_or_default()).map(|ty| ty.as_str_name());
    name.map_or(String::new(), |name| name.trim_start_matches("TYPE_").to_lowercase())
}
