//! Geometries of two dimensions, checked as the server would check them, and written as its
//! well-known text. MariaDB stores NULL where it cannot read a text, and says nothing.

use sluice_bridge::number::Why;

use crate::values::number::write;

pub(crate) const BROKEN: Why = "the geometry breaks off, or goes on after its end";
/// Collections within collections go no deeper.
pub(crate) const DEEPEST: usize = 32;

/// An x and a y.
pub(crate) type Place = [f64; 2];

/// The kinds, with their numbers in well-known binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
pub(crate) enum Figure {
    Point(Place),
    Line(Vec<Place>),
    Polygon(Vec<Vec<Place>>),
    Several(Kind, Vec<Figure>),
}

impl Figure {
    /// Refuses what the server has no such geometry of.
    pub(crate) fn check(&self) -> Result<(), Why> {
        match self {
            Figure::Point(place) if !place.iter().all(|number| number.is_finite()) => {
                Err("a point is empty or infinite")
            }
            Figure::Point(_) => Ok(()),
            Figure::Line(places) if places.len() < 2 => Err("a line has fewer than two points"),
            Figure::Line(places) => {
                places.iter().try_for_each(|place| Figure::Point(*place).check())
            }
            Figure::Polygon(rings) if rings.is_empty() => Err("a polygon has no ring"),
            Figure::Polygon(rings) => rings.iter().try_for_each(|ring| {
                if ring.len() < 4 || ring.first() != ring.last() {
                    return Err("a ring is not closed");
                }
                ring.iter().try_for_each(|place| Figure::Point(*place).check())
            }),
            Figure::Several(kind, parts) if parts.is_empty() => match kind {
                Kind::GeometryCollection => Ok(()),
                _ => Err("a geometry of several parts has none"),
            },
            Figure::Several(_, parts) => parts.iter().try_for_each(Figure::check),
        }
    }

    /// Whether a collection holds another.
    pub(crate) fn is_nested(&self) -> bool {
        let is_collection =
            |figure: &Figure| matches!(figure, Self::Several(Kind::GeometryCollection, _));
        match self {
            Self::Several(Kind::GeometryCollection, parts) => parts.iter().any(is_collection),
            _ => false,
        }
    }

    /// Appends it as well-known text; `swapped` has the y first.
    pub(crate) fn write(&self, swapped: bool, out: &mut Vec<u8>) {
        out.extend(self.name().as_bytes());
        self.write_parts(swapped, out);
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Figure::Point(_) => Kind::Point,
            Figure::Line(_) => Kind::LineString,
            Figure::Polygon(_) => Kind::Polygon,
            Figure::Several(kind, _) => *kind,
        }
    }

    fn name(&self) -> &'static str {
        KINDS[self.kind() as usize - 1].1
    }

    /// What stands behind the name.
    fn write_parts(&self, swapped: bool, out: &mut Vec<u8>) {
        match self {
            Figure::Point(place) => list(&[*place], out, |place, out| pair(*place, swapped, out)),
            Figure::Line(places) => list(places, out, |place, out| pair(*place, swapped, out)),
            Figure::Polygon(rings) => list(rings, out, |ring, out| {
                list(ring, out, |place, out| pair(*place, swapped, out));
            }),
            Figure::Several(_, parts) if parts.is_empty() => out.extend(b" EMPTY"),
            Figure::Several(Kind::GeometryCollection, parts) => {
                list(parts, out, |part, out| part.write(swapped, out));
            }
            // Points in parentheses of their own are news to older servers.
            Figure::Several(Kind::MultiPoint, parts) => list(parts, out, |part, out| {
                if let Figure::Point(place) = part {
                    pair(*place, swapped, out);
                }
            }),
            Figure::Several(_, parts) => {
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
    write(out, format_args!("{first:e} {second:e}"));
}
