//! How files are compressed, and what the server must know of it.

/// How files are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// How the name of a file ends.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// The format of a file. A statement that reads a file takes the name of a type, or of a format that somebody has
    /// created, and no options (`select_stage_option` in `parser/stage.rs` of the server's sources).
    pub(crate) fn format(self) -> &'static str {
        match self {
            Self::None => "CSV",
            Self::Gzip => "sluice_csv_gzip",
            Self::Zstd => "sluice_csv_zstd",
        }
    }

    /// Creates that format; `None` if it is the server's own.
    pub(crate) fn create_format(self) -> Option<String> {
        let name = match self {
            Self::None => return None,
            Self::Gzip => "GZIP",
            Self::Zstd => "ZSTD",
        };
        let format = self.format();
        Some(format!("CREATE FILE FORMAT IF NOT EXISTS {format} TYPE = CSV COMPRESSION = {name}"))
    }
}
