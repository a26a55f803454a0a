//! The file of a batch: its name, its compression, and how a statement names it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;
use crate::wire::stage::GZIP_FORMAT;
use crate::wire::staged::{CSV_FORMAT, Source};

/// The longest name of a file, without what is behind the dot: file systems allow 255 bytes.
const LONGEST_NAME: usize = 240;

/// The folder of an invocation's files, and how many there are.
pub(crate) struct Folder {
    /// The path in the stage, with a slash at the end.
    pub(crate) path: String,
    pub(crate) files: usize,
}

/// Puts the rows into a file.
pub(super) async fn upload(
    endpoint: &Endpoint,
    session: &mut Session,
    folder: &mut Folder,
    batch: &Batch<'_, '_>,
    content: Vec<u8>,
) -> Result<Source, SinkError> {
    let (content, ending, format) = match endpoint.compresses {
        true => (compressed(&content)?, ".gz", GZIP_FORMAT),
        false => (content, "", CSV_FORMAT),
    };
    let path = format!("{}{}.csv{ending}", folder.path, name(batch, folder.files));
    folder.files += 1;
    endpoint.upload(session, &path, content).await?;
    Ok(Source::File { path: format!("@{}/{path}", endpoint.stage), format })
}

/// The content as gzip (RFC 1952), quickly: the server reads it once.
fn compressed(content: &[u8]) -> Result<Vec<u8>, SinkError> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(content.len() / 4), Compression::fast());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.map_err(|_| SinkError::fatal("a file cannot be compressed"))
}

/// The name of a batch's file: the table, and the coordinates of its first and last row.
fn name(batch: &Batch<'_, '_>, number: usize) -> String {
    let (first, last) = (batch.coordinates(0), batch.coordinates(batch.len() - 1));
    let range = match first.topic == last.topic && first.partition == last.partition {
        true => format!("{}-{}-{}-{}", first.topic, first.partition, first.offset, last.offset),
        false => format!(
            "{}-{}-{}-{}-{}-{}",
            first.topic, first.partition, first.offset, last.topic, last.partition, last.offset
        ),
    };
    let name = format!("{number}-{}-{range}", batch.table.name.name);
    // The path of a file has a limit, and a topic may have 249 characters.
    plain(&name).chars().take(LONGEST_NAME).collect()
}

/// The characters that need no quotes in a path.
pub(crate) fn plain(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect()
}
