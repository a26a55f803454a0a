//! What the catalog does not show to a user is not taken for what is not there.

use sluice_bridge::model::failure::{Fault, SinkError};

use crate::support::{INSERT, Options, Stage, UPSERT, all_written, deliver, everywhere, refused};

const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "none")];
const IGNORE: Options<'_> = &[("fields.unknown", "ignore")];
const GATHER: Options<'_> = &[("fields.unknown", "column:a")];

/// Delivers values with the privileges of a user, and tells why they are given back.
async fn given_back(
    stage: &mut Stage,
    grants: &[&str],
    options: Options<'_>,
    values: &[&str],
) -> SinkError {
    let mut sink = stage.sink_of_user(grants).await;
    match deliver(&mut sink, "t", options, values).await {
        Err(given_back) => given_back.error,
        Ok(outcome) => panic!("{grants:?} {options:?}: {outcome:?}"),
    }
}

#[test]
fn a_key_of_a_hidden_column_is_no_letter() {
    everywhere("hidden_column", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, a json, b int)").await;
        let columns = "SELECT (id, a), INSERT (id, a), UPDATE (id, a) ON hidden_column.t";
        let more = ["SELECT (id, a), DELETE, INSERT (id, a) ON hidden_column.t"];
        for grants in [&[columns][..], &more] {
            for options in [&[], IGNORE, GATHER, EVOLVE] {
                let options = [INSERT, options].concat();
                let error =
                    given_back(stage, grants, &options, &[r#"{"id":1}"#, r#"{"id":2,"b":2}"#]);
                let error = error.await;
                assert_eq!(error.fault, Fault::Fatal, "{options:?}: {error}");
                let told = error.to_string();
                // MariaDB does not even say whether the column it shows is JSON.
                let helps = "GRANT SELECT ON `t`";
                assert!(told.contains(helps), "{told}");
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
            }
        }
    });
}

/// Who sees every column knows which keys have none, by whichever privilege.
#[test]
fn a_key_without_a_column_is_a_letter_where_nothing_is_hidden() {
    everywhere("hidden_nothing", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE VIEW v AS SELECT * FROM t")
            .await;
        let all = "SELECT (id, a), INSERT (id, a) ON hidden_nothing.";
        for grants in ["INSERT ON hidden_nothing.", "SELECT, INSERT ON hidden_nothing.", all] {
            for table in ["t", "v"] {
                // A view's definition is shown to those who may read it whole alone.
                if table == "v" && grants.starts_with("INSERT") {
                    continue;
                }
                stage.sql("DELETE FROM t").await;
                let mut sink = stage.sink_of_user(&[&format!("{grants}{table}")]).await;
                let values = [r#"{"id":1,"a":1}"#, r#"{"id":2,"b":2}"#];
                let outcome = deliver(&mut sink, table, INSERT, values).await;
                assert_eq!(refused(&outcome), [(1, None)], "{grants}{table}: {outcome:?}");
                assert_eq!(stage.column("SELECT id FROM t").await, ["1"]);
            }
        }
    });
}

/// The privileges that the page asks for, which are of the table, hide MariaDB's checks.
#[test]
fn json_is_known_by_privileges_on_the_table_alone() {
    everywhere("hidden_check", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, j json, v longtext)").await;
        for grants in ["INSERT ON hidden_check.t", "SELECT, INSERT, UPDATE ON hidden_check.t"] {
            stage.sql("DELETE FROM t").await;
            let mut sink = stage.sink_of_user(&[grants]).await;
            let values = [r#"{"id":1,"j":"text","v":"5"}"#, r#"{"id":2,"j":"5"}"#];
            assert_eq!(deliver(&mut sink, "t", INSERT, values).await, Ok(all_written(2)));
            let types = "SELECT JSON_TYPE(j), v FROM t ORDER BY id";
            assert_eq!(stage.rows(types).await, [["STRING", "5"], ["STRING", "∅"]], "{grants}");
        }
    });
}

/// A part of a key finds other rows than the whole.
#[test]
fn a_key_that_is_hidden_in_part_finds_no_row() {
    everywhere("hidden_key", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int, b int, a int, PRIMARY KEY (id, b)); \
                 INSERT INTO t VALUES (1, 1, 0), (1, 2, 0)",
            )
            .await;
        let grants = ["SELECT (id, a), INSERT (id, a), UPDATE (id, a) ON hidden_key.t"];
        for fields in [&[][..], &[("pk.fields", "id")]] {
            let options = [UPSERT, fields].concat();
            let error = given_back(stage, &grants, &options, &[r#"{"id":1,"a":2}"#]).await;
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            assert_eq!(stage.column("SELECT a FROM t").await, ["0", "0"]);
        }
    });
}

/// A column that must be given and is hidden does not keep a row that is there from being changed.
#[test]
fn a_row_with_a_hidden_column_is_changed() {
    everywhere("hidden_required", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL); \
                 INSERT INTO t VALUES (1, 0, 7)",
            )
            .await;
        let mut sink = stage
            .sink_of_user(&["SELECT (id, a), INSERT (id, a), UPDATE (id, a) ON hidden_required.t"])
            .await;
        let by_id = [UPSERT, &[("pk.fields", "id")]].concat();
        let outcome = deliver(&mut sink, "t", &by_id, [r#"{"id":1,"a":2}"#]).await;
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "2", "7"]]);
        // There it cannot be inserted, and no other row is changed for it.
        let outcome = deliver(&mut sink, "t", &by_id, [r#"{"id":2,"a":2}"#]).await;
        assert_eq!(refused(&outcome), [(0, Some("1364"))]);
        stage.sql("ALTER TABLE t MODIFY b int, ADD UNIQUE (b), ADD UNIQUE (a)").await;
        let outcome = deliver(&mut sink, "t", &by_id, [r#"{"id":2,"a":2}"#]).await;
        assert_eq!(refused(&outcome), [(0, Some("1062"))]);
        assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "2", "7"]]);
    });
}
