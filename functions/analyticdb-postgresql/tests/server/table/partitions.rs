//! Tables in partitions.

use crate::support::{INSERT, on_stage};

/// The server has one code for a check and for a row that belongs nowhere.
#[test]
fn a_row_without_a_partition_is_said_to_have_none() {
    on_stage("partitions", async |stage| {
        let table = "CREATE TABLE t (id int CHECK (id > 0)) PARTITION BY RANGE (id); \
             CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (-10) TO (10)";
        if !stage.sql_since(100_000, table).await {
            return;
        }
        let values = [r#"{"id":1}"#, r#"{"id":20}"#, r#"{"id":-1}"#];
        let outcome = stage.deliver("t", INSERT, values).await.expect("no fault");
        assert_eq!(outcome.written, 1);
        let said = |place: usize| outcome.failures[place].cause.message.to_string();
        assert!(said(0).contains("does not fit into any partition"), "{}", said(0));
        assert!(said(1).contains("a check constraint fails"), "{}", said(1));
    });
}
