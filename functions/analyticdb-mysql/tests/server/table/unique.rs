//! Tables with more than one unique index: the server's own upsert would change whichever row it
//! meets first, another key's among them.

use crate::support::{INSERT, Options, Stage, UPSERT, everywhere, refused};

/// Other rows before the bad one in a batch.
const BEFORE: [usize; 4] = [0, 1, 700, 2_500];

/// Upserts a row that collides with another key's, among so many others, into a table that holds
/// `(1, 'taken')`; both must be left alone, and the reason say so.
async fn collide(stage: &mut Stage, create: &str, key: Options<'_>) {
    for before in BEFORE {
        for after in [0, 1, 600] {
            stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
            stage.sql("INSERT INTO t (id, name, v) VALUES (1, 'taken', 'theirs')").await;
            let others = |from: usize, count: usize| {
                (from..from + count).map(|id| format!(r#"{{"id":{id},"name":"n{id}","v":"new"}}"#))
            };
            let bad = r#"{"id":10000,"name":"taken","v":"stolen"}"#.to_owned();
            let values = others(100, before).chain([bad]).chain(others(20_000, after));
            let outcome = stage.deliver("t", &[UPSERT, key].concat(), values).await;
            let told = refused(&outcome);
            assert_eq!(told.len(), 1, "{create}: {before}, {after}: {outcome:?}");
            assert_eq!(told[0].0, before, "{create}: {after}");
            let message = &outcome.as_ref().expect("no fault").failures[0].cause.message;
            assert!(message.contains("already exists"), "{create}: {message}");
            assert!(!message.contains("taken"), "{message}");
            let kept = stage.rows("SELECT id, name, v FROM t WHERE v <> 'new'").await;
            assert_eq!(kept, [["1", "taken", "theirs"]], "{create}: {before}, {after}");
            let count = stage.column("SELECT COUNT(*) FROM t").await;
            assert_eq!(count, [(1 + before + after).to_string()], "{create}");
        }
    }
}

#[test]
fn another_rows_unique_value_is_not_taken_over() {
    everywhere("unique_second", async |stage| {
        collide(stage, "CREATE TABLE t (id int PRIMARY KEY, name varchar(50) UNIQUE, v text)", &[])
            .await;
    });
}

/// The key is not the primary key, which the server looks at first.
#[test]
fn another_rows_primary_key_is_not_taken_over() {
    everywhere("unique_primary", async |stage| {
        let create =
            "CREATE TABLE t (id int NOT NULL UNIQUE, name varchar(50) PRIMARY KEY, v text)";
        collide(stage, create, &[("pk.fields", "id")]).await;
    });
}

/// A key that may be null has no impossible value.
#[test]
fn nor_where_the_key_may_be_null() {
    everywhere("unique_nullable", async |stage| {
        let create = "CREATE TABLE t (id int UNIQUE, name varchar(50) UNIQUE, v text)";
        collide(stage, create, &[("pk.fields", "id")]).await;
    });
}

/// The beginnings of values, and expressions.
#[test]
fn odd_indexes_are_minded() {
    everywhere("unique_odd", async |stage| {
        collide(
            stage,
            "CREATE TABLE t (id int PRIMARY KEY, name varchar(50), v text, UNIQUE KEY (name(6)))",
            &[],
        )
        .await;
        let odd = stage.either(
            "CREATE TABLE t (id int PRIMARY KEY, name varchar(50), v text, UNIQUE KEY ((upper(name))))",
            "CREATE TABLE t (id int PRIMARY KEY, name varchar(50), v text, \
             up varchar(50) AS (upper(name)) VIRTUAL UNIQUE)",
        );
        collide(stage, odd, &[]).await;
    });
}

/// What a row's own key has may change, and change back, other unique values included.
#[test]
fn a_rows_own_unique_values_may_change() {
    everywhere("unique_own", async |stage| {
        stage
            .sql("CREATE TABLE t (a int, b varchar(9), name varchar(50) UNIQUE, v text, PRIMARY KEY (a, b))")
            .await;
        for (name, v) in [("n", "1"), ("m", "2"), ("n", "3"), ("n", "4")] {
            for count in [1, 2, 1200] {
                let values = (0..count)
                    .map(|a| format!(r#"{{"b":"x","a":{a},"name":"{name}{a}","v":"{v}"}}"#));
                let outcome = stage.deliver("t", UPSERT, values).await;
                assert_eq!(refused(&outcome), []);
                let rows = format!(
                    "SELECT COUNT(*) FROM t WHERE name = CONCAT('{name}', a) AND v = '{v}'"
                );
                assert_eq!(stage.column(&rows).await, [count.to_string()]);
            }
        }
    });
}

/// The row that is there is found, and what it would become is another's: that is a refusal too.
#[test]
fn a_change_to_anothers_value_is_refused() {
    everywhere("unique_change", async |stage| {
        for create in [
            "CREATE TABLE t (id int PRIMARY KEY, name varchar(50) UNIQUE, must int NOT NULL)",
            "CREATE TABLE t (id int UNIQUE, name varchar(50) UNIQUE, must int NOT NULL)",
        ] {
            stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
            stage.sql("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)").await;
            let by_id = [UPSERT, &[("pk.fields", "id")]].concat();
            let values =
                [r#"{"id":1,"name":"A1"}"#, r#"{"id":2,"name":"c"}"#, r#"{"id":4,"name":"d"}"#];
            assert_eq!(
                refused(&stage.deliver("t", &by_id, values).await),
                [(1, Some("1062")), (2, Some("1364"))]
            );
            let values = [r#"{"id":2,"name":"c","must":9}"#, r#"{"id":3,"name":"c","must":9}"#];
            assert_eq!(refused(&stage.deliver("t", &by_id, values).await), [(0, Some("1062"))]);
            let rows = [["1", "A1", "1"], ["2", "b", "2"], ["3", "c", "9"]];
            assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows);
        }
    });
}

#[test]
fn an_insert_of_a_taken_value_is_refused() {
    everywhere("unique_insert", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, name varchar(50) UNIQUE)").await;
        stage.sql("INSERT INTO t VALUES (1, 'taken')").await;
        for count in [3, 1_500] {
            let value = |id: usize| match id {
                1 => r#"{"id":1,"name":"x"}"#.to_owned(),
                2 => r#"{"id":2,"name":"taken"}"#.to_owned(),
                _ => format!(r#"{{"id":{},"name":"n{count}-{id}"}}"#, id + count * 10),
            };
            let outcome = stage.deliver("t", INSERT, (0..count).map(value)).await;
            assert_eq!(refused(&outcome), [(1, Some("1062")), (2, Some("1062"))]);
            let messages: Vec<_> = outcome
                .as_ref()
                .unwrap()
                .failures
                .iter()
                .map(|it| it.cause.message.clone())
                .collect();
            assert!(
                messages[0].contains("PRIMARY") && messages[1].contains("name"),
                "{messages:?}"
            );
            stage.sql("DELETE FROM t WHERE id <> 1").await;
        }
    });
}
