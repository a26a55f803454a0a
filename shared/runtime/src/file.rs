//! Files of options and secrets: properties, or JSON.

use std::path::Path;

use serde_json::Value;

/// Reads a JSON object (Kafka Connect's `{"name": …, "config": {…}}` too) or properties.
///
/// # Errors
/// A sentence that names the file, never its content.
pub(crate) fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if !text.trim_start().starts_with('{') {
        return Ok(properties(&text));
    }
    let wrong = |what: &str| format!("{}: {what}", path.display());
    let document: Value = serde_json::from_str(&text).map_err(|error| {
        wrong(&format!("not JSON at line {} column {}", error.line(), error.column()))
    })?;
    let mut pairs = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        match value {
            Value::Object(config) if name == "config" => {
                for (name, value) in config {
                    pairs.push((
                        name.clone(),
                        scalar(value).ok_or_else(|| wrong(&format!("{name} must be text")))?,
                    ));
                }
            }
            value => pairs.push((
                name.clone(),
                scalar(value).ok_or_else(|| wrong(&format!("{name} must be text")))?,
            )),
        }
    }
    Ok(pairs)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `name=value` or `name: value` lines; `#` and `!` begin comments.
fn properties(text: &str) -> Vec<(String, String)> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    let pair = |line: &str| {
        let (name, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    lines.map(pair).collect()
}
