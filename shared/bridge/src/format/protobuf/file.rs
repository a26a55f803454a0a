//! One file of a schema: the text of a `.proto` file, or a `FileDescriptorProto` in base64, as
//! Confluent's clients for Python register it.

use prost::Message as _;
use prost_types::FileDescriptorProto;

/// Text that is nested deeper could use the whole stack of the parser.
const MOST_NESTED: usize = 64;

/// Reads a file. Also returns whether it was text.
///
/// # Errors
/// A sentence about what is not valid.
pub fn read(path: &str, text: &str) -> Result<(FileDescriptorProto, bool), String> {
    if let Some(file) = descriptor(text) {
        return Ok((file, false));
    }
    check_nesting(text)?;
    match protox_parse::parse(path, text) {
        Ok(file) => Ok((file, true)),
        Err(wrong) => Err(format!("{path}: {wrong}")),
    }
}

fn descriptor(text: &str) -> Option<FileDescriptorProto> {
    let bytes = base64_simd::STANDARD.decode_to_vec(text.trim()).ok()?;
    FileDescriptorProto::decode(bytes.as_slice()).ok()
}

fn check_nesting(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'<' | b'(' => depth += 1,
            b'}' | b']' | b'>' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_NESTED {
            return Err("it is nested more than 64 levels deep".to_owned());
        }
    }
    Ok(())
}
