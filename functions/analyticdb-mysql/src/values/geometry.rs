//! Reads geometries in three formats: well-known text, well-known binary as hexadecimal digits, and an object
//! with `x` and `y` or a `wkb`. They are sent as well-known text.

use bumpalo::Bump;
use sluice_bridge::json::Scanner;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::binary::{base64, hexadecimal};
use sluice_bridge::values::number::{Reason, float, integer};
use sluice_sql::append::display;
use sluice_sql::cells::WRONG_KIND;
use sluice_sql::geometry::model::Geometry;
use sluice_sql::geometry::{wkb, wkt};

use crate::types::spatial_reference::SpatialReference;
use crate::values::encoded_kind::EncodedKind;

/// Appends a geometry as well-known text, or in MariaDB's internal format.
pub(crate) fn write(
    cell: Cell<'_>,
    reference: SpatialReference,
    out: &mut Vec<u8>,
) -> Result<EncodedKind, Reason> {
    let (srid, geometry, is_text) = match cell {
        Cell::Json(object) if object.starts_with('{') => {
            let (srid, geometry) = of_object(object)?;
            (srid, geometry, false)
        }
        // Well-known binary starts with its byte order.
        Cell::Text(text) if text.starts_with("00") || text.starts_with("01") => {
            let mut bytes = Vec::new();
            hexadecimal(text.as_bytes(), &mut bytes)?;
            let (srid, geometry) = wkb::read(&bytes)?;
            (srid, geometry, false)
        }
        Cell::Text(text) => {
            match text.strip_prefix("SRID=").and_then(|rest| rest.split_once(';')) {
                Some((srid, text)) => (Some(integer(srid)?), wkt::read(text)?, true),
                None => (None, wkt::read(text)?, true),
            }
        }
        _ => return Err(WRONG_KIND),
    };
    reference.check(srid)?;
    geometry.check()?;
    if reference.is_mariadb && geometry.is_nested() {
        return Err("the server does not accept a collection within a collection");
    }
    if reference.is_mariadb {
        // The internal format: four bytes of the spatial reference, then well-known binary ("Internal
        // Geometry Storage Format").
        out.extend(srid.unwrap_or(0).to_le_bytes());
        wkb::write(&geometry, out);
        return Ok(EncodedKind::Bytes);
    }
    match srid {
        Some(srid) if srid != 0 && reference.srid.is_none() => {
            out.push(b'\'');
            geometry.write(false, out);
            let order =
                if is_text || !reference.has_axis_order { "" } else { ",'axis-order=long-lat'" };
            display(format_args!("',{srid}{order}"), out);
            Ok(EncodedKind::Sql)
        }
        _ => {
            geometry.write(reference.latitude_first && !is_text, out);
            Ok(EncodedKind::Text)
        }
    }
}

/// Reads an object with `x`, `y` and an optional `srid`, as Debezium sends points; or with a `wkb` in base64
/// and an optional `srid`, as it sends other geometries.
fn of_object(object: &str) -> Result<(Option<u32>, Geometry), Reason> {
    const NOT_A_GEOMETRY: Reason = "the object has neither an x and a y nor a wkb";
    let (arena, mut scanner) = (Bump::new(), Scanner::new(object));
    let (mut x, mut y, mut srid, mut binary) = (None, None, None, None);
    let mut members = scanner.object().map_err(|_| NOT_A_GEOMETRY)?;
    while let Some(key) = members.key(&mut scanner).map_err(|_| NOT_A_GEOMETRY)? {
        let key = key.unescape(&arena).map_err(|_| NOT_A_GEOMETRY)?;
        let value = scanner.value().map_err(|_| NOT_A_GEOMETRY)?;
        match (key, Cell::from_json(value, &arena).map_err(|_| NOT_A_GEOMETRY)?) {
            ("x", Cell::Number(digits)) => x = Some(float(digits)?),
            ("y", Cell::Number(digits)) => y = Some(float(digits)?),
            ("srid", Cell::Number(digits)) => srid = Some(integer(digits)?),
            ("wkb", Cell::Text(text)) => binary = Some(text),
            ("wkb" | "srid" | "z" | "m", Cell::Null) => {}
            ("z" | "m", _) => return Err("the geometry has more than two dimensions"),
            _ => return Err(NOT_A_GEOMETRY),
        }
    }
    if let Some(coordinates) = x.zip(y) {
        // A point has the same data in its `wkb`.
        return Ok((srid, Geometry::Point(coordinates.into())));
    }
    let mut bytes = Vec::new();
    base64(binary.ok_or(NOT_A_GEOMETRY)?, &mut bytes)?;
    let (own, geometry) = wkb::read(&bytes)?;
    if own.is_some() && srid.is_some() && own != srid {
        return Err("the geometry has two different spatial references");
    }
    Ok((srid.or(own), geometry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: SpatialReference = SpatialReference {
        srid: None,
        latitude_first: false,
        is_mariadb: false,
        has_axis_order: true,
    };
    const ZERO: SpatialReference = SpatialReference { srid: Some(0), ..NONE };
    const EARTH: SpatialReference =
        SpatialReference { srid: Some(4326), latitude_first: true, ..NONE };
    const FLAT: SpatialReference = SpatialReference { is_mariadb: true, ..NONE };

    fn written(cell: Cell<'_>, reference: SpatialReference) -> Result<String, Reason> {
        let mut out = Vec::new();
        write(cell, reference, &mut out).map(|_| String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn texts_are_read_and_written() {
        for (given, sent) in [
            ("POINT(1 -2.5)", "POINT(1e0 -2.5e0)"),
            (" linestring ( 0 0 , 1e3 1 ) ", "LINESTRING(0e0 0e0,1e3 1e0)"),
            ("POLYGON((0 0,1 0,1 1,0 0))", "POLYGON((0e0 0e0,1e0 0e0,1e0 1e0,0e0 0e0))"),
            ("MULTIPOINT((1 1),2 2)", "MULTIPOINT(1e0 1e0,2e0 2e0)"),
            ("MULTILINESTRING((1 1,2 2))", "MULTILINESTRING((1e0 1e0,2e0 2e0))"),
            ("GEOMCOLLECTION EMPTY", "GEOMETRYCOLLECTION EMPTY"),
            ("GEOMETRYCOLLECTION()", "GEOMETRYCOLLECTION EMPTY"),
            ("GEOMETRYCOLLECTION(POINT(1 2))", "GEOMETRYCOLLECTION(POINT(1e0 2e0))"),
        ] {
            assert_eq!(written(Cell::Text(given), NONE).as_deref(), Ok(sent), "{given}");
        }
        for wrong in [
            "",
            "xyz",
            "POINT(1)",
            "POINT(1 2 3)",
            "POINT(1 2)x",
            "POINT 1 2",
            "POINT EMPTY",
            "LINESTRING(1 1)",
            "POLYGON((0 0,1 1,2 2,3 3))",
            "POLYGON((0 0,1 0,0 0))",
            "MULTIPOINT()",
            "POINT(1 2",
            "POINT(1,2)",
            "POINT(1e999 2)",
            "POINT(inf 2)",
            "POINT(1 2),POINT(1 2)",
        ] {
            assert!(written(Cell::Text(wrong), NONE).is_err(), "{wrong}");
        }
        let nested = "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(POINT(1 2)))";
        assert!(written(Cell::Text(nested), NONE).is_ok());
        assert!(written(Cell::Text(nested), FLAT).unwrap_err().contains("within"));
        assert!(written(Cell::Text("GEOMETRYCOLLECTION(POINT(1 2))"), FLAT).is_ok());
        let deep = "GEOMETRYCOLLECTION(".repeat(100);
        assert!(written(Cell::Text(&deep), NONE).unwrap_err().contains("deeply"));
    }

    #[test]
    fn binary_and_objects_are_points_too() {
        let little = "0101000000000000000000f03f0000000000000040";
        let big = "00000000013ff00000000000004000000000000000";
        let referenced = "0101000020e6100000000000000000f03f0000000000000040";
        for binary in [little, big] {
            assert_eq!(written(Cell::Text(binary), NONE).as_deref(), Ok("POINT(1e0 2e0)"));
            assert_eq!(written(Cell::Text(binary), EARTH).as_deref(), Ok("POINT(2e0 1e0)"));
        }
        assert_eq!(written(Cell::Text(referenced), EARTH).as_deref(), Ok("POINT(2e0 1e0)"));
        assert!(written(Cell::Text(referenced), ZERO).unwrap_err().contains("reference"));
        let own = "'POINT(1e0 2e0)',4326";
        let text = Cell::Text("SRID=4326;POINT(1 2)");
        assert_eq!(written(text, NONE).as_deref(), Ok(own));
        let swapped = format!("{own},'axis-order=long-lat'");
        assert_eq!(written(Cell::Text(referenced), NONE).as_deref(), Ok(swapped.as_str()));
        let older = SpatialReference { has_axis_order: false, ..NONE };
        assert_eq!(written(Cell::Text(referenced), older).as_deref(), Ok(own));
        let mut kept = Vec::new();
        assert_eq!(write(text, FLAT, &mut kept), Ok(EncodedKind::Bytes));
        assert_eq!((kept[..4].to_vec(), kept.len()), (4326_u32.to_le_bytes().to_vec(), 25));
        assert_eq!(
            written(Cell::Text("SRID=4326;POINT(1 2)"), EARTH).as_deref(),
            Ok("POINT(1e0 2e0)")
        );
        assert!(written(Cell::Text("SRID=1;POINT(1 2)"), EARTH).is_err());
        let object = r#"{"x":1,"y":2.5,"wkb":"AQE=","srid":null}"#;
        assert_eq!(written(Cell::Json(object), NONE).as_deref(), Ok("POINT(1e0 2.5e0)"));
        for wrong in
            [&little[..40], "0101", "0109000000", "01e9030000", "010400000001000000", "01zz"]
        {
            assert!(written(Cell::Text(wrong), NONE).is_err(), "{wrong}");
        }
        let line = "AQIAAAACAAAAAAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhAAAAAAAAAEEA=";
        let object = format!(r#"{{"wkb":"{line}","srid":null}}"#);
        let drawn = "LINESTRING(1e0 2e0,3e0 4e0)";
        assert_eq!(written(Cell::Json(&object), NONE).as_deref(), Ok(drawn));
        let object = format!(r#"{{"srid":4326,"wkb":"{line}"}}"#);
        let drawn = "LINESTRING(2e0 1e0,4e0 3e0)";
        assert_eq!(written(Cell::Json(&object), EARTH).as_deref(), Ok(drawn));
        for wrong in [
            r#"{"wkb":"AQE="}"#,
            r#"{"srid":1}"#,
            r#"{"wkb":null,"x":1}"#,
            r#"{"x":1}"#,
            r#"{"x":1,"y":2,"z":3}"#,
            r#"{"x":1,"y":2,"name":"inn"}"#,
        ] {
            assert!(written(Cell::Json(wrong), NONE).is_err(), "{wrong}");
        }
        assert!(written(Cell::Json("[1,2]"), NONE).is_err());
    }
}
