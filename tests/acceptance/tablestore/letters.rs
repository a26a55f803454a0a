//! Letters in a table of the instance.

use serde_json::{Value, json};

use super::{GOOD, behind, drain, pipeline, send, written};

/// Letters in a table: while it is missing the batch is given back, and then every record is settled once.
#[tokio::test]
async fn letters_go_into_a_table() {
    let mut pipeline = pipeline("letter_table").await.with("max.retries", "3");
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        pipeline.unset(option);
    }
    let letters = format!("{}_letters", pipeline.name);
    let pipeline = pipeline.with("errors.table.name", &letters);
    send(&pipeline).await;
    let first = drain(&pipeline).await;
    assert_eq!(first.code, Some(1), "{first:#?}");
    assert!(first.log.contains("create it, with a key of topic_partition"), "{}", first.log);

    let key = json!([["topic_partition", "string"], ["offset", "integer"]]);
    behind(&pipeline, "POST", "tables", json!({"name": letters, "key": key})).await;
    let busy = json!([{
        "kind": "rows", "code": "OTSServerBusy", "every": 2, "times": 1, "after": 3, "operation": "BatchWriteRow"
    }]);
    behind(&pipeline, "POST", "faults", busy).await;
    let run = drain(&pipeline).await;
    run.assert_settled();
    let settled = first.count("records") + run.count("records");
    assert_eq!((settled, run.logged("lettered")), (GOOD as u64 + 2, 2), "{run:#?}");
    assert_eq!(written(&pipeline).await, (0..GOOD).collect::<Vec<_>>());
    let rows = behind(&pipeline, "GET", &format!("rows/{letters}"), Value::Null).await;
    let mut rows = rows.as_array().expect("a table").clone();
    rows.sort_by_key(|row| row["key"]["offset"][1].as_i64());
    let [cut, text] = &rows[..] else { panic!("two letters: {rows:?}") };
    let place = |row: &Value| row["key"]["topic_partition"][1].clone();
    assert_eq!(place(cut), format!("{}_0", pipeline.name));
    let of = |row: &Value, column: &str| row["columns"][column][1].clone();
    assert_eq!(of(cut, "value"), "{\"id\":");
    assert_eq!(of(text, "value"), "{\"id\":-1,\"n\":\"many\"}");
    assert_eq!((of(text, "topic"), of(text, "partition")), (json!(pipeline.name), json!(0)));
    assert_eq!((of(text, "error_column"), of(text, "error_given")), (json!("n"), json!("string")));
    let why = of(text, "error_info");
    assert!(why.as_str().is_some_and(|why| why.contains("is integer") && !why.contains("many")));
}
