//! Geometries as text, and bytes as base64.

use std::io::Write as _;

use base64_simd::STANDARD;
use bytes::{BufMut, BytesMut};

/// Bytes in base64, with quotes.
pub(super) fn base64(bytes: &[u8], out: &mut BytesMut) {
    out.put_u8(b'"');
    out.put_slice(STANDARD.encode_to_string(bytes).as_bytes());
    out.put_u8(b'"');
}

/// The server sends the spatial reference (4 bytes, little endian) and WKB; EWKB has it behind the type, if it is not
/// 0 ("Internal Geometry Storage Format" of the manual; PostGIS's `ST_AsEWKB`). `None` if it is something else.
pub(super) fn ewkb(geometry: &[u8], out: &mut BytesMut) -> Option<()> {
    const HAS_SRID: u32 = 0x2000_0000;
    let (srid, rest) = geometry.split_first_chunk::<4>()?;
    let (order, rest) = rest.split_first_chunk::<1>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    if *order != [1] {
        return None;
    }
    out.put_u8(b'"');
    hex(order, out);
    if *srid == [0; 4] {
        hex(kind, out);
    } else {
        hex(&(u32::from_le_bytes(*kind) | HAS_SRID).to_le_bytes(), out);
        hex(srid, out);
    }
    hex(rest, out);
    out.put_u8(b'"');
    Some(())
}

/// The same as Debezium's `Geometry`: an object of WKB in base64 and the reference, which is null if it is 0.
pub(super) fn wkb(geometry: &[u8], out: &mut BytesMut) -> Option<()> {
    let (srid, wkb) = geometry.split_first_chunk::<4>()?;
    out.put_slice(b"{\"wkb\":");
    base64(wkb, out);
    match u32::from_le_bytes(*srid) {
        0 => out.put_slice(b",\"srid\":null}"),
        srid => drop(write!(out.writer(), ",\"srid\":{srid}}}")),
    }
    Some(())
}

fn hex(bytes: &[u8], out: &mut BytesMut) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.put_u8(DIGITS[usize::from(byte >> 4)]);
        out.put_u8(DIGITS[usize::from(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(srid: u32) -> Vec<u8> {
        let mut point = srid.to_le_bytes().to_vec();
        point.extend([1, 1, 0, 0, 0]);
        point.extend(1f64.to_le_bytes());
        point.extend(2f64.to_le_bytes());
        point
    }

    fn shown(write: impl Fn(&mut BytesMut) -> Option<()>) -> Option<String> {
        let mut out = BytesMut::new();
        write(&mut out).map(|()| String::from_utf8(out.to_vec()).expect("text"))
    }

    #[test]
    fn a_geometry_has_its_reference_behind_its_type() {
        let place = "000000000000f03f0000000000000040";
        let ewkb = |srid| shown(|out| ewkb(&point(srid), out));
        assert_eq!(ewkb(0), Some(format!("\"0101000000{place}\"")));
        assert_eq!(ewkb(4326), Some(format!("\"0101000020e6100000{place}\"")));
        assert_eq!(shown(|out| super::ewkb(b"short", out)), None);
    }

    #[test]
    fn an_object_has_the_reference_beside_the_binary() {
        let wkb = STANDARD.encode_to_string(&point(0)[4..]);
        let object = |srid| shown(|out| super::wkb(&point(srid), out));
        assert_eq!(object(0), Some(format!("{{\"wkb\":\"{wkb}\",\"srid\":null}}")));
        assert_eq!(object(4326), Some(format!("{{\"wkb\":\"{wkb}\",\"srid\":4326}}")));
    }
}
