//! Equal values in columns of different types, and values that are not equal.

use super::{Mariadb, Mysql, OldPostgres, Pair, Postgres, Server};

/// A column of both kinds of database, two values as both write them, and one that differs.
struct Case {
    name: &'static str,
    types: [&'static str; 2],
    values: [[&'static str; 2]; 2],
    other: [&'static str; 2],
}

const fn case(
    name: &'static str,
    types: [&'static str; 2],
    one: [&'static str; 2],
    two: [&'static str; 2],
    other: [&'static str; 2],
) -> Case {
    Case { name, types, values: [one, two], other }
}

const fn same(
    name: &'static str,
    types: [&'static str; 2],
    one: &'static str,
    two: &'static str,
    other: &'static str,
) -> Case {
    case(name, types, [one; 2], [two; 2], [other; 2])
}

/// PostgreSQL's first, MySQL's second.
const CASES: &[Case] = &[
    same("small", ["smallint", "smallint"], "-32768", "7", "8"),
    same(
        "big",
        ["numeric(20)", "bigint unsigned"],
        "18446744073709551615",
        "0",
        "18446744073709551614",
    ),
    same("amount", ["numeric(14,6)", "decimal(12,4)"], "12.5", "-0.0001", "12.5001"),
    case("flag", ["boolean", "tinyint(1)"], ["true", "1"], ["false", "0"], ["false", "0"]),
    case("bit_flag", ["boolean", "bit(1)"], ["true", "b'1'"], ["false", "b'0'"], ["false", "b'0'"]),
    same("single", ["real", "float"], "0.1", "16777216", "0.2"),
    same("wide", ["double precision", "double"], "0.1", "1e300", "0.10000000000000002"),
    same("mixed", ["double precision", "decimal(10,3)"], "0.125", "-3", "0.126"),
    same("name", ["text", "varchar(50)"], "'é 😀 ''x'''", "''", "'é 😀'"),
    same("fixed", ["character(5)", "char(5)"], "'ab'", "''", "'abc'"),
    same("padded", ["varchar(5)", "char(5)"], "'ab'", "'a b'", "'abc'"),
    case(
        "raw",
        ["bytea", "varbinary(10)"],
        ["'\\x00ff'", "x'00ff'"],
        ["'\\x'", "x''"],
        ["'\\x00'", "x'00'"],
    ),
    same("day", ["date", "date"], "'2026-11-20'", "'1000-01-01'", "'2026-11-21'"),
    same("clock", ["time", "time(6)"], "'10:15:30.5'", "'23:59:59.999999'", "'10:15:30'"),
    same(
        "at",
        ["timestamp", "datetime(6)"],
        "'2026-11-20 10:15:30.123456'",
        "'1970-01-01 00:00:00'",
        "'2026-11-20 10:15:30.123457'",
    ),
    case(
        "stamp",
        ["timestamptz", "timestamp(6) null"],
        ["'2026-07-20 12:15:30.5+02'", "'2026-07-20 10:15:30.5'"],
        ["'2026-01-20 10:15:30+00'", "'2026-01-20 10:15:30'"],
        ["'2026-07-20 12:15:30.6+02'", "'2026-07-20 10:15:30.6'"],
    ),
    same(
        "doc",
        ["jsonb", "json"],
        r#"'{"b": [1, null, "é"], "a": {"y": 1, "x": true}}'"#,
        r#"'"text"'"#,
        r#"'{"b": [1, null, "e"], "a": {"y": 1, "x": true}}'"#,
    ),
    same("kept", ["json", "longtext"], r#"'{"b":1,"a":2}'"#, "'null'", r#"'{"b":1}'"#),
    case(
        "list",
        ["int[]", "json"],
        ["'{1,NULL,3}'", "'[1, null, 3]'"],
        ["'{}'", "'[]'"],
        ["'{1,3}'", "'[1, 3]'"],
    ),
    same(
        "uid",
        ["uuid", "char(36)"],
        "'0189F0C4-0000-7000-8000-0000000000FF'",
        "'00000000-0000-0000-0000-000000000000'",
        "'0189F0C4-0000-7000-8000-0000000000FE'",
    ),
    case(
        "uid_bytes",
        ["uuid", "binary(16)"],
        ["'0189f0c4-0000-7000-8000-0000000000ff'", "x'0189f0c40000700080000000000000ff'"],
        ["'00000000-0000-0000-0000-000000000000'", "x'00000000000000000000000000000000'"],
        ["'0189f0c4-0000-7000-8000-0000000000fe'", "x'0189f0c40000700080000000000000fe'"],
    ),
    same("year_of", ["int", "year"], "2026", "1999", "2027"),
    same("kind", ["text", "enum('a','b','c')"], "'a'", "'b'", "'c'"),
    case(
        "flags",
        ["bit(4)", "bit(4)"],
        ["B'0101'", "b'0101'"],
        ["B'0000'", "b'0'"],
        ["B'0100'", "b'0100'"],
    ),
];

/// The place of a server's words in a case.
fn kind(server: Server) -> usize {
    usize::from(server.is_mysql())
}

async fn filled(servers: [Server; 2]) -> Pair {
    let columns = servers.map(|server| {
        let column = |case: &Case| format!(", {} {}", case.name, case.types[kind(server)]);
        format!("id int PRIMARY KEY{}", CASES.iter().map(column).collect::<String>())
    });
    let pair = Pair::new(servers, "types", [&columns[0], &columns[1]]).await;
    for (side, server) in servers.into_iter().enumerate() {
        let row = |id: usize| {
            let value = |case: &Case| match id % 3 {
                2 => ", NULL".to_owned(),
                which => format!(", {}", case.values[which][kind(server)]),
            };
            format!("({id}{})", CASES.iter().map(value).collect::<String>())
        };
        // As many rows of the first values as there are columns.
        let rows: Vec<String> = (0..3 * CASES.len()).map(row).collect();
        pair.sql(side, &format!("INSERT INTO THE_TABLE VALUES {}", rows.join(", "))).await;
    }
    pair
}

async fn each_type_is_equal_and_each_change_is_seen(servers: [Server; 2]) {
    let pair = filled(servers).await;
    assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
    let mut expected = Vec::new();
    for (nth, case) in CASES.iter().enumerate() {
        let (id, other) = (3 * nth, case.other[kind(servers[1])]);
        pair.sql(1, &format!("UPDATE THE_TABLE SET {} = {other} WHERE id = {id}", case.name)).await;
        expected.push(format!("{id} changed {}", case.name));
    }
    assert_eq!(pair.differences(&[]).await, expected, "{servers:?}");
}

#[tokio::test]
async fn from_mysql_to_postgres() {
    each_type_is_equal_and_each_change_is_seen([Mysql, Postgres]).await;
}

#[tokio::test]
async fn from_postgres_to_mariadb() {
    each_type_is_equal_and_each_change_is_seen([Postgres, Mariadb]).await;
}

#[tokio::test]
async fn from_mariadb_to_mysql() {
    each_type_is_equal_and_each_change_is_seen([Mariadb, Mysql]).await;
}

#[tokio::test]
async fn from_an_old_postgres_to_a_newer_one() {
    each_type_is_equal_and_each_change_is_seen([OldPostgres, Postgres]).await;
}

#[tokio::test]
async fn types_of_one_kind_alone() {
    let columns = "id int PRIMARY KEY, at timestamptz, i interval, r int4range, n inet, \
         t timetz, a text[], m numeric, f real, x xml, v varbit";
    let pair = Pair::new([OldPostgres, Postgres], "own", [columns; 2]).await;
    let rows = "INSERT INTO THE_TABLE VALUES (1, 'infinity', '1 year 2 days -3.5s', '[1,5)', \
         '10.0.0.1', '10:00+02', '{a,NULL,\"b c\"}', 'NaN', 'infinity', '<a/>', B'0101'), \
         (2, '-infinity', '0', 'empty', '::1/64', '23:00-05', '{}', '1e-10', '-0', NULL, B'')";
    pair.both(rows).await;
    // What a role is set to must not show in what is read.
    assert_eq!(pair.differences(&[]).await, [""; 0]);
    for (id, change) in [(1, "i = '1 year 2 days -3.6s'"), (2, "n = '::1/65'")] {
        pair.sql(1, &format!("UPDATE THE_TABLE SET {change} WHERE id = {id}")).await;
    }
    assert_eq!(pair.differences(&[]).await, ["1 changed i", "2 changed n"]);
}

/// A source that shows DATETIME by the clocks of a zone, and one that keeps instants.
#[tokio::test]
async fn clocks_of_a_zone_are_instants() {
    let columns = ["id int PRIMARY KEY, at datetime", "id int PRIMARY KEY, at timestamptz"];
    let pair = Pair::new([Mysql, Postgres], "zone", columns).await;
    pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, '2026-07-01 12:00:00')").await;
    pair.sql(1, "INSERT INTO THE_TABLE VALUES (1, '2026-07-01 10:00:00Z')").await;
    assert_eq!(pair.differences(&[]).await, ["1 changed at"]);
    let berlin = ["--source-option", "db.timezone=Europe/Berlin"];
    assert_eq!(pair.differences(&berlin).await, [""; 0]);
}

#[tokio::test]
async fn only_what_is_asked_for_is_let_pass() {
    let columns = [
        "id int PRIMARY KEY, at timestamp, f double precision, t text",
        "id int PRIMARY KEY, at datetime(3), f double, t varchar(20)",
    ];
    let pair = Pair::new([Postgres, Mariadb], "tolerance", columns).await;
    let at = "'2026-01-01 00:00:00.123";
    pair.sql(0, &format!("INSERT INTO THE_TABLE VALUES (1, {at}456', 0.1, 'a  ')")).await;
    pair.sql(1, &format!("INSERT INTO THE_TABLE VALUES (1, {at}', 0.10000000149011612, 'a')"))
        .await;
    for (flags, columns) in [
        (&[][..], "at,f,t"),
        (&["--time-digits", "3"], "f,t"),
        (&["--float-digits", "6"], "at,t"),
        (&["--ignore-blanks"], "at,f"),
    ] {
        assert_eq!(pair.differences(flags).await, [format!("1 changed {columns}")]);
    }
    let all = ["--time-digits", "3", "--float-digits", "6", "--ignore-blanks"];
    assert_eq!(pair.differences(&all).await, [""; 0]);
}
