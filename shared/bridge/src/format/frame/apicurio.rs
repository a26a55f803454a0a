//! Apicurio's frames: headers, or a prefix of eight or four bytes. For Protobuf the name of the
//! message is in front of it.

use super::parts::{Frame, MessageName, Part, Pointer, Reason, SchemaId};
use crate::event::record::Headers;
use crate::format::wire::{Wire, WireError};

/// The largest tag of the one field that the reference must have: its number is 1, it has a length.
const NAME: u64 = 1 << 3 | 2;

/// The headers of one part of a record; `None` if they have no id.
pub(super) fn with_headers<'e>(
    headers: Headers<'_>,
    part: Part,
    payload: &'e [u8],
) -> Option<Result<Frame<'e>, Reason>> {
    let of_part = |name: &str| headers.last(&format!("apicurio.{}.{name}", part.word()));
    let (id, of): (_, fn(u64) -> SchemaId) = match (of_part("globalId"), of_part("contentId")) {
        (Some(id), _) => (id, SchemaId::Global),
        (None, Some(id)) => (id, SchemaId::Content),
        (None, None) => return None,
    };
    let Ok(id) = <[u8; 8]>::try_from(id.as_slice()) else {
        return Some(Err("the header with the id of its schema has not eight bytes".into()));
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    let class = || of_part("msgType").and_then(text);
    let name = headers.last("apicurio.protobuf.type").and_then(text).or_else(class);
    let pointer = match name {
        Some(name) => Pointer::Name(name.rsplit('$').next().unwrap_or_default().to_owned()),
        None => Pointer::HeaderIndexes(Vec::new()),
    };
    let is_json = of_part("encoding").is_some_and(|word| word.eq_ignore_ascii_case(b"JSON"));
    let frame = Frame::new(of(u64::from_be_bytes(id)), payload, pointer);
    Some(Ok(Frame { is_json, ..frame }))
}

/// What follows the zero: eight bytes of a global id.
pub(super) fn with_prefix(rest: &[u8]) -> Result<Frame<'_>, Reason> {
    let (id, payload) = rest.split_first_chunk().ok_or(SHORT)?;
    Ok(Frame::new(SchemaId::Global(u64::from_be_bytes(*id)), payload, Pointer::Reference))
}

/// What follows the zero: four bytes of a content id, as Confluent's clients write it.
pub(super) fn with_short_prefix(rest: &[u8]) -> Result<Frame<'_>, Reason> {
    let (id, payload) = rest.split_first_chunk().ok_or(SHORT)?;
    Ok(Frame::new(SchemaId::Number(u32::from_be_bytes(*id)), payload, Pointer::Reference))
}

const SHORT: &str = "it ends inside the id of its schema";

/// A message with its length in front: its field 1 is the name of the payload's message.
pub(super) fn reference(wire: &mut Wire<'_>) -> Result<MessageName, WireError> {
    let Ok(length) = usize::try_from(wire.varint()?) else {
        return wire.fail("a length out of range");
    };
    let mut inside = Wire::new(wire.take(length)?);
    let mut name = None;
    while inside.left() > 0 {
        if inside.varint()? != NAME {
            return wire.fail("a reference with another field than the name");
        }
        let Ok(length) = usize::try_from(inside.varint()?) else {
            return wire.fail("a length out of range");
        };
        name = std::str::from_utf8(inside.take(length)?).ok().map(str::to_owned);
    }
    match name {
        Some(name) => Ok(MessageName::Name(name)),
        None => wire.fail("a reference without a name"),
    }
}
