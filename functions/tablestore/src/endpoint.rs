//! An instance of the service: its address, the credentials, and one call to it. A call is sent once; who calls
//! decides what follows a refusal.
//!
//! Not here: what is in the body of a request or an answer (`wire`), and what an error code means (`fault`).

mod call;
mod clock;
pub(crate) mod config;
mod digest;
mod response;
mod signature;

pub(crate) use call::Endpoint;
