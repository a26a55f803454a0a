//! The frame of AWS Glue's schema registry: the version of the header, the compression, the UUID of
//! the schema's version.

use std::io::Read;

use flate2::bufread::ZlibDecoder;

use super::parts::{Frame, MessageName, Pointer, Reason, SchemaId};
use crate::format::wire::{Wire, WireError};

/// Compressed with zlib (RFC 1950).
const ZLIB: u8 = 5;
/// No record of Kafka that Lambda delivers is larger: an event has 6 MB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that begin with the two bytes of the header.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame<'_>, Reason> {
    let Some((&[_, compression], rest)) = bytes.split_first_chunk() else {
        return Err("it ends inside its header".into());
    };
    let (id, payload) = rest.split_first_chunk().ok_or("it ends inside the id of its schema")?;
    let frame = Frame::new(SchemaId::Glue(*id), payload, Pointer::Sorted);
    Ok(Frame { is_compressed: compression == ZLIB, ..frame })
}

/// The index of a message among all of the schema.
pub(super) fn index(wire: &mut Wire<'_>) -> Result<MessageName, WireError> {
    match u32::try_from(wire.varint()?) {
        Ok(index) => Ok(MessageName::Sorted(index)),
        Err(_) => wire.fail("an index out of range"),
    }
}

/// Reads all of the compressed bytes, and no more than the limit out of them.
pub(super) fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    let mut rest = compressed;
    let limit = MOST_BYTES as u64 + 1;
    let read = ZlibDecoder::new(&mut rest).take(limit).read_to_end(&mut out);
    match read {
        Ok(_) if out.len() > MOST_BYTES => {
            Err("its compressed payload stands for more than 16 MiB".into())
        }
        Ok(_) if !rest.is_empty() => Err("bytes follow its compressed payload".into()),
        Ok(_) => Ok(out),
        Err(_) => Err("its compressed payload is not valid zlib, or not complete".into()),
    }
}
