//! Unions of several types as objects, as Confluent's converters have them: a member for each type,
//! of which one has a value.
//!
//! Names: `AvroData.unionMemberFieldName` of `io.confluent.connect.avro`, without enhanced names.

use super::plan::{Alternative, Node, Type};
use crate::format::json_text::label;

/// Turns all unions of more than one type, null not counted, into choices.
pub(super) fn convert(nodes: &mut [Node]) {
    for index in 0..nodes.len() {
        let Type::Union(branches) = &nodes[index].ty else { continue };
        let words: Vec<&str> = branches.iter().map(|branch| word(&nodes[*branch])).collect();
        if words.iter().filter(|word| **word != NULL).count() < 2 {
            continue;
        }
        let alternatives = branches.iter().zip(&words).map(|(branch, full)| {
            let short = |word: &str| word.rsplit('.').next().unwrap_or_default().to_owned();
            // Where two have the same name, the namespaces tell them apart.
            let is_one = words.iter().filter(|other| short(other) == short(full)).count() == 1;
            let name = if is_one { short(full) } else { (*full).to_owned() };
            let name_of_member = (*full != NULL).then(|| name.as_str().into());
            Alternative { ty: *branch, label: label(&name), name: name_of_member }
        });
        nodes[index].ty = Type::Choice(alternatives.collect());
    }
}

const NULL: &str = "null";

/// The name of a branch: of a record, an enum or a fixed its full name, else that of its type.
pub(super) fn word(node: &Node) -> &str {
    match (&node.name, &node.ty) {
        (Some(name), _) => name,
        (None, Type::Null) => NULL,
        (None, Type::Boolean) => "boolean",
        (None, Type::Int(_) | Type::Count { is_int: true, .. }) => "int",
        (None, Type::Long | Type::Count { .. }) => "long",
        (None, Type::Float) => "float",
        (None, Type::Double) => "double",
        (None, Type::Text(_)) => "string",
        (None, Type::Array(_)) => "array",
        (None, Type::Map(_)) => "map",
        (None, _) => "bytes",
    }
}
