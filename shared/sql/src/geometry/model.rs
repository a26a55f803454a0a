//! A geometry of two dimensions. It is checked as a server would check it, because MariaDB stores NULL
//! without an error when it cannot read a geometry. It can be written as well-known text.

use sluice_bridge::values::number::Reason;

use crate::append::display;

/// The reason for a geometry with missing or extra bytes or characters.
pub(crate) const INCOMPLETE: Reason = "the geometry is incomplete, or has data after its end";
/// The maximum depth of nested collections.
pub(crate) const MAX_DEPTH: usize = 32;

/// The x and the y of a point.
pub type Coordinates = [f64; 2];

/// The kinds of geometries, with their numbers in well-known binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Point = 1,
    LineString = 2,
    Polygon = 3,
    MultiPoint = 4,
    MultiLineString = 5,
    MultiPolygon = 6,
    GeometryCollection = 7,
}

pub(crate) const KINDS: [(Kind, &str); 7] = [
    (Kind::Point, "POINT"),
    (Kind::LineString, "LINESTRING"),
    (Kind::Polygon, "POLYGON"),
    (Kind::MultiPoint, "MULTIPOINT"),
    (Kind::MultiLineString, "MULTILINESTRING"),
    (Kind::MultiPolygon, "MULTIPOLYGON"),
    (Kind::GeometryCollection, "GEOMETRYCOLLECTION"),
];

/// A geometry. All parts of a collection have its kind, except in a `GeometryCollection`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Geometry {
    Point(Coordinates),
    Line(Vec<Coordinates>),
    Polygon(Vec<Vec<Coordinates>>),
    Multi(Kind, Vec<Geometry>),
}

impl Geometry {
    /// Checks that servers accept the geometry.
    ///
    /// # Errors
    /// The reason why servers refuse the geometry.
    pub fn check(&self) -> Result<(), Reason> {
        match self {
            Geometry::Point(point) if !point.iter().all(|number| number.is_finite()) => {
                Err("a point has an empty or infinite coordinate")
            }
            Geometry::Point(_) => Ok(()),
            Geometry::Line(points) if points.len() < 2 => Err("a line has fewer than two points"),
            Geometry::Line(points) => {
                points.iter().try_for_each(|point| Geometry::Point(*point).check())
            }
            Geometry::Polygon(rings) if rings.is_empty() => Err("a polygon has no ring"),
            Geometry::Polygon(rings) => rings.iter().try_for_each(|ring| {
                if ring.len() < 4 || ring.first() != ring.last() {
                    return Err("a ring is not closed");
                }
                ring.iter().try_for_each(|point| Geometry::Point(*point).check())
            }),
            Geometry::Multi(kind, parts) if parts.is_empty() => match kind {
                Kind::GeometryCollection => Ok(()),
                _ => Err("the geometry has no parts"),
            },
            Geometry::Multi(_, parts) => parts.iter().try_for_each(Geometry::check),
        }
    }

    /// Whether this is a collection that contains another collection.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        let is_collection =
            |geometry: &Geometry| matches!(geometry, Self::Multi(Kind::GeometryCollection, _));
        match self {
            Self::Multi(Kind::GeometryCollection, parts) => parts.iter().any(is_collection),
            _ => false,
        }
    }

    /// Appends the geometry as well-known text. If `swapped` is set, y comes before x.
    pub fn write(&self, swapped: bool, out: &mut Vec<u8>) {
        out.extend(self.name().as_bytes());
        self.write_parts(swapped, out);
    }

    /// The kind of the geometry.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Geometry::Point(_) => Kind::Point,
            Geometry::Line(_) => Kind::LineString,
            Geometry::Polygon(_) => Kind::Polygon,
            Geometry::Multi(kind, _) => *kind,
        }
    }

    fn name(&self) -> &'static str {
        KINDS[self.kind() as usize - 1].1
    }

    /// Appends the coordinates and parts, which follow the kind's name.
    fn write_parts(&self, swapped: bool, out: &mut Vec<u8>) {
        match self {
            Geometry::Point(point) => list(&[*point], out, |point, out| pair(*point, swapped, out)),
            Geometry::Line(points) => list(points, out, |point, out| pair(*point, swapped, out)),
            Geometry::Polygon(rings) => list(rings, out, |ring, out| {
                list(ring, out, |point, out| pair(*point, swapped, out));
            }),
            Geometry::Multi(_, parts) if parts.is_empty() => out.extend(b" EMPTY"),
            Geometry::Multi(Kind::GeometryCollection, parts) => {
                list(parts, out, |part, out| part.write(swapped, out));
            }
            // Older servers do not accept points in parentheses here.
            Geometry::Multi(Kind::MultiPoint, parts) => list(parts, out, |part, out| {
                if let Geometry::Point(point) = part {
                    pair(*point, swapped, out);
                }
            }),
            Geometry::Multi(_, parts) => {
                list(parts, out, |part, out| part.write_parts(swapped, out));
            }
        }
    }
}

fn list<T>(items: &[T], out: &mut Vec<u8>, mut one: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'(');
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        one(item, out);
    }
    out.push(b')');
}

fn pair([x, y]: Coordinates, swapped: bool, out: &mut Vec<u8>) {
    let (first, second) = if swapped { (y, x) } else { (x, y) };
    display(format_args!("{first:e} {second:e}"), out);
}
