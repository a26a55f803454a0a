//! A function as far as it can be asked without a connection: its name, help, options and check.

use sluice_bridge::options::Opt;

/// The texts of a function's help; `{program}` stands for the command that started it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Help {
    /// What the function does, after "it".
    pub(crate) what: &'static str,
    /// What the function reads at an invocation.
    pub(crate) reads: &'static str,
    /// The commands that run the function on any machine.
    pub(crate) runs: &'static [&'static str],
    /// An option and its variable.
    pub(crate) example: &'static str,
}

/// A function, as far as it can be asked without a connection.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) help: Help,
    pub(crate) options: fn() -> Vec<&'static Opt>,
    /// The names of the required options.
    pub(crate) required: fn() -> Vec<&'static str>,
    /// Returns every problem of an environment, and the options that cannot be checked here.
    pub(crate) check: Check,
}

pub(crate) type Check = fn(&[(String, String)]) -> (Vec<String>, Vec<String>);
