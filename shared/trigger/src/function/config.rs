//! The program of a function, and how it is started.

use std::path::PathBuf;
use std::time::Duration;

/// The program of a function, and how it is started.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// The function's binary: a program that uses the Runtime API.
    pub program: PathBuf,
    /// How long one invocation, or the initialisation, may take. Then the process is killed.
    pub timeout: Duration,
    /// Changes of our environment for the function; `None` removes a variable.
    pub environment: Vec<(String, Option<String>)>,
}

impl FunctionConfig {
    /// An ARN for the function, in an account that does not exist.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:us-east-1:000000000000:function:{}", self.name())
    }

    /// The path to start: a name without a folder is a file in the current folder if it exists, and
    /// otherwise a program in `PATH`.
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
        // The name becomes part of a header.
        stem.chars().filter(char::is_ascii_graphic).collect()
    }
}
