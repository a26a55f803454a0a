//! Base64 of an event, decoded into its arena.

use base64_simd::AsOut;
use bumpalo::Bump;

/// The bytes that standard base64 stands for; `None` if the text is not base64.
pub(super) fn decode<'e>(encoded: &str, arena: &'e Bump) -> Option<&'e [u8]> {
    let length = base64_simd::STANDARD.decoded_length(encoded.as_bytes()).ok()?;
    let room = arena.alloc_slice_fill_copy(length, 0u8);
    base64_simd::STANDARD.decode(encoded.as_bytes(), room.as_out()).ok().map(|bytes| &*bytes)
}
