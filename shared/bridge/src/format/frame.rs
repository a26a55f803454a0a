//! The frame around a key or a value that was written with a schema of a registry: which schema it
//! was, and where the payload begins. The payload is read elsewhere.
//!
//! Formats: Confluent's "Wire format"; Apicurio Registry's `DefaultIdHandler`, `Legacy4ByteIdHandler`
//! and `DefaultHeadersHandler`; `GlueSchemaRegistryDeserializerDataParser` of AWS Glue; the schema
//! metadata of Lambda's event source mapping.

mod apicurio;
mod confluent;
mod glue;
mod metadata;
mod parts;

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::wire::{Wire, WireError};
use crate::options::formats::IdPlace;

pub(crate) use metadata::is_json_schema;
pub(crate) use parts::{Frame, MessageName, Part, Pointer, Reason};
pub use parts::{Framing, SchemaId};

impl<'e> Frame<'e> {
    /// Finds the frame of a key or a value, and reads it; `None` if it has none.
    ///
    /// # Errors
    /// The frame is not complete, or not valid.
    pub(crate) fn find(
        record: &Record<'e>,
        part: Part,
        bytes: &'e [u8],
        place: IdPlace,
    ) -> Option<(Framing, Result<Self, Reason>)> {
        let metadata = match part {
            Part::Key => record.key_schema,
            Part::Value => record.value_schema,
        };
        if let Some(frame) = metadata.and_then(|text| metadata::frame(text, bytes)) {
            return Some((Framing::Event, frame));
        }
        let headers = record.headers;
        if matches!(place, IdPlace::Auto | IdPlace::Header) && !headers.is_empty() {
            if let Some(header) = headers.last(&format!("__{}_schema_id", part.word())) {
                return Some((Framing::Header, confluent::with_header(&header, bytes)));
            }
            if let Some(frame) = apicurio::with_headers(headers, part, bytes) {
                return Some((Framing::ApicurioHeader, frame));
            }
        }
        Some(match (place, bytes) {
            (IdPlace::Header, _) => return None,
            (IdPlace::Glue | IdPlace::Auto, [3, 0 | 5, rest @ ..]) if rest.len() >= 16 => {
                (Framing::Glue, glue::frame(bytes))
            }
            (IdPlace::Glue, _) => return None,
            (IdPlace::Apicurio, [0, rest @ ..]) => (Framing::Apicurio, apicurio::with_prefix(rest)),
            (IdPlace::Apicurio4, [0, rest @ ..]) => {
                (Framing::Apicurio4, apicurio::with_short_prefix(rest))
            }
            (IdPlace::Confluent, [0 | 1, ..]) | (IdPlace::Auto, [0, ..]) => {
                (Framing::Confluent, confluent::with_prefix(bytes))
            }
            _ => return None,
        })
    }

    /// The payload, without compression.
    ///
    /// # Errors
    /// It is not valid, or stands for more than a record can have.
    pub(crate) fn payload(&self, arena: &'e Bump) -> Result<&'e [u8], Reason> {
        match self.is_compressed {
            true => glue::inflate(self.payload).map(|bytes| &*arena.alloc_slice_copy(&bytes)),
            false => Ok(self.payload),
        }
    }

    /// Whether the first byte says that the payload is the first message of its schema.
    #[inline]
    pub(crate) fn is_first(&self, payload: &[u8]) -> bool {
        self.pointer == Pointer::Indexes && payload.first() == Some(&0)
    }

    /// Which message of a Protobuf schema a payload is, and where it begins.
    ///
    /// # Errors
    /// What says so is not valid.
    pub(crate) fn message(&self, payload: &[u8]) -> Result<(MessageName, usize), Reason> {
        let mut wire = Wire::new(payload);
        let name = match &self.pointer {
            Pointer::HeaderIndexes(list) => match list.as_slice() {
                [] => Ok(MessageName::Path(vec![0])),
                list => confluent::indexes(&mut Wire::new(list)),
            },
            Pointer::Indexes => confluent::indexes(&mut wire),
            Pointer::Reference => apicurio::reference(&mut wire),
            Pointer::Name(name) => Ok(MessageName::Name(name.clone())),
            Pointer::Sorted => glue::index(&mut wire),
        };
        Ok((name.map_err(shown)?, wire.at()))
    }
}

fn shown(WireError { at, what }: WireError) -> Reason {
    format!("its index of the message: {what} (at byte {at})").into()
}

#[cfg(test)]
mod tests;
