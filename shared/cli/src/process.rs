//! This process: the signals that stop it, and the references to its environment.

pub(crate) mod reference;
pub(crate) mod stop;
