//! Starts a function to get its options, or to check its configuration: only the function knows its
//! options.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::function::environment::Variable;

const CHECK: &str = "--check-configuration";
const OPTIONS: &str = "--options";
/// The prefix of the last line of an answer.
const ANSWER: &str = "configuration: ";
/// The prefix of a line about an option that was not checked.
const UNCHECKED: &str = "not checked: ";
/// How long a function may take: one that does not support the argument may run without end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The result of a function's check of its configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigurationCheck {
    pub(crate) problems: Vec<String>,
    /// Options that it could not check.
    pub(crate) unchecked: Vec<String>,
}

/// An option as a function describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptionDescription {
    pub(crate) name: String,
    pub(crate) variable: String,
    pub(crate) default: Option<String>,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    pub(crate) documentation: String,
}

/// Gets the options of `program`: its JSON text, and the options in it.
///
/// # Errors
/// The program cannot be started, or does not print options.
pub(crate) async fn options(program: &Path) -> Result<(String, Vec<OptionDescription>), String> {
    let shown = program.display();
    let mut command = command(program, OPTIONS);
    // With a Runtime API the function would handle invocations instead.
    command.env_remove("AWS_LAMBDA_RUNTIME_API");
    let output = timeout(PATIENCE, command.output()).await;
    let output = output.map_err(|_| format!("{shown} does not answer {OPTIONS}"))?;
    let output = output.map_err(|error| format!("cannot run {shown}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let options = read_options(&text).filter(|_| output.status.success());
    let options = options.ok_or_else(|| {
        format!("{shown} does not support {OPTIONS}: it is not a function of Sluice, or an older version")
    })?;
    Ok((text, options))
}

fn read_options(answer: &str) -> Option<Vec<OptionDescription>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let option = |option: &Value| {
        let text = |member: &str| option[member].as_str().map(str::to_owned);
        Some(OptionDescription {
            name: text("name")?,
            variable: text("variable")?,
            default: text("default"),
            required: option["required"].as_bool()?,
            secret: option["secret"].as_bool()?,
            documentation: text("documentation")?,
        })
    };
    answer["options"].as_array()?.iter().map(option).collect()
}

/// Lets `program` check its configuration. It inherits our environment with `changes`.
/// `None` if it does not support this.
pub(crate) async fn check_configuration(
    program: &Path,
    changes: &[Variable],
) -> Option<ConfigurationCheck> {
    let mut command = command(program, CHECK);
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    read_verdict(&String::from_utf8_lossy(&output.stdout))
}

/// The command that starts a function with one argument and reads its standard output.
fn command(program: &Path, argument: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

fn read_verdict(answer: &str) -> Option<ConfigurationCheck> {
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.pop().filter(|last| last.starts_with(ANSWER))?;
    let mut verdict = ConfigurationCheck::default();
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
    fn options_are_read_as_they_are_described() {
        let answer = r#"{"connector":"c","options":[{"name":"a.b","variable":"SLUICE_A_B",
            "default":null,"required":true,"secret":false,"documentation":"What it does."}]}"#;
        let option = OptionDescription {
            name: "a.b".to_owned(),
            variable: "SLUICE_A_B".to_owned(),
            default: None,
            required: true,
            secret: false,
            documentation: "What it does.".to_owned(),
        };
        assert_eq!(read_options(answer), Some(vec![option]));
        for other in ["", "{}", "hello", r#"{"options":[{"name":"a.b"}]}"#] {
            assert_eq!(read_options(other), None, "{other}");
        }
    }

    #[test]
    fn an_answer_is_known_by_its_last_line() {
        let verdict = read_verdict(
            "insert.mode is odd\nnot checked: connection.url\nconfiguration: 1 problem\n",
        );
        let verdict = verdict.expect("an answer");
        assert_eq!(verdict.problems, ["insert.mode is odd"]);
        assert_eq!(verdict.unchecked, ["connection.url"]);
        assert_eq!(
            read_verdict("configuration: no problem\n"),
            Some(ConfigurationCheck::default())
        );
        for other in ["", "hello\n", "configuration: no problem\nready\n"] {
            assert_eq!(read_verdict(other), None, "{other}");
        }
    }
}
