//! The client: one question of the bridge, or of a person, becomes requests to a registry's servers.
//!
//! Not here: what is remembered of the answers (`registry`).

mod apicurio;
mod base;
mod confluent;
mod glue;
mod lazy;
mod login;
mod options;
mod publish;
mod references;
mod schema;
mod servers;
mod service;

pub(crate) use options::read;
pub(crate) use service::Service;
