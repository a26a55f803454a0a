//! Well-known text: a kind, and numbers in parentheses.
//!
//! Format: "Well-Known Text (WKT) Format" of the manual.

use sluice_bridge::values::number::{Reason, float};

use crate::geometry::model::{Coordinates, Geometry, INCOMPLETE, KINDS, Kind, MAX_DEPTH};

const NOT_A_GEOMETRY: Reason = "the text is not a geometry such as POINT(1 2)";

/// Reads a geometry. The coordinates stay in the order of the text.
///
/// # Errors
/// The text is not a geometry.
pub fn read(text: &str) -> Result<Geometry, Reason> {
    let mut reader = Reader { rest: text };
    let geometry = reader.geometry(MAX_DEPTH)?;
    if reader.rest.trim_ascii().is_empty() { Ok(geometry) } else { Err(INCOMPLETE) }
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// The next run of accepted characters, which may be empty.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        self.rest = self.rest.trim_ascii_start();
        let (word, rest) =
            self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn after(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_ascii_start();
        self.rest.strip_prefix(sign).map(|rest| self.rest = rest).is_some()
    }

    /// Reads parts in parentheses, separated by commas.
    fn list_of<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Reason>,
    ) -> Result<Vec<T>, Reason> {
        let mut parts = Vec::new();
        if !self.after('(') {
            return Err(NOT_A_GEOMETRY);
        }
        loop {
            parts.push(one(self)?);
            match self.after(',') {
                true => {}
                false if self.after(')') => return Ok(parts),
                false => return Err(NOT_A_GEOMETRY),
            }
        }
    }

    fn point(&mut self) -> Result<Coordinates, Reason> {
        let mut number = || {
            let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
            float::<f64>(self.word(is_digit)).map_err(|_| NOT_A_GEOMETRY)
        };
        Ok([number()?, number()?])
    }

    fn geometry(&mut self, depth: usize) -> Result<Geometry, Reason> {
        let depth = depth.checked_sub(1).ok_or("the geometry is nested too deeply")?;
        let name = self.word(|c| c.is_ascii_alphabetic());
        let name = if name.eq_ignore_ascii_case("geomcollection") { KINDS[6].1 } else { name };
        let known = KINDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        match known.ok_or(NOT_A_GEOMETRY)?.0 {
            Kind::GeometryCollection if self.is_empty() => {
                Ok(Geometry::Multi(Kind::GeometryCollection, Vec::new()))
            }
            Kind::GeometryCollection => {
                let parts = self.list_of(|reader| reader.geometry(depth))?;
                Ok(Geometry::Multi(Kind::GeometryCollection, parts))
            }
            Kind::MultiPoint => {
                self.parts(Kind::MultiPoint, |reader| match reader.rest.trim_ascii_start() {
                    inside if inside.starts_with('(') => reader.coordinates(Kind::Point),
                    _ => reader.point().map(Geometry::Point),
                })
            }
            Kind::MultiLineString => {
                self.parts(Kind::MultiLineString, |reader| reader.coordinates(Kind::LineString))
            }
            Kind::MultiPolygon => {
                self.parts(Kind::MultiPolygon, |reader| reader.coordinates(Kind::Polygon))
            }
            simple => self.coordinates(simple),
        }
    }

    fn parts(
        &mut self,
        kind: Kind,
        one: impl FnMut(&mut Self) -> Result<Geometry, Reason>,
    ) -> Result<Geometry, Reason> {
        Ok(Geometry::Multi(kind, self.list_of(one)?))
    }

    /// Reads `EMPTY` or `()`, if that follows.
    fn is_empty(&mut self) -> bool {
        let before = self.rest;
        let is_empty = match self.after('(') {
            true => self.after(')'),
            false => self.word(|c| c.is_ascii_alphabetic()).eq_ignore_ascii_case("empty"),
        };
        if !is_empty {
            self.rest = before;
        }
        is_empty
    }

    /// Reads the coordinates of a kind that has no other geometries as parts.
    fn coordinates(&mut self, kind: Kind) -> Result<Geometry, Reason> {
        match kind {
            Kind::LineString => Ok(Geometry::Line(self.list_of(Self::point)?)),
            Kind::Polygon => {
                Ok(Geometry::Polygon(self.list_of(|reader| reader.list_of(Self::point))?))
            }
            _ => match self.list_of(Self::point)?[..] {
                [point] => Ok(Geometry::Point(point)),
                _ => Err(NOT_A_GEOMETRY),
            },
        }
    }
}
