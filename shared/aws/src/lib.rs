//! How a request to AWS is signed: Signature Version 4, with the credentials that Lambda sets in
//! the environment. There is no AWS SDK in a function.
//!
//! "Create a signed AWS API request" in the user guide of IAM. Which request it is, and how it is
//! sent, is not known here.

mod credentials;
mod moment;
mod signer;

pub use credentials::Credentials;
pub use signer::{Post, Signer};
