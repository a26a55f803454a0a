//! This process: the signals that stop it, and the environment that typed values refer to.

pub(crate) mod reference;
pub(crate) mod stop;
