//! Laws for any bytes whatever. Each is one function of bytes that panics where it does not hold:
//! a fuzzer calls it with what it finds (`tests/fuzz`), the tests with [`inputs`] made from a seed,
//! so that both mean the same.
//!
//! Where there is an oracle it is `serde_json`, asked for raw values, so that digits and escapes
//! can be compared as they stand in the text. For Avro and Protobuf it is the most used crate.

pub mod certificate;
pub mod events;
pub mod formats;
pub mod inputs;
pub mod mapping;
pub mod options;
mod oracle;
