//! Which field comes next in the bytes of a message. Its value is read elsewhere.

use super::plan::{Message, MessageField};
use super::scan::{WireType, parts, skip, takes};
use crate::format::slots::Unusual;
use crate::format::wire::Wire;

/// Most writers keep the order of the schema, and leave out few fields.
const LOOK_AHEAD: usize = 3;

/// A field whose value comes next.
#[derive(Debug)]
pub(super) struct Next<'p> {
    pub(super) index: usize,
    pub(super) field: &'p MessageField,
    pub(super) number: u32,
    pub(super) wire_type: WireType,
}

/// Reads the tag of the next field; `None` if the schema does not have it, and then its value is
/// skipped. `expected` is the index of the field after the one before.
///
/// # Errors
/// The bytes are not a message, or the field has another type.
#[inline(always)]
pub(super) fn field<'p>(
    message: &'p Message,
    expected: &mut usize,
    wire: &mut Wire<'_>,
) -> Result<Option<Next<'p>>, Unusual> {
    let tag = wire.varint()?;
    for index in *expected..*expected + LOOK_AHEAD {
        let Some(field) = message.fields.get(index) else { break };
        if field.tag == tag {
            *expected = index + 1;
            let (number, wire_type) = ((tag >> 3) as u32, field.kind.wire_type());
            return Ok(Some(Next { index, field, number, wire_type }));
        }
    }
    let next = other(message, tag, wire)?;
    *expected = next.as_ref().map_or(*expected, |next| next.index + 1);
    Ok(next)
}

/// The same of a field that is not one of the expected ones.
#[inline(never)]
fn other<'p>(
    message: &'p Message,
    tag: u64,
    wire: &mut Wire<'_>,
) -> Result<Option<Next<'p>>, Unusual> {
    let (number, wire_type) = parts(tag, wire)?;
    let Some(index) = message.field(number) else {
        skip(wire, number, wire_type, 0)?;
        return Ok(None);
    };
    let field = &message.fields[index];
    match takes(field.kind, field.presence, wire_type) {
        true => Ok(Some(Next { index, field, number, wire_type })),
        false => Err(Unusual),
    }
}
