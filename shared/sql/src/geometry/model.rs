//! A geometry of two dimensions: checked as a server would check it, for MariaDB stores NULL where it
//! cannot read one and says nothing; and written as well-known text.

use sluice_bridge::values::number::Reason;

use crate::append::shown;

/// What is said of a geometry that is cut off.
pub(crate) const BROKEN: Reason = "the geometry breaks off, or goes on after its end";
/// Collections within collections go no deeper.
pub(crate) const DEEPEST: usize = 32;

/// An x and a y.
pub type Place = [f64; 2];

/// The kinds, with their numbers in well-known binary.
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

/// A geometry. Of a collection of one kind, the parts are of that kind.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Geometry {
    Point(Place),
    Line(Vec<Place>),
    Polygon(Vec<Vec<Place>>),
    Several(Kind, Vec<Geometry>),
}

impl Geometry {
    /// Refuses what servers have no such geometry of.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Reason> {
        match self {
            Geometry::Point(place) if !place.iter().all(|number| number.is_finite()) => {
                Err("a point is empty or infinite")
            }
            Geometry::Point(_) => Ok(()),
            Geometry::Line(places) if places.len() < 2 => Err("a line has fewer than two points"),
            Geometry::Line(places) => {
                places.iter().try_for_each(|place| Geometry::Point(*place).check())
            }
            Geometry::Polygon(rings) if rings.is_empty() => Err("a polygon has no ring"),
            Geometry::Polygon(rings) => rings.iter().try_for_each(|ring| {
                if ring.len() < 4 || ring.first() != ring.last() {
                    return Err("a ring is not closed");
                }
                ring.iter().try_for_each(|place| Geometry::Point(*place).check())
            }),
            Geometry::Several(kind, parts) if parts.is_empty() => match kind {
                Kind::GeometryCollection => Ok(()),
                _ => Err("a geometry of several parts has none"),
            },
            Geometry::Several(_, parts) => parts.iter().try_for_each(Geometry::check),
        }
    }

    /// Whether a collection holds another.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        let is_collection =
            |geometry: &Geometry| matches!(geometry, Self::Several(Kind::GeometryCollection, _));
        match self {
            Self::Several(Kind::GeometryCollection, parts) => parts.iter().any(is_collection),
            _ => false,
        }
    }

    /// Appends it as well-known text; `swapped` has the y first.
    pub fn write(&self, swapped: bool, out: &mut Vec<u8>) {
        out.extend(self.name().as_bytes());
        self.write_parts(swapped, out);
    }

    /// What kind it is of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Geometry::Point(_) => Kind::Point,
            Geometry::Line(_) => Kind::LineString,
            Geometry::Polygon(_) => Kind::Polygon,
            Geometry::Several(kind, _) => *kind,
        }
    }

    fn name(&self) -> &'static str {
        KINDS[self.kind() as usize - 1].1
    }

    /// What stands behind the name.
    fn write_parts(&self, swapped: bool, out: &mut Vec<u8>) {
        match self {
            Geometry::Point(place) => list(&[*place], out, |place, out| pair(*place, swapped, out)),
            Geometry::Line(places) => list(places, out, |place, out| pair(*place, swapped, out)),
            Geometry::Polygon(rings) => list(rings, out, |ring, out| {
                list(ring, out, |place, out| pair(*place, swapped, out));
            }),
            Geometry::Several(_, parts) if parts.is_empty() => out.extend(b" EMPTY"),
            Geometry::Several(Kind::GeometryCollection, parts) => {
                list(parts, out, |part, out| part.write(swapped, out));
            }
            // Points in parentheses of their own are news to older servers.
            Geometry::Several(Kind::MultiPoint, parts) => list(parts, out, |part, out| {
                if let Geometry::Point(place) = part {
                    pair(*place, swapped, out);
                }
            }),
            Geometry::Several(_, parts) => {
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

fn pair([x, y]: Place, swapped: bool, out: &mut Vec<u8>) {
    let (first, second) = if swapped { (y, x) } else { (x, y) };
    shown(format_args!("{first:e} {second:e}"), out);
}
