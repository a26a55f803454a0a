//! The machine a figure was measured on, as far as it tells.

use std::process::Command;

use serde::{Deserialize, Serialize};

/// In words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Model and number of processors, and memory.
    pub hardware: String,
    /// Kernel, compiler and server.
    pub software: String,
}

impl Machine {
    /// This one; `server` is what the database calls itself.
    #[must_use]
    pub fn here(server: &str) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let model = field("/proc/cpuinfo", "model name").unwrap_or_default();
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kilobytes: u64 =
            memory.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let gigabytes = (kilobytes as f64 / 1_048_576.0).round();
        let kernel = said("uname", &["-sr"]);
        let compiler = said("rustc", &["--version"]);
        let compiler = compiler.split(" (").next().unwrap_or_default();
        Self {
            hardware: format!("{cores} × {model}, {gigabytes} GiB"),
            software: format!("{kernel}, {compiler}, {server}"),
        }
    }
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a command says, or nothing.
pub fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
