//! Text, labels, bytes, documents, geometries.

use super::Judged;

/// Blanks at the end are all that the server would cut.
#[test]
fn texts() {
    let patterns = &["[ a-zA-Z'\\\\\"%_]{0,9}", "[ aé日€𝄞]{0,7}", "[a-z]{3,5} {0,4}", "\\PC{0,6}"];
    for (name, declared) in [
        ("varchar", "varchar(5)"),
        ("varchar_latin1", "varchar(5) character set latin1"),
        ("varchar_gbk", "varchar(5) character set gbk"),
        ("varchar_sjis", "varchar(5) character set sjis"),
        ("varchar_utf8mb3", "varchar(5) character set utf8mb3"),
        ("varchar_utf16", "varchar(5) character set utf16"),
    ] {
        let reading = "HEX(c)";
        let may_refuse = |text: &str, _: &str| text.ends_with(' ');
        Judged { name, declared, patterns, reading, may_refuse, ..Judged::default() }.check();
    }
}

/// Digits, cases and blanks that the server would bend.
#[test]
fn labels() {
    let patterns =
        &["[abAB128 ]{0,2}", "(a|b|2|it's)", "(a|b|2|it's)(,(a|b|2|it's)){0,3}", "[0-9]{1,2}"];
    let labels = "('a','b','2','it''s')";
    for (name, kind) in [("enum", "enum"), ("set", "set")] {
        let declared = &format!("{kind}{labels}");
        Judged { name, declared, patterns, ..Judged::default() }.check();
    }
}

/// What is no base64 the server makes NULL.
#[test]
fn bytes() {
    let patterns = &["([A-Za-z0-9+/]{4}){0,3}", "[A-Za-z0-9+/]{0,8}={0,2}", "[A-Za-z0-9+/]{2}=="];
    let (given, reading) = ("FROM_BASE64(given)", "HEX(c)");
    // Bits that no byte is made of.
    let may_refuse = |text: &str, _: &str| text.ends_with('=');
    let judged = Judged { patterns, given, reading, may_refuse, ..Judged::default() };
    Judged { name: "varbinary", declared: "varbinary(20)", ..judged }.check();
}

#[test]
fn documents() {
    let patterns = &["[ -~]{0,12}", "[aé日€𝄞\"\\\\/]{0,7}"];
    let given = "JSON_QUOTE(given)";
    Judged { name: "json", declared: "json", patterns, given, ..Judged::default() }.check();
}

/// What is no geometry MariaDB makes NULL, and MySQL an error.
#[test]
fn geometries() {
    let place = "-?[0-9]{1,3}(\\.[0-9]{1,2})?(e[0-9])? [0-9]{1,2}";
    let point = format!("POINT ?\\({place}\\)");
    let line = format!("(LINESTRING|linestring|MULTIPOINT)\\({place}(, ?{place}){{0,3}}\\)");
    let ring = "\\(0 0,[1-9] 0,[1-9] [1-9],0 [01]\\)";
    let polygon = format!("POLYGON\\({ring}\\)");
    let several = format!("MULTI(POLYGON\\(\\({ring}\\)\\)|LINESTRING\\(\\({place},{place}\\)\\))");
    let collection = format!("GEOMETRYCOLLECTION\\({point},{polygon}\\)");
    let broken = "(POINT|LINESTRING)[( ]{1,2}[0-9 ,]{1,6}[) ]{0,2}";
    let patterns = &[&*point, &line, &polygon, &several, &collection, broken];
    let (given, reading) = ("ST_GeomFromText(given)", "ST_AsText(c)");
    // MariaDB takes a line of one point, and is not strict about parentheses.
    let may_refuse = |text: &str, _: &str| !text.contains(',') || !text.contains('(');
    let judged = Judged { patterns, given, reading, may_refuse, ..Judged::default() };
    Judged { name: "geometry", declared: "geometry", ..judged }.check();
}
