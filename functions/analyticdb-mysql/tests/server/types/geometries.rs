//! Geometries.

use super::{Either, Fate, MYSQL, Refused, Server, Stored, WRONG_KIND, check_as, check_on};

const NO_GEOMETRY: Fate = Refused("not a geometry such as POINT(1 2)");

#[test]
fn geometries() {
    let cells = [
        ("null", Stored("∅")),
        ("\"POINT(1 -2.5)\"", Stored("POINT(1 -2.5)")),
        ("\"linestring(0 0, 1e3 1)\"", Stored("LINESTRING(0 0,1000 1)")),
        ("\"POLYGON((0 0,1 0,1 1,0 0))\"", Stored("POLYGON((0 0,1 0,1 1,0 0))")),
        ("\"MULTILINESTRING((1 1,2 2))\"", Stored("MULTILINESTRING((1 1,2 2))")),
        ("\"MULTIPOLYGON(((0 0,1 0,1 1,0 0)))\"", Stored("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))")),
        ("\"GEOMETRYCOLLECTION(POINT(1 2))\"", Stored("GEOMETRYCOLLECTION(POINT(1 2))")),
        ("\"GEOMETRYCOLLECTION EMPTY\"", Stored("GEOMETRYCOLLECTION EMPTY")),
        ("\"0101000000000000000000f03f0000000000000040\"", Stored("POINT(1 2)")),
        ("{\"x\":1,\"y\":2.5}", Stored("POINT(1 2.5)")),
        // MariaDB would store NULL.
        ("\"POINT(1)\"", NO_GEOMETRY),
        ("\"POINT(1 2 3)\"", NO_GEOMETRY),
        ("\"nowhere\"", NO_GEOMETRY),
        ("\"POLYGON((0 0,1 1,2 2))\"", Refused("a ring is not closed")),
        ("\"LINESTRING(1 1)\"", Refused("fewer than two points")),
        ("{\"x\":1}", Refused("neither an x and a y nor a wkb")),
        ("{\"x\":1,\"y\":2,\"z\":3}", Refused("more than two dimensions")),
        (
            "\"GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2)))\"",
            Either(
                &Refused("not accept a collection within a collection"),
                &Stored("GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2)))"),
            ),
        ),
        ("[1,2]", WRONG_KIND),
        ("7", WRONG_KIND),
        ("true", WRONG_KIND),
    ];
    check_as("geometry", "geometry", "ST_AsText(c)", &cells);
    check_as(
        "multipoint",
        "multipoint",
        "ST_NumGeometries(c)",
        &[("\"MULTIPOINT((1 1),(2 2))\"", Stored("2"))],
    );
    let other = [("\"POINT(1 2)\"", Stored("POINT(1 2)"))];
    check_as("point", "point", "ST_AsText(c)", &other);
}

#[test]
fn another_kind_of_geometry() {
    let cells = [("\"LINESTRING(1 2,3 4)\"", Either(&Server("1366"), &Server("1416")))];
    check_as("point_only", "point", "ST_AsText(c)", &cells);
}

/// A column without a reference of its own takes any, and keeps it.
#[test]
fn a_column_of_any_spatial_reference() {
    let cells = [
        ("\"POINT(1 2)\"", Stored("0 POINT(1 2)")),
        ("\"SRID=0;POINT(1 2)\"", Stored("0 POINT(1 2)")),
        ("\"SRID=4326;POINT(1 2)\"", Stored("4326 POINT(1 2)")),
        (
            "\"0101000020e6100000000000000000f03f0000000000000040\"",
            Either(&Stored("4326 POINT(1 2)"), &Stored("4326 POINT(2 1)")),
        ),
        ("{\"x\":1,\"y\":2,\"srid\":3857}", Stored("3857 POINT(1 2)")),
        ("\"SRID=4326;LINESTRING(1 2,3 4)\"", Stored("4326 LINESTRING(1 2,3 4)")),
        (
            "\"SRID=4326;MULTIPOINT(1 2,3 4)\"",
            Either(&Stored("4326 MULTIPOINT(1 2,3 4)"), &Stored("4326 MULTIPOINT((1 2),(3 4))")),
        ),
    ];
    let reading = "CONCAT(ST_SRID(c), ' ', ST_AsText(c))";
    check_as("any_reference", "geometry", reading, &cells);
    let cells = [("\"SRID=4326;POINT(1 2)\"", Refused("spatial reference differs"))];
    check_on(MYSQL, "planar", "point srid 0", "ST_AsText(c)", &cells);
    let cells = [("\"SRID=12345;POINT(1 2)\"", Server("3548"))];
    check_on(MYSQL, "unknown_reference", "point", "ST_AsText(c)", &cells);
}

/// Text is as the server reads it, latitude first; the other forms never are.
#[test]
fn a_column_of_a_spatial_reference_system() {
    let cells = [
        ("\"POINT(10 20)\"", Stored("10 20")),
        ("\"SRID=4326;POINT(10 20)\"", Stored("10 20")),
        ("\"0101000020e6100000000000000000f03f0000000000000040\"", Stored("2 1")),
        ("\"0101000000000000000000f03f0000000000000040\"", Stored("2 1")),
        ("{\"x\":1,\"y\":2,\"srid\":4326}", Stored("2 1")),
        ("\"POINT(100 20)\"", Server("3617")),
        ("\"SRID=3857;POINT(1 2)\"", Refused("spatial reference differs")),
    ];
    let reading = "CONCAT(ST_Latitude(c), ' ', ST_Longitude(c))";
    check_on(MYSQL, "geographic", "point srid 4326", reading, &cells);
    let cells = [("{\"x\":1,\"y\":2,\"srid\":3857}", Stored("POINT(1 2)"))];
    check_on(MYSQL, "projected", "point srid 3857", "ST_AsText(c)", &cells);
}

/// As Debezium writes it without schemas.
#[test]
fn an_object_of_binary() {
    let line =
        "{\"wkb\":\"AQIAAAACAAAAAAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhAAAAAAAAAEEA=\",\"srid\":null}";
    let cells = [(line, Stored("LINESTRING(1 2,3 4)"))];
    check_as("object_of_binary", "linestring", "REPLACE(ST_AsText(c), ', ', ',')", &cells);
}
