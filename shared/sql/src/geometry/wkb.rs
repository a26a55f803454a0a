//! Well-known binary: a byte order, a kind, an optional spatial reference, and numbers.
//!
//! Formats: "Well-Known Binary (WKB) Format" of the manual; "Extended WKB" of PostGIS.

use sluice_bridge::values::number::Reason;

use crate::geometry::model::{Coordinates, Geometry, INCOMPLETE, KINDS, Kind, MAX_DEPTH};

const HAS_REFERENCE: u32 = 0x2000_0000;
const HAS_MORE_DIMENSIONS: u32 = 0xC000_0000;

/// Reads a geometry and its spatial reference, if it has one.
///
/// # Errors
/// The bytes are not a geometry, or have more than two dimensions.
pub fn read(bytes: &[u8]) -> Result<(Option<u32>, Geometry), Reason> {
    let mut reader = Reader { rest: bytes, is_little: false, srid: None };
    let geometry = reader.geometry(MAX_DEPTH)?;
    if reader.rest.is_empty() { Ok((reader.srid, geometry)) } else { Err(INCOMPLETE) }
}

/// Appends a geometry without a spatial reference.
pub fn write(geometry: &Geometry, out: &mut Vec<u8>) {
    out.push(1);
    out.extend((geometry.kind() as u32).to_le_bytes());
    match geometry {
        Geometry::Point(point) => write_point(point, out),
        Geometry::Line(points) => write_points(points, out),
        Geometry::Polygon(rings) => {
            write_count(rings.len(), out);
            rings.iter().for_each(|ring| write_points(ring, out));
        }
        Geometry::Multi(_, parts) => {
            write_count(parts.len(), out);
            parts.iter().for_each(|part| write(part, out));
        }
    }
}

fn write_points(points: &[Coordinates], out: &mut Vec<u8>) {
    write_count(points.len(), out);
    points.iter().for_each(|point| write_point(point, out));
}

fn write_point(point: &Coordinates, out: &mut Vec<u8>) {
    point.iter().for_each(|number| out.extend(number.to_le_bytes()));
}

/// A geometry read from a record has fewer parts than `u32::MAX`.
fn write_count(count: usize, out: &mut Vec<u8>) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

struct Reader<'b> {
    rest: &'b [u8],
    is_little: bool,
    srid: Option<u32>,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(INCOMPLETE)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn number(&mut self) -> Result<u32, Reason> {
        let bytes = self.take()?;
        Ok(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn point(&mut self) -> Result<Coordinates, Reason> {
        let float = if self.is_little { f64::from_le_bytes } else { f64::from_be_bytes };
        Ok([float(self.take()?), float(self.take()?)])
    }

    /// Reads a count, and then that number of items.
    fn list_of<T>(
        &mut self,
        one: impl Fn(&mut Self) -> Result<T, Reason>,
    ) -> Result<Vec<T>, Reason> {
        let count = self.number()?;
        // The vector is not allocated in advance, because the count may be wrong.
        (0..count).map(|_| one(self)).collect()
    }

    fn geometry(&mut self, depth: usize) -> Result<Geometry, Reason> {
        let depth = depth.checked_sub(1).ok_or("the geometry is nested too deeply")?;
        self.is_little = self.take::<1>()? == [1];
        let flags = self.number()?;
        if flags & HAS_REFERENCE != 0 {
            self.srid = Some(self.number()?);
        }
        let code = flags & !HAS_REFERENCE;
        if code & HAS_MORE_DIMENSIONS != 0 || (1001..=3007).contains(&code) {
            return Err("the geometry has more than two dimensions");
        }
        let known = KINDS.iter().find(|(kind, _)| *kind as u32 == code);
        Ok(match known.ok_or("the kind of the geometry is unknown")?.0 {
            Kind::Point => Geometry::Point(self.point()?),
            Kind::LineString => Geometry::Line(self.list_of(Self::point)?),
            Kind::Polygon => Geometry::Polygon(self.list_of(|reader| reader.list_of(Self::point))?),
            kind => Geometry::Multi(kind, self.list_of(|reader| reader.part(kind, depth))?),
        })
    }

    fn part(&mut self, whole: Kind, depth: usize) -> Result<Geometry, Reason> {
        let part = self.geometry(depth)?;
        match (whole, &part) {
            (Kind::MultiPoint, Geometry::Point(_))
            | (Kind::MultiLineString, Geometry::Line(_))
            | (Kind::MultiPolygon, Geometry::Polygon(_))
            | (Kind::GeometryCollection, _) => Ok(part),
            _ => Err("a part has a different kind than the geometry"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let line = Geometry::Line(vec![[0.0, 0.5], [-1.0, 2.0]]);
        let point = Geometry::Point([1.0, 2.0]);
        let all = Geometry::Multi(Kind::GeometryCollection, vec![line, point]);
        let mut bytes = Vec::new();
        write(&all, &mut bytes);
        assert_eq!(read(&bytes), Ok((None, all)));
        assert!(read(&bytes[1..]).is_err());
        assert_eq!(read(&bytes[..bytes.len() - 1]), Err(INCOMPLETE));
        bytes.push(0);
        assert_eq!(read(&bytes), Err(INCOMPLETE));
    }

    #[test]
    fn a_reference_is_read_and_a_third_dimension_is_refused() {
        let point = |flags: u32, numbers: usize| {
            let mut bytes = vec![0];
            bytes.extend(flags.to_be_bytes());
            bytes.extend(if flags & HAS_REFERENCE == 0 { &[][..] } else { &[0, 0, 0x10, 0xe6] });
            bytes.extend((0..numbers).flat_map(|number| (number as f64).to_be_bytes()));
            bytes
        };
        let told = Ok((Some(4326), Geometry::Point([0.0, 1.0])));
        assert_eq!(read(&point(0x2000_0001, 2)), told);
        assert!(read(&point(0x8000_0001, 3)).is_err());
    }
}
