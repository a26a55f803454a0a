//! What the role, the database or the address set for a session does not reach into values.

use crate::support::{
    INSERT, Options, Stage, UPDATE, UPSERT, all_written, configure, deliver, on_stage,
};
use crate::tls::url;

/// Settings that the server reads text by.
const HOSTILE: [(&str, &str); 6] = [
    ("timezone", "'America/New_York'"),
    ("datestyle", "'German, DMY'"),
    ("intervalstyle", "sql_standard"),
    ("array_nulls", "off"),
    ("xmloption", "document"),
    ("bytea_output", "escape"),
];

const VALUES: [(&str, &str, &str); 8] = [
    ("moment", r#""(\"2026-01-02 03:04:05\")""#, "(\"2026-01-02 03:04:05+00\")"),
    ("day", r#""(02/01/2026)""#, "(2026-02-01)"),
    ("spell", r#""(\"-1 2:03:04\")""#, "(\"-1 days +02:03:04\")"),
    ("text[]", r#"["a",null]"#, "{a,NULL}"),
    ("mood[]", r#"["fine",null]"#, "{fine,NULL}"),
    ("xml", r#""<a/><b/>""#, "<a/><b/>"),
    (
        "moments",
        r#""[2026-01-02 03:04:05,2026-01-03)""#,
        "[\"2026-01-02 03:04:05+00\",\"2026-01-03 00:00:00+00\")",
    ),
    ("bytea", r#""AP8=""#, "\\x00ff"),
];

const TYPES: &str = "CREATE TYPE moment AS (at timestamptz); CREATE TYPE day AS (d date); \
     CREATE TYPE spell AS (i interval); CREATE TYPE mood AS ENUM ('fine', 'NULL'); \
     CREATE TYPE moments AS RANGE (subtype = timestamptz)";

/// Writes each value by each way in, and looks at what is stored.
async fn check(stage: &Stage, address: &str) {
    let columns = VALUES.iter().enumerate().map(|(at, (declared, ..))| format!("c{at} {declared}"));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let members = VALUES.iter().enumerate().map(|(at, (_, json, _))| format!("\"c{at}\":{json}"));
    let members = members.collect::<Vec<_>>().join(",");
    for (way, options, rows) in
        [("insert", INSERT, 2), ("upsert", UPSERT, 2), ("staged", UPSERT, 1_200)]
    {
        stage.sql(&format!("CREATE TABLE {way} (id int PRIMARY KEY, {columns})")).await;
        let mut sink = configure(&[("connection.url", address)]).expect("a good address");
        let values = (0..rows).map(|id| format!("{{\"id\":{id},{members}}}"));
        let table = format!("{}.{way}", stage.schema);
        let options = [options, &[("table.name.format", table.as_str())]].concat();
        // Twice, for a warm session begins otherwise.
        for _ in 0..2 {
            stage.sql(&format!("TRUNCATE {way}")).await;
            let written = deliver(&mut sink, way, &options, values.clone()).await;
            assert_eq!(written, Ok(all_written(rows)), "{way}");
            let shown = (0..VALUES.len()).map(|at| format!("c{at}::text")).collect::<Vec<_>>();
            let stored =
                stage.rows(&format!("SELECT DISTINCT {} FROM {way}", shown.join(", "))).await;
            assert_eq!(stored, [VALUES.map(|(_, _, stored)| stored)], "{way}");
        }
        stage.sql(&format!("DROP TABLE {way}")).await;
    }
}

#[test]
fn of_a_role() {
    on_stage("settings_role", async |stage| {
        let role = "settings_role_writer";
        stage
            .sql(&format!(
                "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'p'"
            ))
            .await;
        stage.sql(TYPES).await;
        for (name, value) in HOSTILE {
            stage.sql(&format!("ALTER ROLE {role} SET {name} = {value}")).await;
        }
        stage.sql(&format!("ALTER ROLE {role} SET search_path = {}", stage.schema)).await;
        let place = url("127.0.0.1", "").rsplit_once('@').expect("it names a user").1.to_owned();
        check(stage, &format!("postgresql://{role}:p@{place}")).await;
        stage.sql(&format!("DROP ROLE {role}")).await;
    });
}

#[test]
fn of_an_address() {
    on_stage("settings_address", async |stage| {
        stage.sql(TYPES).await;
        let session = HOSTILE.map(|(name, value)| {
            format!("{name}={}", value.trim_matches('\'').replace(' ', "%5C%20"))
        });
        let session: Vec<&str> = session.iter().map(String::as_str).collect();
        check(stage, &stage.url(&session)).await;
    });
}

/// Objects of somebody else's with the names of the server's own, found first by a search path that
/// names `pg_catalog` last. What they are called with shows that they were called.
const SHADOWS: &str = "CREATE FUNCTION shadow.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS \
         'SELECT NULL::text WHERE $1 IS NULL'; \
     CREATE FUNCTION shadow.unnest(int[]) RETURNS SETOF int LANGUAGE sql AS \
         'SELECT 7 WHERE $1 IS NULL'; \
     CREATE FUNCTION shadow.generate_series(int, int) RETURNS SETOF int LANGUAGE sql AS \
         'SELECT $1 WHERE false'; \
     CREATE FUNCTION shadow.never(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT false'; \
     CREATE FUNCTION shadow.never(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'; \
     CREATE OPERATOR shadow.= (leftarg = int, rightarg = int, procedure = shadow.never); \
     CREATE OPERATOR shadow.= (leftarg = varchar, rightarg = text, procedure = shadow.never); \
     CREATE DOMAIN shadow.text AS varchar(1); CREATE DOMAIN shadow.int4 AS int CHECK (false); \
     CREATE DOMAIN shadow.jsonb AS pg_catalog.jsonb CHECK (false); \
     CREATE DOMAIN shadow.numeric AS int; CREATE DOMAIN shadow.int8 AS int";

#[test]
fn nobody_stands_before_the_servers_own_functions_and_types() {
    on_stage("settings_shadow", async |stage| {
        let schemas = "DROP SCHEMA IF EXISTS shadow CASCADE; CREATE SCHEMA shadow";
        let tables = "CREATE TABLE one (id int PRIMARY KEY); \
             CREATE TABLE t (code varchar(9) PRIMARY KEY, n int, v text, w jsonb, e numeric(9,2)[])";
        stage.sql(&format!("{schemas}; {SHADOWS}; {tables}")).await;
        let home = format!("search_path%3D{}", stage.schema);
        let shadowed = format!("search_path%3Dshadow,{},pg_catalog", stage.schema);
        let address = stage.url(&[]).replace(&home, &shadowed);
        let mut sink = configure(&[("connection.url", &address)]).expect("a good address");
        let value = |n: usize| {
            format!(r#"{{"code":"c{n}","n":{n},"v":"longer","w":{{"a":1}},"e":[1.5,null]}}"#)
        };
        let cases: [(&str, Options<'_>, usize); 4] = [
            ("insert", INSERT, 2),
            ("upsert", UPSERT, 2),
            ("update", UPDATE, 2),
            ("staged", UPSERT, 1_200),
        ];
        for (way, options, rows) in cases {
            let written = deliver(&mut sink, "t", options, (0..rows).map(value)).await;
            assert_eq!(written, Ok(all_written(rows)), "{way}");
            let good = "SELECT count(*) FROM t WHERE v = 'longer' AND n::text = substr(code, 2) \
                        AND w = '{\"a\":1}' AND e = '{1.50,NULL}'";
            assert_eq!(stage.column(good).await, [rows.to_string()], "{way}");
        }
        for options in [INSERT, UPSERT] {
            stage.sql("TRUNCATE one").await;
            let written = deliver(&mut sink, "one", options, [r#"{"id":1}"#]).await;
            assert_eq!(written, Ok(all_written(1)));
            assert_eq!(stage.column("SELECT id FROM one").await, ["1"]);
        }
        stage.sql("DROP SCHEMA shadow CASCADE").await;
    });
}

/// The block that tells many bad rows from the good ones calls nothing else, either.
#[test]
fn nobody_stands_before_them_where_many_rows_are_bad() {
    const SHADOWS: &str = "CREATE FUNCTION shade.unnest(anyarray) RETURNS SETOF anyelement \
             LANGUAGE sql AS 'SELECT $1[1] WHERE false'; \
         CREATE FUNCTION shade.cardinality(anyarray) RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION shade.row_number() RETURNS int8 LANGUAGE sql AS 'SELECT 1::int8'; \
         CREATE FUNCTION shade.array_agg(anyelement) RETURNS anyarray LANGUAGE sql AS \
             'SELECT ARRAY[$1]'; \
         CREATE FUNCTION shade.nothing(int8, int) RETURNS int8 LANGUAGE sql AS 'SELECT 0::int8'; \
         CREATE OPERATOR shade.- (leftarg = int8, rightarg = int, procedure = shade.nothing); \
         CREATE OPERATOR shade./ (leftarg = int8, rightarg = int, procedure = shade.nothing); \
         CREATE OPERATOR shade.+ (leftarg = int8, rightarg = int, procedure = shade.nothing); \
         CREATE DOMAIN shade.text AS varchar(1); CREATE DOMAIN shade.int8 AS int";
    on_stage("settings_shade", async |stage| {
        let schemas = "DROP SCHEMA IF EXISTS shade CASCADE; CREATE SCHEMA shade";
        stage.sql(&format!("{schemas}; {SHADOWS}")).await;
        let home = format!("search_path%3D{}", stage.schema);
        let shadowed = format!("search_path%3Dshade,{},pg_catalog", stage.schema);
        let address = stage.url(&[]).replace(&home, &shadowed);
        let mut sink = configure(&[("connection.url", &address)]).expect("a good address");
        let value = |id: usize| {
            format!(r#"{{"id":{id},"v":"{}"}}"#, if id % 30 == 7 { "bad" } else { "good" })
        };
        for options in [INSERT, UPSERT] {
            stage
                .sql(
                    "DROP TABLE IF EXISTS t; \
                     CREATE TABLE t (id int PRIMARY KEY, v varchar(9) CHECK (v <> 'bad'))",
                )
                .await;
            let outcome = deliver(&mut sink, "t", options, (0..1_200).map(value)).await;
            let outcome = outcome.expect("bad rows are no fault");
            let wrong: Vec<usize> = outcome.failures.iter().map(|it| it.record).collect();
            assert_eq!(wrong, (7..1_200).step_by(30).collect::<Vec<_>>(), "{options:?}");
            assert_eq!(stage.column("SELECT count(*) FROM t").await, ["1160"], "{options:?}");
        }
        stage.sql("DROP SCHEMA shade CASCADE").await;
    });
}
