//! The statements about files in a stage.

use crate::wire::literal::text;

/// Removes the files of a folder, which is named as `@stage/path/`.
pub(crate) fn remove(folder: &str) -> String {
    format!("REMOVE {folder}")
}

/// The names of some folders in this one, which is named in the same way and has so many folders around it, with files
/// that are older than a day.
pub(crate) fn old_folders(folder: &str, depth: usize) -> String {
    format!(
        "SELECT DISTINCT split_part(name, '/', {}) FROM list_stage(location => {}) \
         WHERE CAST(last_modified AS TIMESTAMP) < subtract_days(now(), 1) LIMIT 100",
        depth + 1,
        text(folder)
    )
}
