//! The answers of a function that is started with an argument, or without a Runtime API. It
//! connects to nothing.

use std::io::{Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use super::function::{Check, Function, Help};
use super::options;
use crate::platform::{FC_FUNCTION, Platform};

const HELP: &str = "--help";
const VERSION: &str = "--version";
/// Prints all options, as JSON.
const OPTIONS: &str = "--options";
/// Checks the configuration.
const CHECK: &str = "--check-configuration";

const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
/// "Defined runtime environment variables" in Lambda's developer guide.
const SET_BY_LAMBDA: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", MEMORY_SIZE, "AWS_LAMBDA_FUNCTION_VERSION"];

/// The configuration has problems.
const PROBLEMS: u8 = 1;
/// The arguments or the environment are wrong.
const UNABLE: u8 = 2;

/// How the process was started.
pub(crate) struct Start<'a> {
    /// Its arguments; the first is the program.
    pub(crate) arguments: &'a [String],
    pub(crate) environment: &'a [(String, String)],
    /// The variable that holds the address of the Runtime API.
    pub(crate) runtime_api: &'a str,
    /// Who invokes it, if it is to handle invocations.
    pub(crate) platform: Option<Platform>,
}

/// Answers, unless the process must handle invocations.
///
/// An unknown argument is an error only without a Runtime API, because a container image may pass
/// arguments to every function.
pub(crate) fn answer(function: &Function, start: &Start<'_>) -> Option<ExitCode> {
    let (program, arguments) = match start.arguments {
        [program, arguments @ ..] => (program.as_str(), arguments),
        [] => ("", &[][..]),
    };
    let unknown = match arguments {
        [] if start.platform.is_some() => return incomplete(start).map(|text| refuse(&text)),
        [] => return Some(refuse(&no_runtime_api(function, program, start))),
        [one] => match one.as_str() {
            HELP | "-h" => return Some(say(&help(function, program))),
            VERSION | "-V" => return Some(say(env!("CARGO_PKG_VERSION"))),
            OPTIONS => return Some(say(&options::document(function))),
            CHECK => return Some(check(function.check, start.environment)),
            other => other,
        },
        // Each argument must be the only one: the first unknown one is named, otherwise the second.
        [first, second, ..] => match first.as_str() {
            HELP | VERSION | OPTIONS | CHECK => second,
            other => other,
        },
    };
    let text = format!("{}: unknown argument `{unknown}`; see {HELP}", name(program));
    match start.platform {
        Some(_) => incomplete(start).map(|text| refuse(&text)),
        None => Some(refuse(&text)),
    }
}

/// A message about a variable that the vendor's loop needs and that an emulator of Lambda did not
/// set.
fn incomplete(start: &Start<'_>) -> Option<String> {
    if start.platform != Some(Platform::Lambda) {
        return None;
    }
    let value = |name: &str| {
        start.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    };
    if let Some(name) = SET_BY_LAMBDA.into_iter().find(|name| value(name).is_none()) {
        return Some(format!("{name} is not set: Lambda sets it for every function"));
    }
    let size = value(MEMORY_SIZE)?;
    size.parse::<i32>().is_err().then(|| format!("{MEMORY_SIZE} is not a number of megabytes"))
}

fn no_runtime_api(function: &Function, program: &str, start: &Start<'_>) -> String {
    // Without what follows the program.
    let short = |run: &&str| {
        let (command, _) = run.split_once("{program}").unwrap_or((run, ""));
        format!("`{command}{program}`")
    };
    let runs: Vec<String> = function.help.runs.iter().map(short).collect();
    format!(
        "this is a function for AWS Lambda and Alibaba Cloud Function Compute: {} is not set, and neither is {FC_FUNCTION}\n\
         To run it here, use {}.\n\
         To check its configuration, which is the SLUICE_ variables of this shell and the file of \
         SLUICE_CONFIG, use `{program} {CHECK}`; it connects to nothing.\n\
         To read more, use `{program} {HELP}`.",
        start.runtime_api,
        runs.join(" or ")
    )
}

fn help(function: &Function, program: &str) -> String {
    let Function { name: connector, help: Help { what, reads, runs, example }, .. } = function;
    let (name, version) = (name(program), env!("CARGO_PKG_VERSION"));
    let runs: String =
        runs.iter().map(|run| format!("  {}\n", run.replace("{program}", program))).collect();
    format!(
        "{connector} {version}: a function of Sluice for AWS Lambda and Alibaba Cloud Function Compute.\n\
         It {what}.\n\n\
         {reads}\n\n{runs}\n\
         Usage: {name} [ARGUMENT]\n\n  \
         {HELP:<23}show this text\n  \
         {VERSION:<23}show the version\n  \
         {OPTIONS:<23}print all options as JSON; `sluice options {program}` shows them to a person\n  \
         {CHECK:<23}check the options that are set; exit status 1 if there is a problem\n\n\
         None of these connects to anything. Options are variables of the environment, or stand in the \
         file that\nSLUICE_CONFIG names: {example}.\n\n\
         Its page is functions/{connector}/README.md among Sluice's sources."
    )
}

/// The program without its folder.
fn name(program: &str) -> String {
    let name = Path::new(program).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| program.to_owned())
}

/// Checks a configuration. The last line on standard output begins with `configuration: `; each
/// line before it is a problem, or begins with `not checked: `.
fn check(check: Check, environment: &[(String, String)]) -> ExitCode {
    let (problems, remote) = check(environment);
    for problem in &problems {
        say(problem);
    }
    for option in remote {
        say(&format!("not checked: {option}, whose value is stored in AWS"));
    }
    let count = match problems.len() {
        0 => return say("configuration: no problem"),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    say(&format!("configuration: {count}"));
    ExitCode::from(PROBLEMS)
}

/// Prints a line. An error is ignored: the exit status is the answer.
fn say(line: &str) -> ExitCode {
    let _ = writeln!(stdout(), "{line}");
    ExitCode::SUCCESS
}

fn refuse(text: &str) -> ExitCode {
    let _ = writeln!(stderr(), "{text}");
    ExitCode::from(UNABLE)
}
