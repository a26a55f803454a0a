//! How numbers, lengths and bytes are written: the two languages have the same zigzag integers.

/// A zigzag integer of variable length.
pub(crate) fn long(number: i64, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A length, a count or an index.
pub(crate) fn length(length: usize, out: &mut Vec<u8>) {
    // A length in memory has at most 63 bits.
    long(length as i64, out);
}

/// Bytes after their length.
pub(crate) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}
