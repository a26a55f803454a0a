//! What the decoders make of a payload can be sent again, and is the same then.
//!
//! What is meant to be refused: a value that could be two branches of a union, a key that is twice in a map of
//! Avro, and a zero with a sign that Protobuf would leave out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use sluice_bridge::format::registry::{SchemaKind, SchemaText};
use sluice_encode::Encoder;

use super::registered::{decode, parsed};

const MEANT: [&str; 3] = ["it could be", "it is there twice", "a negative zero"];

thread_local! {
    /// The encoders by their schemas: reading one takes longer than most payloads.
    static ENCODERS: RefCell<HashMap<String, Rc<Encoder>>> = RefCell::default();
}

fn encoder(kind: SchemaKind, schema: &str) -> Rc<Encoder> {
    ENCODERS.with_borrow_mut(|encoders| {
        let made = || {
            let text = SchemaText { kind, text: schema.to_owned(), references: Vec::new() };
            Rc::new(Encoder::new(&text, None).expect("the schema is valid"))
        };
        Rc::clone(encoders.entry(schema.to_owned()).or_insert_with(made))
    })
}

/// One value of so many is sent again: that takes as long as the rest of its law.
const ONE_OF: usize = 4;

/// Sends a value as the decoders wrote it; its length chooses whether.
///
/// # Panics
/// It is refused without a reason, or comes back as another one.
pub(crate) fn comes_back(kind: SchemaKind, schema: &str, fields: &[&str], json: &str) {
    if !json.len().is_multiple_of(ONE_OF) {
        return;
    }
    match encoder(kind, schema).payload(json.as_bytes()) {
        Ok(payload) => {
            let back = decode(kind, schema, fields, &payload).expect("what was sent is read");
            assert_eq!(parsed(json), parsed(&back), "sent again");
        }
        Err(refusal) => {
            let why = refusal.to_string();
            assert!(MEANT.iter().any(|meant| why.contains(meant)), "{json}: {why}");
        }
    }
}
