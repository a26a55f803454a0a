//! The fields of a message as they are met in its bytes. A field may be there again, anywhere: then
//! the last value counts, messages are merged, and repeated values follow each other.

use super::plan::{Kind, Message, Presence, ProtobufPlan};
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::format::wire::{Wire, WireError, unzigzag};

/// How the value of a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireType {
    Varint = 0,
    Eight = 1,
    /// A length, then as many bytes.
    Sized = 2,
    /// Fields up to the end of the group.
    Group = 3,
    Four = 5,
}

/// A value of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    /// The index of the field.
    pub(super) field: u32,
    /// The byte at which the value begins.
    pub(super) at: u32,
    pub(super) wire_type: WireType,
}

/// A part of a payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) at: usize,
    pub(super) end: usize,
}

/// A value that is not a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'e> {
    Int(i64),
    Uint(u64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text(&'e str),
    Bytes(&'e [u8]),
    Enum(usize, i32),
}

/// The values of a message.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of the schema; those of one field in the order in which they were met.
    pub(super) met: Vec<Met>,
    /// What another member of its oneof has replaced. It counts only as bytes that must be valid.
    pub(super) replaced: Vec<Met>,
}

/// Finds the fields of a message.
///
/// # Errors
/// The bytes are not a message, or a field has another type.
pub(super) fn scan(
    message: &Message,
    bytes: &[u8],
    ranges: &[Range],
) -> Result<Found, Undecodable> {
    let mut all: Vec<Met> = Vec::with_capacity(message.fields.len().min(16));
    // The member that each oneof has now, and the place of its first value.
    let mut chosen: Vec<Option<(u32, usize)>> = vec![None; message.oneofs];
    let mut is_replaced = false;
    for range in ranges {
        let mut wire = Wire::part(bytes, range.at, range.end);
        while wire.left() > 0 {
            let (number, wire_type) = tag(&mut wire)?;
            let Some(index) = message.field(number) else {
                skip(&mut wire, number, wire_type, 0)?;
                continue;
            };
            let field = &message.fields[index];
            let named = |wrong: WireError| Undecodable::from(wrong).in_field(&field.name);
            if !takes(field.kind, field.presence, wire_type) {
                return wire.fail("a field is of another type than its schema says").map_err(named);
            }
            let (field_index, at) = (index as u32, wire.at() as u32);
            skip(&mut wire, number, wire_type, 0).map_err(named)?;
            if let Some(oneof) = field.oneof
                && chosen[oneof].is_none_or(|(member, _)| member != field_index)
            {
                is_replaced |= chosen[oneof].is_some();
                chosen[oneof] = Some((field_index, all.len()));
            }
            all.push(Met { field: field_index, at, wire_type });
        }
    }
    let replaced = if is_replaced { take_replaced(message, &chosen, &mut all) } else { Vec::new() };
    // Most are in order already, which this finds out at once.
    all.sort_by_key(|met| met.field);
    Ok(Found { met: all, replaced })
}

/// Takes the values of oneofs that another member came after. All at once: in a hostile payload
/// there are as many as bytes.
fn take_replaced(
    message: &Message,
    chosen: &[Option<(u32, usize)>],
    all: &mut Vec<Met>,
) -> Vec<Met> {
    let mut place = 0;
    let is_replaced = |met: &mut Met| {
        let oneof = message.fields[met.field as usize].oneof;
        let first = oneof.and_then(|oneof| chosen[oneof]).map_or(0, |(_, first)| first);
        place += 1;
        oneof.is_some() && place <= first
    };
    all.extract_if(.., is_replaced).collect()
}

#[inline]
pub(super) fn tag(wire: &mut Wire<'_>) -> Result<(u32, WireType), WireError> {
    let tag = wire.varint()?;
    parts(tag, wire)
}

/// The number of a field and how its value is written, from its tag, which was the last to be read.
#[inline]
pub(super) fn parts(tag: u64, wire: &Wire<'_>) -> Result<(u32, WireType), WireError> {
    let wire_type = match tag & 7 {
        0 => WireType::Varint,
        1 => WireType::Eight,
        2 => WireType::Sized,
        3 => WireType::Group,
        5 => WireType::Four,
        4 => return wire.fail("a group ends that did not begin"),
        _ => return wire.fail("a field has an unknown wire type"),
    };
    match u32::try_from(tag >> 3) {
        Ok(number @ 1..=0x1fff_ffff) => Ok((number, wire_type)),
        _ => wire.fail("a field has a number out of range"),
    }
}

#[inline]
pub(super) fn skip(
    wire: &mut Wire<'_>,
    number: u32,
    wire_type: WireType,
    depth: usize,
) -> Result<(), WireError> {
    match wire_type {
        WireType::Varint => wire.varint().map(drop),
        WireType::Eight => wire.take(8).map(drop),
        WireType::Four => wire.take(4).map(drop),
        WireType::Sized => sized(wire).map(drop),
        WireType::Group => group(wire, number, depth).map(drop),
    }
}

/// The bytes after a length.
#[inline]
pub(super) fn sized<'e>(wire: &mut Wire<'e>) -> Result<&'e [u8], WireError> {
    match usize::try_from(wire.varint()?) {
        Ok(length) => wire.take(length),
        Err(_) => wire.fail("a length is out of range"),
    }
}

/// Moves past a group, and returns where its fields end.
fn group(wire: &mut Wire<'_>, number: u32, depth: usize) -> Result<usize, WireError> {
    if depth == MOST_DEEP {
        return wire.fail(TOO_DEEP);
    }
    loop {
        let end = wire.at();
        if wire.left() == 0 {
            return wire.fail("a group does not end");
        }
        let mut ahead = wire.clone();
        let ending = ahead.varint()?;
        if ending & 7 == 4 {
            if ending >> 3 != u64::from(number) {
                return wire.fail("a group ends that did not begin");
            }
            *wire = ahead;
            return Ok(end);
        }
        let (number, wire_type) = tag(wire)?;
        skip(wire, number, wire_type, depth + 1)?;
    }
}

/// Whether a field of a type may be written in this way; numbers that repeat may be packed.
#[inline]
pub(super) fn takes(kind: Kind, presence: Presence, wire_type: WireType) -> bool {
    kind.wire_type() == wire_type
        || matches!(kind, Kind::Message(_)) && wire_type == WireType::Group
        || presence == Presence::Repeated && wire_type == WireType::Sized
}

impl Kind {
    /// How a single value is written; a message may be a group, too.
    #[inline]
    pub(super) fn wire_type(self) -> WireType {
        match self {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::Eight,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::Four,
            Kind::Text | Kind::Bytes | Kind::Message(_) => WireType::Sized,
            _ => WireType::Varint,
        }
    }
}

impl Met {
    /// The part of the payload that a message is.
    ///
    /// # Errors
    /// There is none: every value was passed before.
    pub(super) fn range(self, message: &Message, bytes: &[u8]) -> Result<Range, WireError> {
        let mut wire = Wire::part(bytes, self.at as usize, bytes.len());
        if self.wire_type == WireType::Group {
            let numbers = message.numbers.iter();
            let own = numbers.clone().find(|(_, index)| *index == self.field as usize);
            let at = self.at as usize;
            return Ok(Range { at, end: group(&mut wire, own.map_or(0, |own| own.0), 0)? });
        }
        let length = sized(&mut wire)?.len();
        Ok(Range { at: wire.at() - length, end: wire.at() })
    }
}

impl ProtobufPlan {
    /// Reads a value that is not a message.
    ///
    /// # Errors
    /// It is out of range, or text that is not UTF-8.
    #[inline]
    pub(super) fn scalar<'e>(
        &self,
        kind: Kind,
        wire: &mut Wire<'e>,
    ) -> Result<Scalar<'e>, WireError> {
        Ok(match kind {
            Kind::Double => Scalar::Double(f64::from_le_bytes(wire.array()?)),
            Kind::Float => Scalar::Float(f32::from_le_bytes(wire.array()?)),
            Kind::Int32 => Scalar::Int(int(wire)?.into()),
            Kind::Int64 => Scalar::Int(wire.varint()? as i64),
            Kind::Uint32 => match u32::try_from(wire.varint()?) {
                Ok(number) => Scalar::Uint(number.into()),
                Err(_) => wire.fail(TOO_LARGE)?,
            },
            Kind::Uint64 => Scalar::Uint(wire.varint()?),
            Kind::Sint32 => match i32::try_from(unzigzag(wire.varint()?)) {
                Ok(number) => Scalar::Int(number.into()),
                Err(_) => wire.fail(TOO_LARGE)?,
            },
            Kind::Sint64 => Scalar::Int(wire.zigzag()?),
            Kind::Fixed32 => Scalar::Uint(u32::from_le_bytes(wire.array()?).into()),
            Kind::Fixed64 => Scalar::Uint(u64::from_le_bytes(wire.array()?)),
            Kind::Sfixed32 => Scalar::Int(i32::from_le_bytes(wire.array()?).into()),
            Kind::Sfixed64 => Scalar::Int(i64::from_le_bytes(wire.array()?)),
            Kind::Bool => Scalar::Bool(wire.varint()? != 0),
            Kind::Text => Scalar::Text(text(wire)?),
            Kind::Bytes => Scalar::Bytes(sized(wire)?),
            Kind::Enum(index) => Scalar::Enum(index, int(wire)?),
            Kind::Message(_) => wire.fail("a message is not a single value")?,
        })
    }

    /// The value of a field that is not there.
    pub(super) fn default(&self, kind: Kind) -> Scalar<'static> {
        match kind {
            Kind::Double => Scalar::Double(0.0),
            Kind::Float => Scalar::Float(0.0),
            Kind::Bool => Scalar::Bool(false),
            Kind::Text => Scalar::Text(""),
            Kind::Bytes => Scalar::Bytes(&[]),
            Kind::Enum(index) => Scalar::Enum(index, self.enums[index].first),
            _ => Scalar::Int(0),
        }
    }
}

const TOO_LARGE: &str = "a number has more than 32 bits";

/// The text after a length.
#[inline]
pub(super) fn text<'e>(wire: &mut Wire<'e>) -> Result<&'e str, WireError> {
    match simdutf8::basic::from_utf8(sized(wire)?) {
        Ok(text) => Ok(text),
        Err(_) => wire.fail("a string is not UTF-8"),
    }
}

/// 32 bits. A negative number may have its sign in 64 bits or in 32.
#[inline]
pub(super) fn int(wire: &mut Wire<'_>) -> Result<i32, WireError> {
    let value = wire.varint()?;
    match (i32::try_from(value as i64), u32::try_from(value)) {
        (Ok(number), _) => Ok(number),
        (Err(_), Ok(bits)) => Ok(bits as i32),
        (Err(_), Err(_)) => wire.fail(TOO_LARGE),
    }
}
