//! `sluice options`.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use sluice_trigger::FunctionConfig;

use crate::arguments::Options;
use crate::display::output::out;
use crate::function::query::{self, OptionDescription};

/// The width of the text, in characters.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

pub(crate) async fn run(arguments: Options) -> Result<ExitCode, Box<dyn Error>> {
    let function = FunctionConfig {
        program: arguments.function,
        timeout: Duration::ZERO,
        environment: Vec::new(),
    };
    let (text, options) = query::options(&function.path()).await?;
    if arguments.json {
        out!("{}", text.trim_end());
    } else {
        out!("{}", options.iter().map(shown).collect::<Vec<_>>().join("\n\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// One option as text.
fn shown(option: &OptionDescription) -> String {
    let mut notes = Vec::new();
    notes.extend(option.default.iter().map(|default| format!("default {default}")));
    notes.extend(option.required.then(|| "required".to_owned()));
    notes.extend(option.secret.then(|| "secret".to_owned()));
    let notes = match notes.join(", ") {
        none if none.is_empty() => none,
        notes => format!(" ({notes})"),
    };
    let mut text = format!("{}{notes}\n{INDENT}{}", option.name, option.variable);
    for line in wrapped(&option.documentation, WIDTH - INDENT.len()) {
        text += &format!("\n{INDENT}{line}");
    }
    text
}

/// Lines of at most `width` characters, unless one word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_shown_with_all_that_is_known_of_it() {
        let option =
            |default: Option<&str>, required, secret, documentation: &str| OptionDescription {
                name: "a.b".to_owned(),
                variable: "SLUICE_A_B".to_owned(),
                default: default.map(str::to_owned),
                required,
                secret,
                documentation: documentation.to_owned(),
            };
        let plain = shown(&option(None, false, false, "What it does."));
        assert_eq!(plain, "a.b\n    SLUICE_A_B\n    What it does.");
        let full = shown(&option(Some("x"), true, true, ""));
        assert_eq!(full, "a.b (default x, required, secret)\n    SLUICE_A_B");
    }

    #[test]
    fn text_is_cut_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a-very-long-word and", 5), ["a-very-long-word", "and"]);
        assert_eq!(wrapped("", 5), Vec::<String>::new());
    }
}
