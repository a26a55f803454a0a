//! Numbers of variable length, which Avro ("Binary Encoding") and Protobuf ("Encoding") write alike.

use bytes::BufMut;

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
pub(super) fn varint(mut number: u64, out: &mut impl BufMut) {
    while number >= 0x80 {
        out.put_u8(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.put_u8(number.to_le_bytes()[0]);
}

/// The bytes of such a number.
pub(super) fn size(number: u64) -> usize {
    let bits = 64 - (number | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// A signed number, so that small ones of either sign are short.
pub(super) fn zigzag(number: i64, out: &mut impl BufMut) {
    varint(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ] {
            let mut out = Vec::new();
            varint(number, &mut out);
            assert_eq!((out.as_slice(), out.len()), (bytes, size(number)), "{number}");
        }
        for (number, bytes) in
            [(0, &[0][..]), (-1, &[1]), (1, &[2]), (-64, &[127]), (64, &[0x80, 1])]
        {
            let mut out = Vec::new();
            zigzag(number, &mut out);
            assert_eq!(out, bytes, "{number}");
        }
    }
}
