//! Protobuf: a payload becomes what prost-reflect reads from it, or both refuse it.
//!
//! What is meant to be different: a number that does not fit into 32 bits is refused, where the
//! oracle keeps 32 of its bits; a required field must be there; and what becomes too deep or too long
//! is refused.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use sluice_bridge::format::registry::SchemaKind;

use super::registered::{decode, parsed};
use super::sent::comes_back;

/// Schemas whose first message between them have every type; the first byte of the data chooses one.
pub(crate) const SCHEMAS: [&str; 3] = [
    r#"syntax = "proto3"; message M { double d = 1; float f = 2; int32 i = 3; int64 l = 4; uint32 ui = 5;
        uint64 ul = 6; sint32 si = 7; sint64 sl = 8; fixed32 fi = 9; fixed64 fl = 10; sfixed32 sfi = 11;
        sfixed64 sfl = 12; bool b = 13; string s = 14; bytes y = 15; E e = 16; optional int32 o = 17;
        oneof c { string cs = 18; int64 cl = 19; M cm = 20; } } enum E { ZERO = 0; ONE = 1; MINUS = -1; }"#,
    r#"syntax = "proto3"; message M { repeated int32 p = 1; repeated sint64 q = 2; repeated string s = 3;
        repeated M m = 4; map<string, int32> a = 5; map<int64, N> b = 6; map<bool, string> c = 7;
        repeated double d = 8; repeated bool t = 9; N n = 10; }
        message N { int32 x = 1; string y = 2; N z = 3; repeated fixed32 r = 4; }"#,
    r#"syntax = "proto2"; message M { optional int32 i = 1; required string s = 2; repeated int32 r = 3;
        optional group G = 4 { optional int32 a = 1; repeated string b = 2; }
        repeated group H = 5 { optional M m = 1; } optional E e = 6; repeated int64 k = 7 [packed = true]; }
        enum E { ONE = 1; TWO = 2; }"#,
];

static PARSED: LazyLock<Vec<MessageDescriptor>> = LazyLock::new(|| {
    let message = |text: &&str| {
        let file = protox_parse::parse("m.proto", text).expect("the schema is valid");
        let mut pool = DescriptorPool::new();
        pool.add_file_descriptor_proto(file).expect("its names are known");
        pool.get_message_by_name("M").expect("it has the message")
    };
    SCHEMAS.iter().map(message).collect()
});

/// A message by the place of its schema, as the oracle has it.
pub(crate) fn message(place: usize) -> MessageDescriptor {
    PARSED[place % SCHEMAS.len()].clone()
}

/// A byte that chooses a schema, then a payload.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Some((&choice, payload)) = data.split_first() else { return };
    let place = usize::from(choice) % SCHEMAS.len();
    let message = message(place);
    let fields: Vec<String> = message.fields().map(|field| field.name().to_owned()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let ours = decode(SchemaKind::Protobuf, SCHEMAS[place], &fields, payload);
    let theirs = DynamicMessage::decode(message, payload);
    let is_meant = |why: &str| {
        ["32 bits", "required", "64 levels", "16 MiB"].iter().any(|words| why.contains(words))
    };
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(parsed(&ours), json_of(&theirs));
            comes_back(SchemaKind::Protobuf, SCHEMAS[place], &fields, &ours);
        }
        (Err(_), Err(_)) => {}
        (Err(why), Ok(_)) if is_meant(&why) => {}
        (ours, theirs) => panic!("{ours:?}, but the oracle has {theirs:?}"),
    }
}

/// Whether a row comes of these bytes.
#[must_use]
pub fn is_row(data: &[u8]) -> bool {
    let Some((&choice, payload)) = data.split_first() else { return false };
    DynamicMessage::decode(message(choice.into()), payload).is_ok()
}

fn json_of(message: &DynamicMessage) -> serde_json::Value {
    let options = SerializeOptions::new()
        .stringify_64_bit_integers(false)
        .use_proto_field_name(true)
        .skip_default_fields(false);
    // By way of text: a float of 32 bits has its own digits there.
    let mut text = Vec::new();
    let written =
        message.serialize_with_options(&mut serde_json::Serializer::new(&mut text), &options);
    written.expect("a message is JSON");
    parsed(&String::from_utf8(text).expect("JSON is text"))
}
