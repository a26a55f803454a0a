//! Reads bytes from the front: the small pieces that Avro, Protobuf and their frames share. No
//! length is trusted before the bytes are there.
//!
//! Nothing here allocates.

/// Why bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireError {
    /// The byte at which it shows.
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// A position in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Wire<'e> {
    bytes: &'e [u8],
    at: usize,
}

impl<'e> Wire<'e> {
    pub(crate) fn new(bytes: &'e [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A part of other bytes; positions are counted from their start.
    pub(crate) fn part(bytes: &'e [u8], at: usize, end: usize) -> Self {
        Self { bytes: &bytes[..end.min(bytes.len())], at }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    #[cold]
    pub(crate) fn fail<T>(&self, what: &'static str) -> Result<T, WireError> {
        Err(WireError { at: self.at, what })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'e [u8], WireError> {
        match self.bytes[self.at..].get(..length) {
            Some(bytes) => {
                self.at += length;
                Ok(bytes)
            }
            None => self.fail("a value goes on after the last byte"),
        }
    }

    /// Takes a fixed number of bytes.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        match self.bytes[self.at..].first_chunk() {
            Some(chunk) => {
                self.at += N;
                Ok(*chunk)
            }
            None => self.fail("a value goes on after the last byte"),
        }
    }

    /// Seven bits in each byte, the lowest first; at most 64 bits.
    ///
    /// # Errors
    /// It does not end, or has more bits.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        let rest = &self.bytes[self.at..];
        if let Some(&byte @ 0..0x80) = rest.first() {
            self.at += 1;
            return Ok(byte.into());
        }
        let mut value = 0_u64;
        for (place, &byte) in rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                if place == 9 && byte > 1 {
                    break;
                }
                self.at += place + 1;
                return Ok(value);
            }
        }
        match rest.len() {
            0..10 => self.fail("a number goes on after the last byte"),
            _ => self.fail("a number has more than 64 bits"),
        }
    }

    /// A varint of which the lowest bit is the sign: Avro's `long`, Protobuf's `sint64`.
    ///
    /// # Errors
    /// As [`Wire::varint`].
    #[inline]
    pub(crate) fn zigzag(&mut self) -> Result<i64, WireError> {
        self.varint().map(unzigzag)
    }
}

/// The sign is in the lowest bit.
#[inline]
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_seven_bits_a_byte() {
        let read = |bytes: &[u8]| Wire::new(bytes).varint().map_err(|wrong| wrong.what);
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0xac, 2]), Ok(300));
        let most = [&[0xff; 9][..], &[1]].concat();
        assert_eq!(read(&most), Ok(u64::MAX));
        assert!(read(&[&[0xff; 9][..], &[2]].concat()).unwrap_err().contains("64 bits"));
        assert!(read(&[0xff; 11]).unwrap_err().contains("64 bits"));
        for cut in [&[][..], &[0x80], &[0xff; 9]] {
            assert!(read(cut).unwrap_err().contains("after the last byte"), "{cut:?}");
        }
        assert_eq!([0, 1, 2, 3, u64::MAX].map(unzigzag), [0, -1, 1, -2, i64::MIN]);
    }
}
