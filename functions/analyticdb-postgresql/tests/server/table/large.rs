//! Upserts of so many rows that they go over a temporary table.

use crate::support::{UPSERT, all_written, configure, deliver, on_stage, refused};

/// Enough rows for a temporary table, of every kind of column, twice, with a bad one among them.
#[test]
fn a_large_upsert() {
    on_stage("table_large", async |stage| {
        stage
            .sql(
                "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id int PRIMARY KEY, \
                 v varchar(5), n numeric(9,2), c char(3), m mood, i inet, j jsonb, \
                 k timestamptz(3), CHECK (n < 9000))",
            )
            .await;
        let value = |id: u32, n: u32| {
            format!(
                r#"{{"id":{id},"v":"v{}","n":{n}.50,"c":"ab","m":"good","i":"10.0.0.1","j":{{"a":[1]}},"k":1767225600123}}"#,
                id % 100
            )
        };
        for round in 0..2 {
            let values =
                (0..2_500).map(|id| value(id, if id == 1_700 { 9_500 } else { id + round }));
            let outcome = stage.deliver("t", UPSERT, values).await;
            assert_eq!(refused(&outcome), [(1_700, Some("23514"))]);
            assert_eq!(outcome.expect("it is written").written, 2_499);
            let sum =
                format!("SELECT count(*) = 2499 AND sum(n - id) = 2499 * ({round} + 0.5) FROM t");
            assert_eq!(stage.column(&sum).await, ["t"]);
        }
        let row = "SELECT (v, c, m, i, j, k) FROM t WHERE id = 7";
        let expected =
            "(v7,\"ab \",good,10.0.0.1,\"{\"\"a\"\": [1]}\",\"2026-01-01 00:00:00.123+00\")";
        assert_eq!(stage.column(row).await, [expected]);
    });
}

/// Without the right to make temporary tables there is another way.
#[test]
fn a_large_upsert_without_temporary_tables() {
    on_stage("table_no_temp", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY); DROP ROLE IF EXISTS no_temp; \
                 CREATE ROLE no_temp LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA table_no_temp \
                 TO no_temp; GRANT SELECT, INSERT, UPDATE ON t TO no_temp",
            )
            .await;
        let may = "SELECT has_database_privilege('no_temp', current_database(), 'TEMP')";
        let outcome = {
            stage.sql("REVOKE TEMP ON DATABASE sluice FROM PUBLIC").await;
            assert_eq!(stage.column(may).await, ["f"]);
            let url = stage.url(&[]);
            let user = [
                ("connection.url", url.as_str()),
                ("connection.user", "no_temp"),
                ("connection.password", "secret"),
            ];
            let mut sink = configure(&user).expect("the options are good");
            let values = (0..1_200).map(|id| format!(r#"{{"id":{id}}}"#));
            deliver(&mut sink, "t", UPSERT, values).await
        };
        stage.sql("GRANT TEMP ON DATABASE sluice TO PUBLIC").await;
        assert_eq!(outcome, Ok(all_written(1_200)));
        stage.sql("DROP OWNED BY no_temp; DROP ROLE no_temp").await;
    });
}
