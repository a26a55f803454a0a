//! Tables on which a check tries nothing, and says why: what may do more than a rollback undoes is
//! another thing in each database.

use super::*;

#[tokio::test]
async fn where_a_trigger_may_do_anything_rows_are_held_to_their_types_alone() {
    let pipeline = Pipeline::to(Target::Postgres, "triggers", 1, "id int, at timestamptz").await;
    let name = &pipeline.name;
    pipeline
        .sql(&format!(
            "CREATE SEQUENCE {name}_drawn OWNED BY {name}.id; \
         CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM nextval('{name}_drawn'); RETURN NEW; END $$; \
         CREATE TRIGGER draws BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION {name}()"
        ))
        .await;
    let (run, report) = report(&pipeline, &[r#"{"id":1}"#, r#"{"id":"x"}"#]).await;
    assert_eq!((run.code, verdicts(&report)), (Some(1), vec!["written", "lettered"]), "{run:#?}");
    let untried = report["tables"][0]["untried"].as_str().expect("a reason");
    assert!(untried.contains("triggers"), "{untried}");
    let drawn = format!("SELECT is_called::text FROM {name}_drawn");
    assert_eq!(pipeline.column(&drawn).await, ["false"]);
    pipeline.sql(&format!("DROP TABLE {name} CASCADE")).await;
}

#[tokio::test]
async fn where_functions_see_each_row_rows_are_held_to_their_types_alone() {
    let pipeline = Pipeline::to(Target::Postgres, "functions", 1, "id int").await;
    let name = &pipeline.name;
    pipeline
        .sql(&format!(
            "CREATE SEQUENCE {name}_drawn; \
         CREATE FUNCTION {name}(v int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM nextval('{name}_drawn'); RETURN v; END $$; \
         CREATE DOMAIN {name}_domain AS int CHECK ({name}(VALUE) > 0)"
        ))
        .await;
    for definition in [
        format!("(id int CHECK (nextval('{name}_drawn') > id))"),
        format!("(id int CHECK ({name}(id) > 0))"),
        format!("(id {name}_domain)"),
        format!("(id {name}_domain[])"),
        format!("(id int, twice int GENERATED ALWAYS AS ({name}(id)) STORED)"),
        format!("(id int); CREATE INDEX ON {name} ({name}(id))"),
        format!("(id int); CREATE INDEX ON {name} (id) WHERE {name}(id) > 0"),
        format!("(id int) PARTITION BY RANGE ({name}(id))"),
    ] {
        pipeline.sql(&format!("DROP TABLE {name}; CREATE TABLE {name} {definition}")).await;
        let value = if definition.contains("[]") { r#"{"id":[1]}"# } else { r#"{"id":1}"# };
        let (run, report) = report(&pipeline, &[value, r#"{"id":"x"}"#]).await;
        let expected = vec!["written", "lettered"];
        assert_eq!((run.code, verdicts(&report)), (Some(1), expected), "{definition}: {run:#?}");
        let untried = report["tables"][0]["untried"].as_str().expect("a reason");
        assert!(untried.contains("functions"), "{definition}: {untried}");
        let drawn = format!("SELECT is_called::text FROM {name}_drawn");
        assert_eq!(pipeline.column(&drawn).await, ["false"], "{definition}");
    }
    // The server's own functions are known.
    pipeline
        .sql(&format!(
            "DROP TABLE {name}; CREATE TABLE {name} (id int CHECK (abs(id) < 9)); \
         CREATE INDEX ON {name} (abs(id))"
        ))
        .await;
    let (run, report) = report(&pipeline, &[r#"{"id":1}"#, r#"{"id":9}"#]).await;
    assert_eq!((run.code, verdicts(&report)), (Some(1), vec!["written", "lettered"]), "{run:#?}");
    assert!(report["tables"][0].get("untried").is_none(), "{report:#}");
    pipeline
        .sql(&format!(
            "DROP TABLE {name}; DROP DOMAIN {name}_domain; DROP FUNCTION {name}(int); \
         DROP SEQUENCE {name}_drawn"
        ))
        .await;
}

#[tokio::test]
async fn where_a_sequences_number_decides_rows_are_held_to_their_types_alone() {
    let pipeline = Pipeline::to(Target::Postgres, "numbered", 1, "v int").await;
    let name = &pipeline.name;
    for (definition, is_tried) in [
        ("(id serial PRIMARY KEY, v int CHECK (v > 0))", true),
        ("(id serial CHECK (id < 1000), v int)", false),
        ("(id serial REFERENCES TABLE_NAME_other, v int)", false),
        ("(id serial, v int, EXCLUDE USING btree (id WITH =))", false),
        ("(id serial, v int, more int GENERATED ALWAYS AS (id - 1) STORED)", false),
        ("(id serial, v int); CREATE UNIQUE INDEX ON TABLE_NAME ((id % 10))", false),
        (
            "(id serial, v int) PARTITION BY RANGE (id); \
             CREATE TABLE TABLE_NAME_1 PARTITION OF TABLE_NAME FOR VALUES FROM (1) TO (1000)",
            false,
        ),
        (
            "(id serial, v int) PARTITION BY RANGE (v); \
             CREATE TABLE TABLE_NAME_1 PARTITION OF TABLE_NAME FOR VALUES FROM (1) TO (1000)",
            true,
        ),
    ] {
        let definition = definition.replace("TABLE_NAME", name);
        pipeline
            .sql(&format!(
                "DROP TABLE {name}; CREATE TABLE IF NOT EXISTS {name}_other (id int PRIMARY KEY); \
             CREATE TABLE {name} {definition}"
            ))
            .await;
        let (run, report) = report(&pipeline, &[r#"{"v":1}"#]).await;
        assert_eq!((run.code, verdicts(&report)), (Some(0), vec!["written"]), "{run:#?}");
        match report["tables"][0].get("untried").map(|reason| reason.as_str().expect("text")) {
            None => assert!(is_tried, "{definition}"),
            Some(reason) => {
                assert!(!is_tried && reason.contains("\"id\""), "{definition}: {reason}");
            }
        }
    }
    pipeline.sql(&format!("DROP TABLE {name}, {name}_other")).await;
}

/// What MariaDB's rollback does not undo: engines, numbers, what triggers do.
#[tokio::test]
async fn where_mariadb_would_keep_something_rows_are_held_to_their_types_alone() {
    let pipeline = Pipeline::to(Target::Mariadb, "kept", 1, "id int").await;
    let name = &pipeline.name;
    pipeline.sql(&format!("CREATE SEQUENCE {name}_drawn")).await;
    for (definition, why) in [
        ("(id int) ENGINE=Aria", "no transactions"),
        ("(id int, n serial)", "AUTO_INCREMENT"),
        ("(id int, n bigint DEFAULT NEXT VALUE FOR TABLE_NAME_drawn)", "sequence"),
        (
            "(id int); CREATE TRIGGER TABLE_NAME BEFORE INSERT ON TABLE_NAME \
             FOR EACH ROW SET @drawn = NEXT VALUE FOR TABLE_NAME_drawn",
            "triggers",
        ),
    ] {
        let definition = definition.replace("TABLE_NAME", name);
        pipeline.sql(&format!("DROP TABLE {name}; CREATE TABLE {name} {definition}")).await;
        let before = traces(&pipeline).await;
        let (run, report) = report(&pipeline, &[r#"{"id":1}"#, r#"{"id":"x"}"#]).await;
        let expected = vec!["written", "lettered"];
        assert_eq!((run.code, verdicts(&report)), (Some(1), expected), "{definition}: {run:#?}");
        let untried = report["tables"][0]["untried"].as_str();
        assert!(untried.is_some_and(|said| said.contains(why)), "{definition}: {untried:?}");
        assert_eq!(traces(&pipeline).await, before, "{definition}");
        let drawn = format!("SELECT next_not_cached_value FROM {name}_drawn");
        assert_eq!(pipeline.column(&drawn).await, ["1"], "{definition}");
    }
    pipeline.sql(&format!("DROP TABLE {name}; DROP SEQUENCE {name}_drawn")).await;
}
