//! Which program a function is, and how it is run.

use std::path::PathBuf;
use std::time::Duration;

/// Which program to run, and how.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// The function's binary: anything that speaks the Runtime API.
    pub program: PathBuf,
    /// How long one invocation, or the initialisation, may take. Then the process is killed.
    pub timeout: Duration,
    /// What differs from our own environment in the function's: a value, or nothing of that name.
    pub environment: Vec<(String, Option<String>)>,
}

impl FunctionConfig {
    /// The function as an ARN of an account that does not exist.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:us-east-1:000000000000:function:{}", self.name())
    }

    /// The program as it is run: a bare name is a file of this folder, if there is one, and otherwise a
    /// program of `PATH`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let is_bare = self.program.components().count() == 1 && self.program.is_relative();
        match is_bare && self.program.is_file() {
            true => PathBuf::from(".").join(&self.program),
            false => self.program.clone(),
        }
    }

    pub(super) fn name(&self) -> String {
        let stem = self.program.file_stem().unwrap_or_default().to_string_lossy();
        // It becomes part of a header.
        stem.chars().filter(char::is_ascii_graphic).collect()
    }
}
