//! Laws for any bytes whatever. Each is one function of bytes that panics where it does not hold:
//! a fuzzer calls it with what it finds (`tests/fuzz`), the tests with what [`grow`] and [`bend`]
//! make of a seed, so that both mean the same.
//!
//! Where there is an oracle it is `serde_json`, asked for raw values, so that digits and escapes
//! can be compared as they stand in the text. For Avro and Protobuf it is the most used crate.

pub mod auto;
pub mod avro;
pub mod bend;
pub mod certificate;
pub mod config;
pub mod declared;
pub mod event;
pub mod framed;
pub mod function_compute;
pub mod grow;
pub mod json;
pub mod letter;
pub mod mapping;
mod oracle;
pub mod protobuf;
mod registered;
mod sent;
pub mod source;
