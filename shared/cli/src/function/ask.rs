//! A function is asked whether it can start with its configuration: it knows its options, we do not.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::function::told::Variable;

const CHECK: &str = "--check-configuration";
/// How the last line of an answer begins.
const ANSWER: &str = "configuration: ";
/// How a line begins that names what was not checked.
const UNCHECKED: &str = "not checked: ";
/// A function that does not know the question may do anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a function says of its configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) problems: Vec<String>,
    /// What it could not check.
    pub(crate) unchecked: Vec<String>,
}

/// Asks `program`, which inherits our environment with the changes of `told`. `None` if it does not
/// know the question.
pub(crate) async fn configuration(program: &Path, told: &[Variable]) -> Option<Verdict> {
    let mut command = Command::new(program);
    command.arg(CHECK).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    for (name, value) in told {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    read(&String::from_utf8_lossy(&output.stdout))
}

fn read(answer: &str) -> Option<Verdict> {
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.pop().filter(|last| last.starts_with(ANSWER))?;
    let mut verdict = Verdict::default();
    for line in lines {
        match line.strip_prefix(UNCHECKED) {
            Some(what) => verdict.unchecked.push(what.to_owned()),
            None => verdict.problems.push(line.to_owned()),
        }
    }
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_its_last_line() {
        let verdict =
            read("insert.mode is odd\nnot checked: connection.url\nconfiguration: 1 problem\n");
        let verdict = verdict.expect("an answer");
        assert_eq!(verdict.problems, ["insert.mode is odd"]);
        assert_eq!(verdict.unchecked, ["connection.url"]);
        assert_eq!(read("configuration: no problem\n"), Some(Verdict::default()));
        for other in ["", "hello\n", "configuration: no problem\nready\n"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
