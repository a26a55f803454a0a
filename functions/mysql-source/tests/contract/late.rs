//! What the tests of late commits share: the tables, the ways to look, and what a row is known by.

use std::collections::BTreeSet;

use mysql_async::prelude::Queryable;
use sluice_testkit::Told;

use crate::stage::Stage;

pub(crate) const T: (&str, &str) = ("table.whitelist", "t");
pub(crate) const TABLES: &str = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v INT NOT NULL, \
     ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (ts, id)); \
     CREATE TABLE u (id INT PRIMARY KEY, v INT); INSERT INTO u VALUES (1, 1)";

/// The ways that a server has, for this mode.
pub(crate) fn ways(stage: &Stage, mode: &str) -> Vec<&'static str> {
    let mut ways = vec!["processes"];
    if !stage.is_maria {
        ways.push("metadata-locks");
    }
    if mode == "incrementing" {
        ways.push("table-lock");
    }
    ways
}

pub(crate) fn options<'o>(mode: &'o str, way: &'o str) -> Vec<(&'o str, &'o str)> {
    let time = ("timestamp.column.name", if mode == "incrementing" { "" } else { "ts" });
    vec![T, ("mode", mode), time, ("late.commits", way), ("batch.max.rows", "200")]
}

/// What a row is known by: its id, and in the modes with time the moment of its last change.
pub(crate) fn known(told: &Told, has_time: bool) -> (i64, String) {
    let value = told.value.as_str();
    let id = value.strip_prefix("{\"id\":").and_then(|rest| rest.split(',').next());
    let time = value.rsplit_once("\"ts\":\"").map(|(_, rest)| rest.trim_end_matches("Z\"}"));
    let id = id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("{value}"));
    (
        id,
        if has_time { time.unwrap_or_else(|| panic!("{value}")).to_owned() } else { String::new() },
    )
}

/// The rows that are committed, as [`known`] knows them.
pub(crate) async fn committed(stage: &Stage, has_time: bool) -> BTreeSet<(i64, String)> {
    let mut conn = stage.connect().await;
    conn.query_drop("SET time_zone = '+00:00'").await.expect("a zone");
    let question = "SELECT id, DATE_FORMAT(ts, '%Y-%m-%dT%H:%i:%s.%f') FROM t";
    let rows: Vec<(i64, String)> = conn.query(question).await.expect("rows");
    conn.disconnect().await.expect("goodbye");
    let known = |(id, time)| (id, if has_time { time } else { String::new() });
    rows.into_iter().map(known).collect()
}
