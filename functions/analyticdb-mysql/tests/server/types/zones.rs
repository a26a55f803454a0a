//! `db.timezone`: a DATETIME has the wall clock of a zone, a TIMESTAMP an instant.

use super::{MARIADB, MYSQL};
use crate::support::{INSERT, deliver, on_stage};

/// What is stored in a DATETIME, and the instant in a TIMESTAMP, of values given to both.
fn check(name: &str, zone: &str, cells: &[(&str, Option<&str>, Option<&str>)]) {
    for server in [MARIADB, MYSQL] {
        on_stage(server, &format!("zones_{name}"), async |stage| {
            let mut sink = stage.sink_with(&[("db.timezone", zone)]);
            for (table, declared) in [("wall", "datetime(6)"), ("instant", "timestamp(6) null")] {
                let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, c {declared})");
                stage.sql(&create).await;
                let values = cells.iter().enumerate();
                let values = values.map(|(id, (json, ..))| format!("{{\"id\":{id},\"c\":{json}}}"));
                let outcome = deliver(&mut sink, table, INSERT, values).await.expect("no fault");
                for (id, (json, wall, instant)) in cells.iter().enumerate() {
                    let query = format!("SELECT c FROM {table} WHERE id = {id}");
                    let stored = stage.column(&query).await.pop();
                    let expected = if table == "wall" { wall } else { instant };
                    let expected = expected.map(|text| format!("{text}.000000"));
                    let failures = &outcome.failures;
                    assert_eq!(
                        stored, expected,
                        "{json} in {zone} ({server} {table}): {failures:?}"
                    );
                }
            }
        });
    }
}

#[test]
fn a_fixed_offset() {
    let cells = [
        ("\"2026-01-02T03:04:05\"", Some("2026-01-02 03:04:05"), Some("2026-01-01 19:04:05")),
        ("\"2026-01-02T03:04:05Z\"", Some("2026-01-02 11:04:05"), Some("2026-01-02 03:04:05")),
        ("1767225600000", Some("2026-01-01 08:00:00"), Some("2026-01-01 00:00:00")),
        ("1000", Some("1970-01-01 08:00:01"), Some("1970-01-01 00:00:01")),
        ("\"2038-01-19T03:14:07Z\"", Some("2038-01-19 11:14:07"), Some("2038-01-19 03:14:07")),
    ];
    check("offset", "+08:00", &cells);
    check("shanghai", "Asia/Shanghai", &cells);
}

#[test]
fn a_zone_whose_clocks_skip_and_repeat_an_hour() {
    let cells = [
        ("\"2026-01-02T12:00:00\"", Some("2026-01-02 12:00:00"), Some("2026-01-02 11:00:00")),
        ("\"2026-07-02T12:00:00\"", Some("2026-07-02 12:00:00"), Some("2026-07-02 10:00:00")),
        ("\"2026-01-02T12:00:00Z\"", Some("2026-01-02 13:00:00"), Some("2026-01-02 12:00:00")),
        ("\"2026-07-02T12:00:00Z\"", Some("2026-07-02 14:00:00"), Some("2026-07-02 12:00:00")),
        // No instant of this wall clock, or two.
        ("\"2026-03-29T02:30:00\"", Some("2026-03-29 02:30:00"), None),
        ("\"2026-10-25T02:30:00\"", Some("2026-10-25 02:30:00"), None),
        // Both instants of one wall clock.
        ("\"2026-10-25T00:30:00Z\"", Some("2026-10-25 02:30:00"), Some("2026-10-25 00:30:00")),
        ("\"2026-10-25T01:30:00Z\"", Some("2026-10-25 02:30:00"), Some("2026-10-25 01:30:00")),
        ("1774747800000", Some("2026-03-29 03:30:00"), Some("2026-03-29 01:30:00")),
    ];
    check("berlin", "Europe/Berlin", &cells);
}

/// What the server itself puts into a column is of the same clock.
#[test]
fn the_session_has_the_offset_of_the_zone() {
    for server in [MARIADB, MYSQL] {
        on_stage(server, "zones_session", async |stage| {
            let declared = "id int PRIMARY KEY, c datetime DEFAULT CURRENT_TIMESTAMP";
            stage.sql(&format!("CREATE TABLE t ({declared})")).await;
            let mut sink = stage.sink_with(&[("db.timezone", "-03:30")]);
            deliver(&mut sink, "t", INSERT, ["{\"id\":1}"]).await.expect("no fault");
            let query = "SELECT ABS(TIMESTAMPDIFF(SECOND, c, UTC_TIMESTAMP()) - 12600) < 60 FROM t";
            assert_eq!(stage.column(query).await, ["1"], "{server}");
        });
    }
}
