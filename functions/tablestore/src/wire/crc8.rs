//! The checksum of PlainBuffer: CRC-8 with the polynomial x⁸ + x² + x + 1, the highest bit first.

/// For each byte, its checksum if so many zero bytes follow it. With eight of these tables the checksums of eight bytes
/// are found side by side, and not each after the one before.
const TABLES: [[u8; 256]; 8] = tables();

const fn tables() -> [[u8; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u8;
        let mut zeros = 0;
        while zeros < 8 {
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
                bit += 1;
            }
            tables[zeros][index] = crc;
            zeros += 1;
        }
        index += 1;
    }
    tables
}

/// The checksum of what `crc` is the checksum of, followed by these bytes. It begins with 0.
#[inline]
pub(super) fn crc8(crc: u8, bytes: &[u8]) -> u8 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let crc = eights.iter().fold(crc, |crc, eight| {
        let [first, others @ ..] = eight;
        let first = TABLES[7][usize::from(crc ^ first)];
        let others = others.iter().zip(TABLES[..7].iter().rev());
        others.fold(first, |sum, (byte, table)| sum ^ table[usize::from(*byte)])
    });
    rest.iter().fold(crc, |crc, byte| TABLES[0][usize::from(crc ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: bit by bit.
    fn slowly(bytes: &[u8]) -> u8 {
        let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        bits.fold(0, |crc: u8, bit| crc << 1 ^ if crc >> 7 == bit { 0 } else { 0x07 })
    }

    #[test]
    fn any_bytes_in_any_parts() {
        assert_eq!(crc8(0, b"123456789"), 0xf4, "the check value of CRC-8 in every catalogue");
        let bytes: Vec<u8> = (0..40_u32).map(|it| (it * it * 37 + 11) as u8).collect();
        for end in 0..=bytes.len() {
            for middle in 0..=end {
                let (one, other) = bytes[..end].split_at(middle);
                assert_eq!(crc8(crc8(0, one), other), slowly(&bytes[..end]), "{middle} of {end}");
            }
        }
    }
}
