//! Damage: bytes that were right, changed in a few places.

use fastrand::Rng;

/// What stands at the seams of the formats.
const TOKENS: [&[u8]; 30] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-",
    b"0",
    b"1e400",
    b".",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"=",
    b"==",
    b"\0",
    b"\n",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b" ",
    b"-129",
    b"256",
    b"$",
    b"%",
];

/// The same bytes, or some of them, or more.
#[must_use]
pub fn damage(rng: &mut Rng, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
    for _ in 0..rng.u8(..5) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..16)).min(bytes.len());
        match rng.u8(..8) {
            0 => bytes.truncate(at),
            1 => _ = bytes.drain(at..end),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => _ = bytes.splice(at..at, TOKENS[rng.usize(..TOKENS.len())].iter().copied()),
            4 => _ = bytes.splice(at..end, TOKENS[rng.usize(..TOKENS.len())].iter().copied()),
            5 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            6 if at < bytes.len() => bytes[at] = rng.u8(..),
            _ => {
                let from = rng.usize(..=other.len());
                let to = (from + rng.usize(..24)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}
