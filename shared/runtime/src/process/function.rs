//! What a function says of itself to a person or a program, without connecting to anything.

use sluice_bridge::options::Opt;

/// What is said of a function; `{program}` stands for how it was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Help {
    /// What it does, behind "which".
    pub(crate) what: &'static str,
    /// What it is invoked with.
    pub(crate) reads: &'static str,
    /// The commands that run it on any machine.
    pub(crate) runs: &'static [&'static str],
    /// An option, and its variable.
    pub(crate) example: &'static str,
}

/// A function, as far as it can be asked without connecting to anything.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) help: Help,
    pub(crate) options: fn() -> Vec<&'static Opt>,
    /// The names of those without which nothing starts.
    pub(crate) required: fn() -> Vec<&'static str>,
    /// The problems of an environment, and the options that cannot be checked here.
    pub(crate) check: Check,
}

pub(crate) type Check = fn(&[(String, String)]) -> (Vec<String>, Vec<String>);
