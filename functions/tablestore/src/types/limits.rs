//! Limits of the service ("Limits of the wide column model") that are checked before anything is sent, because
//! the service refuses the whole request for one row that breaks them.

use sluice_bridge::options::{Opt, Settings};

/// The most bytes of a value of a key.
pub(crate) const MOST_KEY_BYTES: usize = 1024;
/// The most bytes of a string or a binary value that is no key.
pub(crate) const MOST_VALUE_BYTES: usize = 2 * 1024 * 1024;
/// The most columns besides the key that one row of a request may write.
pub(crate) const MOST_COLUMNS: usize = 1024;
/// The most columns of a key.
pub(crate) const MOST_KEYS: usize = 4;
/// The most bytes of a name of a table or a column.
pub(crate) const MOST_NAME_BYTES: usize = 255;

/// Whether a table or a column can have this name: letters, digits and underscores, no digit first.
pub(crate) fn is_name(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    begins && name.len() <= MOST_NAME_BYTES && name.bytes().all(allowed)
}

/// Reports an option that names a table or a column, if nothing can have that name.
pub(crate) fn check_name(settings: &mut Settings, option: &Opt) {
    if let Some(name) = settings.given(option).filter(|name| !is_name(name)) {
        let problem = format!(
            "{} is `{name}`: a name has letters, digits and underscores, no digit first, at most {MOST_NAME_BYTES}",
            option.name
        );
        settings.problem(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let longest = "a".repeat(255);
        for name in ["a", "_1", "Ab_9", &longest] {
            assert!(is_name(name), "{name}");
        }
        let too_long = "a".repeat(256);
        for name in ["", "1a", "a-b", "a.b", "ä", &too_long] {
            assert!(!is_name(name), "{name}");
        }
    }
}
