//! The file of a batch: its name, its compression, and how a statement names it.

use std::io::Write;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;

use crate::endpoint::client::Endpoint;
use crate::endpoint::compression::Compression;
use crate::endpoint::session::Session;
use crate::wire::staged::Source;

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
    let compression = endpoint.compression;
    let content = compressed(content, compression)?;
    let path = format!("{}{}.csv{}", folder.path, name(batch, folder.files), compression.ending());
    folder.files += 1;
    endpoint.upload(session, &path, content).await?;
    let path = format!("@{}/{path}", endpoint.stage);
    Ok(Source::File { path, format: compression.format() })
}

/// The content, compressed quickly: the server reads it once.
fn compressed(content: Vec<u8>, compression: Compression) -> Result<Vec<u8>, SinkError> {
    match compression {
        Compression::None => Ok(content),
        Compression::Gzip => {
            let into = Vec::with_capacity(content.len() / 4);
            let mut encoder = GzEncoder::new(into, flate2::Compression::fast());
            let written = encoder.write_all(&content).and_then(|()| encoder.finish());
            written.map_err(|_| SinkError::fatal("a file cannot be compressed"))
        }
        Compression::Zstd => Ok(compress_to_vec(content.as_slice(), CompressionLevel::Fastest)),
    }
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
