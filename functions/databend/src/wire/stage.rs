//! The statements about files in a stage.

use crate::wire::literal::text;

/// The format of a compressed file. A statement that reads a file takes the name of a type, or of a format that somebody
/// has created, and no options (`select_stage_option` in `parser/stage.rs` of the server's sources).
pub(crate) const GZIP_FORMAT: &str = "sluice_csv_gzip";

/// Creates that format.
pub(crate) fn create_gzip_format() -> String {
    format!("CREATE FILE FORMAT IF NOT EXISTS {GZIP_FORMAT} TYPE = CSV COMPRESSION = GZIP")
}

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
