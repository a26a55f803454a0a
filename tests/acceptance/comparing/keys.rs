//! What tells rows apart: keys of any type, of several columns, named by hand, or none at all.

use super::{Mariadb, Mysql, OldPostgres, PAIRS, Pair, Postgres};

/// Databases sort these differently, and some take `a` and `A` for one.
const WORDS: [&str; 12] = ["a", "B", "é", "ß", "Z", "_", "😀", "a b", "", "10", "9", "ab'c\\"];

#[tokio::test]
async fn text_keys_under_any_collation() {
    for (servers, types) in [
        ([Mysql, Postgres], ["varchar(20) COLLATE utf8mb4_0900_ai_ci", "text"]),
        (
            [Mariadb, Postgres],
            ["varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "text"],
        ),
        (
            [Mysql, Mariadb],
            ["varchar(20) COLLATE utf8mb4_bin", "varchar(20) COLLATE utf8mb4_unicode_ci"],
        ),
        ([Postgres, OldPostgres], ["text COLLATE \"C\"", "varchar(20)"]),
    ] {
        let columns = types.map(|ty| format!("k {ty} NOT NULL PRIMARY KEY, v int"));
        let pair = Pair::new(servers, "texts", [&columns[0], &columns[1]]).await;
        for (side, server) in servers.into_iter().enumerate() {
            let quoted = |word: &str| {
                let word = word.replace('\'', "''");
                if server.is_mysql() { word.replace('\\', "\\\\") } else { word }
            };
            // In another order in each.
            let mut rows: Vec<String> =
                WORDS.iter().map(|it| format!("('{}', 1)", quoted(it))).collect();
            rows.rotate_left(5 * side);
            pair.sql(side, &format!("INSERT INTO THE_TABLE VALUES {}", rows.join(", "))).await;
        }
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
        pair.sql(1, "UPDATE THE_TABLE SET v = 2 WHERE k IN ('é', '😀')").await;
        pair.sql(1, "DELETE FROM THE_TABLE WHERE k = ''").await;
        let expected = [" only in source", "é changed v", "😀 changed v"];
        let expected = expected.map(str::trim);
        assert_eq!(pair.differences(&[]).await, expected, "{servers:?}");
        // What a key says is what is compared: another spelling is another row.
        pair.sql(1, "UPDATE THE_TABLE SET k = 'A' WHERE k = 'a'").await;
        let found = pair.differences(&[]).await;
        assert!(found.contains(&"a only in source".to_owned()), "{found:?}");
        assert!(found.contains(&"A only in copy".to_owned()), "{found:?}");
    }
}

#[tokio::test]
async fn keys_of_several_columns() {
    for servers in PAIRS {
        let columns = |order: &str| {
            format!(
                "day date NOT NULL, shop varchar(10) NOT NULL, n int NOT NULL, v int, PRIMARY KEY ({order})"
            )
        };
        // The same columns in another order are the same key.
        let columns = [columns("day, shop, n"), columns("n, day, shop")];
        let pair = Pair::new(servers, "several", [&columns[0], &columns[1]]).await;
        let row = |n: i32| format!("('2026-01-{:02}', 's{}', {n}, {n})", n % 28 + 1, n % 5);
        let rows: Vec<String> = (0..200).map(row).collect();
        pair.both(&format!("INSERT INTO THE_TABLE VALUES {}", rows.join(", "))).await;
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
        pair.sql(1, "UPDATE THE_TABLE SET v = -1 WHERE n = 30").await;
        pair.sql(1, "DELETE FROM THE_TABLE WHERE n = 1").await;
        let expected = ["2026-01-02/s1/1 only in source", "2026-01-03/s0/30 changed v"];
        assert_eq!(pair.differences(&[]).await, expected, "{servers:?}");
    }
}

/// A type of PostgreSQL's and one of MySQL's, two keys, and whether rows can be asked for by them.
const KEYS: [(&str, &str, &str, &str, bool); 10] = [
    ("bigint", "bigint", "-9223372036854775808", "1", true),
    ("numeric(20,2)", "decimal(20,2)", "12.50", "-1", true),
    ("boolean", "tinyint(1)", "true", "false", true),
    (
        "uuid",
        "char(36) COLLATE utf8mb4_bin",
        "'0189f0c4-0000-7000-8000-0000000000ff'",
        "'0189f0c4-0000-7000-8000-0000000000fe'",
        false,
    ),
    ("date", "date", "'2026-11-20'", "'1999-12-31'", true),
    ("time", "time(6)", "'10:15:30.000001'", "'00:00:00'", true),
    ("timestamp", "datetime(6)", "'2026-11-20 10:15:30.000001'", "'2026-11-20 10:15:30'", true),
    (
        "timestamptz",
        "timestamp(6)",
        "'2026-11-20 10:15:30.000001+00:00'",
        "'2026-11-20 10:15:30+00:00'",
        true,
    ),
    ("varchar(9)", "char(9)", "'a b'", "'c'", false),
    ("double precision", "double", "0.1", "0.2", false),
];

/// Rows are found again by keys of each type, to tell which of their columns differ.
#[tokio::test]
async fn keys_of_each_type() {
    for (postgres, mysql, one, other, finds) in KEYS {
        let columns = [postgres, mysql].map(|ty| format!("k {ty} NOT NULL PRIMARY KEY, v int"));
        let pair = Pair::new([Postgres, Mysql], "keyed", [&columns[0], &columns[1]]).await;
        for side in 0..2 {
            let rows = format!("INSERT INTO THE_TABLE VALUES ({one}, 1), ({other}, {side})");
            pair.sql(side, &rows).await;
        }
        let found = pair.differences(&[]).await;
        let [found] = found.as_slice() else { panic!("{postgres}: {found:?}") };
        let columns = if finds { " v" } else { "" };
        assert!(found.ends_with(&format!(" changed{columns}")), "{postgres}: {found}");
    }
}

#[tokio::test]
async fn without_a_key_rows_are_counted() {
    for servers in PAIRS {
        let pair = Pair::new(servers, "keyless", ["v varchar(20), n int"; 2]).await;
        pair.both("INSERT INTO THE_TABLE VALUES ('a', 1), ('a', 1), ('b', NULL), (NULL, NULL)")
            .await;
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
        // The numbers of rows and the set of rows stay the same.
        pair.sql(1, "DELETE FROM THE_TABLE WHERE n IS NULL AND v = 'b'").await;
        pair.sql(1, "INSERT INTO THE_TABLE VALUES ('a', 1)").await;
        assert_eq!(pair.differences(&[]).await, ["only in source", "only in copy"], "{servers:?}");
        let told = ["a/1 only in copy", "b/NULL only in source"];
        assert_eq!(pair.differences(&["--values"]).await, told, "{servers:?}");
        let run = pair.compare(&["--recheck", "1s"]).await;
        assert!(run.code == Some(2) && run.stderr.contains("--recheck"), "{run:#?}");
    }
}

#[tokio::test]
async fn keys_that_do_not_agree_are_named_by_hand() {
    let columns = ["id int PRIMARY KEY, ref int, v int", "id int, ref int PRIMARY KEY, v int"];
    let pair = Pair::new([Postgres, Mariadb], "by_hand", columns).await;
    pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, 10, 1), (2, 20, 2)").await;
    pair.sql(1, "INSERT INTO THE_TABLE VALUES (5, 10, 1), (6, 20, 3)").await;
    let run = pair.compare(&[]).await;
    assert!(run.code == Some(2) && run.stderr.contains("--key"), "{run:#?}");
    let by_hand = ["--key", "ref", "--exclude", "id"];
    assert_eq!(pair.differences(&by_hand).await, ["20 changed v"]);
}

#[tokio::test]
async fn columns_that_are_called_differently_or_missing() {
    let columns =
        ["Id int PRIMARY KEY, made int, old int", "id int PRIMARY KEY, made_at int, loaded int"];
    let pair = Pair::new([Mysql, Postgres], "names", columns).await;
    pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, 10, 1)").await;
    pair.sql(1, "INSERT INTO THE_TABLE VALUES (1, 11, 1)").await;
    let (code, report) = pair.report(&[]).await;
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["source"]["only"], serde_json::json!(["made", "old"]));
    assert_eq!(report["copy"]["only"], serde_json::json!(["made_at", "loaded"]));
    assert_eq!(pair.differences(&["--rename", "made=made_at"]).await, ["1 changed made"]);
}

/// The copy's key is narrower: its server refuses to look for a number that it cannot hold.
#[tokio::test]
async fn a_key_that_the_copy_cannot_hold_hides_no_other() {
    let columns = ["id bigint PRIMARY KEY, v int", "id smallint PRIMARY KEY, v int"];
    let pair = Pair::new([Mysql, Postgres], "narrow", columns).await;
    pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, 1), (2, 2), (100000, 3)").await;
    pair.sql(1, "INSERT INTO THE_TABLE VALUES (1, 1), (2, 3)").await;
    let expected = ["2 changed v", "100000 only in source"];
    assert_eq!(pair.differences(&[]).await, expected);
}
