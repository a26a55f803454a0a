//! Replaces `${env:NAME}` and `${file:PATH:KEY}` in a value, as the functions do in their options.

use sluice_bridge::options::{Opt, PREFIX};

const VALUE: Opt = Opt::new("value", "A value that may hold references.");

/// The value with its references replaced.
///
/// # Errors
///
/// A sentence that names the missing variable or file, and nothing else of the value.
pub(crate) fn resolve(text: &str) -> Result<String, String> {
    if !text.contains("${") {
        return Ok(text.to_owned());
    }
    // The other `SLUICE_` variables are not used, so that their problems are not reported here.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut environment: Vec<_> =
        environment.filter(|(name, _)| !name.starts_with(PREFIX)).collect();
    let name = format!("{PREFIX}VALUE");
    environment.push((name.clone(), text.to_owned()));
    let settings = sluice_runtime::gather(&[&VALUE], &environment);
    let value = settings.text(&VALUE).unwrap_or_default().to_owned();
    match settings.check() {
        Ok(()) => Ok(value),
        Err(problems) => Err(problems.0.join("; ").replace(&format!("{name}: "), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_or_named() {
        assert_eq!(resolve("plain"), Ok("plain".to_owned()));
        let path = std::env::var("PATH").expect("a path");
        assert_eq!(resolve("a${env:PATH}"), Ok(format!("a{path}")));
        let missing = resolve("secret${env:NO_SUCH_NAME}").expect_err("no such variable");
        assert!(missing.contains("NO_SUCH_NAME") && !missing.contains("secret"), "{missing}");
        assert!(resolve("${file:/nowhere/secrets:k}").expect_err("no file").contains("/nowhere"));
    }
}
