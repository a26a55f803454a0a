//! A schema of Protobuf, and the message of it that is written.

use prost_reflect::MessageDescriptor;
use prost_reflect::prost::Message as _;
use sluice_bridge::json::value::Value;

use super::files::{self, OWN};
use super::message::message;
use crate::refusal::Refusal;

/// A message type.
pub(crate) struct ProtobufSchema {
    message: MessageDescriptor,
    /// Its index in the file, then in the message, and so on.
    pub(crate) path: Vec<u32>,
}

impl ProtobufSchema {
    /// Reads a schema; `references` are the files that it imports, by their paths. Without a `name` it
    /// is the first message of the file.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn parse(
        text: &str,
        references: &[(&str, &str)],
        name: Option<&str>,
    ) -> Result<Self, String> {
        let (pool, is_text) = files::read(text, references)?;
        let own = pool.get_file_by_name(OWN).ok_or("the Protobuf schema has no file")?;
        let message = match name {
            None => own.messages().next().ok_or("the Protobuf schema has no message".to_owned())?,
            Some(name) => {
                let full = match own.package_name() {
                    "" => name.to_owned(),
                    package => format!("{package}.{name}"),
                };
                let found = [&full, name].into_iter().find_map(|it| pool.get_message_by_name(it));
                found
                    .filter(|found| found.parent_file() == own && !found.is_map_entry())
                    .ok_or(format!("the Protobuf schema has no message {name}"))?
            }
        };
        let path = path(&message, is_text);
        Ok(Self { message, path })
    }

    /// Encodes a value.
    ///
    /// # Errors
    /// It is no such message, or cannot be kept exactly.
    pub(crate) fn encode(&self, value: Value<'_>) -> Result<Vec<u8>, Refusal> {
        Ok(message(&self.message, value, 0)?.encode_to_vec())
    }
}

/// The indexes of a message. Java's clients, which register text, do not count the entries of maps.
fn path(message: &MessageDescriptor, is_text: bool) -> Vec<u32> {
    let Some(outer) = message.parent_message() else {
        let [_, index] = message.path() else { return vec![0] };
        return vec![index.cast_unsigned()];
    };
    let before = outer.child_messages().take_while(|sibling| sibling != message);
    let index = before.filter(|sibling| !is_text || !sibling.is_map_entry()).count();
    let mut path = path(&outer, is_text);
    path.push(index as u32);
    path
}
