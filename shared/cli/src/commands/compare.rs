//! `sluice compare`.

mod print;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use sluice_bridge::options::PREFIX;
use sluice_trigger::compare::{Comparison, Depth, Table, compare};
use sluice_trigger::{FunctionConfig, Observer};

use crate::arguments::{Compare, Only, Output};
use crate::display::screen::Screen;

pub(crate) async fn run(arguments: Compare) -> Result<ExitCode, Box<dyn Error>> {
    let output = arguments.output;
    let comparison = comparison(arguments)?;
    let observer: Arc<dyn Observer> = Arc::new(Screen::plain());
    let outcome = compare(&comparison, &observer).await?;
    let written = match output {
        Output::Json => format!("{}\n", print::document(&outcome)),
        Output::Text => print::text(&outcome),
    };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(written.as_bytes()).and_then(|()| stdout.flush())?;
    Ok(ExitCode::from(u8::from(!outcome.is_equal)))
}

fn comparison(arguments: Compare) -> Result<Comparison, String> {
    let has_own = |config: &Option<PathBuf>, options: &[(String, String)]| {
        config.is_some() || !options.is_empty()
    };
    let inherits = !has_own(&arguments.source_config, &arguments.source_option)
        && !has_own(&arguments.copy_config, &arguments.copy_option);
    let copy_table = arguments.copy_table.unwrap_or_else(|| arguments.table.clone());
    if inherits && arguments.source == arguments.copy && copy_table == arguments.table {
        return Err("the source and the copy are the same table: use --source-config, --source-option or --copy-table".to_owned());
    }
    let timeout = arguments.timeout;
    let side = |program, name, config, options| {
        let environment = environment(config, options);
        Table { function: FunctionConfig { program, timeout, environment }, name }
    };
    Ok(Comparison {
        source: side(
            arguments.source,
            arguments.table,
            arguments.source_config,
            arguments.source_option,
        ),
        copy: side(arguments.copy, copy_table, arguments.copy_config, arguments.copy_option),
        columns: arguments.columns,
        exclude: arguments.exclude,
        renamed: arguments.rename,
        key: arguments.key,
        depth: depth(arguments.only),
        limit: arguments.limit as usize,
        values: arguments.values,
        recheck: arguments.recheck,
        rechecks: arguments.rechecks,
        time_digits: arguments.time_digits,
        float_digits: arguments.float_digits,
        ignore_blanks: arguments.ignore_blanks,
    })
}

fn depth(only: Option<Only>) -> Depth {
    match only {
        Some(Only::Counts) => Depth::Counts,
        Some(Only::Checksums) => Depth::Checksums,
        None => Depth::Rows,
    }
}

/// Changes of our environment for a function. A side with its own options inherits none:
/// otherwise both sides could read the same database.
fn environment(
    config: Option<PathBuf>,
    options: Vec<(String, String)>,
) -> Vec<(String, Option<String>)> {
    if config.is_none() && options.is_empty() {
        return Vec::new();
    }
    let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let inherited = inherited.filter(|name| name.starts_with(PREFIX));
    let mut environment: Vec<_> = inherited.map(|name| (name, None)).collect();
    let config = config.map(|path| path.to_string_lossy().into_owned());
    environment.extend(config.map(|path| (format!("{PREFIX}CONFIG"), Some(path))));
    environment.extend(options.into_iter().map(|(name, value)| {
        let name = name.to_uppercase().replace(['.', '-'], "_");
        let name = name.strip_prefix(PREFIX).unwrap_or(&name);
        (format!("{PREFIX}{name}"), Some(value))
    }));
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_with_options_of_its_own_inherits_none() {
        assert_eq!(environment(None, Vec::new()), []);
        let options = vec![("connection.url".to_owned(), "u".to_owned())];
        let environment = environment(Some("f".into()), options);
        let find = |name: &str| {
            let mut found = environment.iter().rev().filter(|(known, _)| known == name);
            found.next().and_then(|(_, value)| value.as_deref())
        };
        assert_eq!(find("SLUICE_CONFIG"), Some("f"));
        assert_eq!(find("SLUICE_CONNECTION_URL"), Some("u"));
    }
}
