//! Files of options and secrets: properties, or JSON.

use std::path::Path;

use serde_json::{Map, Value};

/// Reads a JSON object (also Kafka Connect's `{"name": …, "config": {…}}`) or properties. If a
/// deployment has no file, the path can be the JSON object itself.
///
/// # Errors
/// A sentence that names the file and the line, never its content.
pub(crate) fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    if let Some(text) = path.to_str().filter(|text| text.trim_start().starts_with('{')) {
        return json(text);
    }
    let wrong = |what: String| format!("{}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let pairs = if text.starts_with('{') { json(text) } else { properties(text) };
    pairs.map_err(wrong)
}

fn json(text: &str) -> Result<Vec<(String, String)>, String> {
    let document: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        format!("not valid JSON at line {}, column {}", error.line(), error.column())
    })?;
    let mut pairs = Vec::new();
    for (name, value) in document {
        match value {
            Value::Object(config) if name == "config" => {
                for (name, value) in config.into_iter().filter(|(name, _)| !is_workers(name)) {
                    pairs.push(scalar(name, &value)?);
                }
            }
            value => pairs.push(scalar(name, &value)?),
        }
    }
    Ok(pairs)
}

/// Whether the option is only for a Kafka Connect worker.
fn is_workers(name: &str) -> bool {
    matches!(name, "connector.class" | "tasks.max")
}

fn scalar(name: String, value: &Value) -> Result<(String, String), String> {
    match value {
        Value::String(text) => Ok((name, text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok((name, value.to_string())),
        Value::Null => Ok((name, String::new())),
        Value::Array(_) | Value::Object(_) => Err(format!("{name} must be text")),
    }
}

/// Reads lines of the form `name=value` or `name: value`; `#` and `!` begin comments, and a line
/// that ends with a backslash continues on the next line. An error never quotes a line: it may be a
/// secret without its name.
fn properties(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut lines = text.lines().map(str::trim).enumerate();
    while let Some((number, first)) = lines.next() {
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut line = first.to_owned();
        while let Some(open) = line.strip_suffix('\\') {
            line = format!("{open}{}", lines.next().map_or("", |(_, next)| next));
        }
        let pair = line.split_once(['=', ':']);
        let (name, value) = pair.ok_or_else(|| format!("line {} has no =", number + 1))?;
        pairs.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(pairs)
}
