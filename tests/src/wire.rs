//! A proxy between a function and a server: connections that are slow, silent, cut, or held at a certain message.

pub mod conditions;
mod connection;
pub mod hold;
pub mod proxy;
