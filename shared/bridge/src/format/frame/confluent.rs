//! Confluent's frames: a prefix, or a header with a GUID.

use super::parts::{Frame, MessageName, Pointer, Reason, SchemaId};
use crate::format::wire::{Wire, WireError};

/// No message is nested deeper.
const MOST_INDEXES: usize = 64;

const SHORT: &str = "it ends inside the id of its schema";

/// A zero and an id, or a one and a GUID.
pub(super) fn with_prefix(bytes: &[u8]) -> Result<Frame<'_>, Reason> {
    let (id, payload) = id(bytes)?;
    Ok(Frame { bare_bytes: true, ..Frame::new(id, payload, Pointer::Indexes) })
}

/// The same in a header, and for Protobuf the indexes too.
pub(super) fn with_header<'e>(header: &[u8], payload: &'e [u8]) -> Result<Frame<'e>, Reason> {
    let (id, indexes) = id(header)?;
    let pointer = Pointer::HeaderIndexes(indexes.to_vec());
    Ok(Frame { bare_bytes: true, ..Frame::new(id, payload, pointer) })
}

fn id(bytes: &[u8]) -> Result<(SchemaId, &[u8]), Reason> {
    match bytes {
        [0, rest @ ..] => {
            let (id, rest) = rest.split_first_chunk().ok_or(SHORT)?;
            Ok((SchemaId::Number(u32::from_be_bytes(*id)), rest))
        }
        [1, rest @ ..] => {
            let (guid, rest) = rest.split_first_chunk().ok_or(SHORT)?;
            Ok((SchemaId::Guid(*guid), rest))
        }
        _ => Err("the id of its schema begins with an unknown byte".into()),
    }
}

/// A count and as many indexes; a single zero stands for the first message.
pub(super) fn indexes(wire: &mut Wire<'_>) -> Result<MessageName, WireError> {
    let count = match usize::try_from(wire.zigzag()?) {
        Ok(0) => return Ok(MessageName::Path(vec![0])),
        Ok(count @ ..=MOST_INDEXES) => count,
        Ok(_) => return wire.fail("more indexes than messages can be nested"),
        Err(_) => return wire.fail("a negative number of indexes"),
    };
    let mut path = Vec::with_capacity(count);
    for _ in 0..count {
        match u32::try_from(wire.zigzag()?) {
            Ok(index) => path.push(index),
            Err(_) => return wire.fail("an index out of range"),
        }
    }
    Ok(MessageName::Path(path))
}
