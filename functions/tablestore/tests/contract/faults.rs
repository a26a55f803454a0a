//! Faults between us and the service: each record is written, given back, or refused with its reason, and nothing
//! is written twice that was answered for.

use serde_json::json;
use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::invocation::{self, INSERT, UPSERT, all_written, refused};
use tablestore::TablestoreSink;

use crate::stand_in::StandIn;

const MANY: usize = 300;

async fn table() -> StandIn {
    let stand_in = StandIn::new();
    stand_in.table("t", json!([["id", "integer"]])).await;
    stand_in
}

async fn deliver(sink: &mut TablestoreSink) -> Result<Outcome, GivenBack> {
    let values = (0..MANY).map(|id| format!(r#"{{"id":{id},"v":1}}"#));
    invocation::deliver_values(sink, "t", UPSERT, values).await
}

/// Rows in all batches that were answered, the refused ones included.
async fn sent(stand_in: &StandIn) -> u64 {
    let requests = stand_in.requests("BatchWriteRow").await;
    requests.iter().map(|request| request["rows"].as_u64().unwrap_or_default()).sum()
}

#[test]
fn rows_that_are_throttled_are_sent_again_alone() {
    for (code, every, again) in [
        ("OTSNotEnoughCapacityUnit", 3, 67 + 34),
        ("OTSServerBusy", 2, 150),
        ("OTSTimeout", 1, 300),
    ] {
        invocation::run(async {
            let stand_in = table().await;
            let fault = json!({
                "kind": "rows", "code": code, "every": every, "times": 2, "operation": "BatchWriteRow"
            });
            stand_in.faults(json!([fault])).await;
            let mut sink = stand_in.sink(&[]);
            assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)), "{code}");
            assert_eq!(stand_in.rows("t").await.len(), MANY);
            assert_eq!(sent(&stand_in).await, (MANY + again) as u64, "{code}");
        });
    }
}

/// Whether the service has done it or not, the rows are the same afterwards.
#[test]
fn an_answer_that_is_lost() {
    for applied in [true, false] {
        invocation::run(async {
            let stand_in = table().await;
            let lost = json!([
                {"kind": "lost", "applied": applied, "times": 1, "operation": "BatchWriteRow"},
                {"kind": "lost", "applied": applied, "times": 1, "operation": "DescribeTable"},
            ]);
            stand_in.faults(lost).await;
            let mut sink = stand_in.sink(&[]);
            assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)), "{applied}");
            assert_eq!(stand_in.rows("t").await.len(), MANY);
        });
    }
}

/// The pause that the answer asks for is kept, and an answer of a balancer is no answer of the service.
#[test]
fn a_balancer_that_says_no() {
    invocation::run(async {
        let stand_in = table().await;
        for status in [500, 502, 503, 429] {
            let fault = json!([{"kind": "status", "status": status, "retry_after": 7, "times": 2}]);
            stand_in.faults(fault).await;
            let mut sink = stand_in.sink(&[]);
            assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)), "{status}");
        }
        for (status, expected) in
            [(400, Fault::Fatal), (404, Fault::Fatal), (401, Fault::Unauthorized)]
        {
            stand_in.faults(json!([{"kind": "status", "status": status, "times": 9}])).await;
            let given_back = deliver(&mut stand_in.sink(&[])).await.unwrap_err();
            assert_eq!(given_back.error.fault, expected, "{status}");
        }
        stand_in
            .faults(json!([{"kind": "status", "status": 503, "retry_after": 7, "times": 9}]))
            .await;
        let given_back = deliver(&mut stand_in.sink(&[])).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Transient);
        assert_eq!(given_back.error.cause.retry_after_ms, 7000);
    });
}

/// An error that is not known gives everything back, even if only one row has it. A missing right too.
#[test]
fn an_unknown_error_drains_nothing() {
    invocation::run(async {
        for (code, fault) in
            [("OTSSomethingNew", Fault::Fatal), ("OTSNoPermissionAccess", Fault::Unauthorized)]
        {
            let stand_in = table().await;
            stand_in
                .faults(json!([{"kind": "rows", "code": code, "every": 150, "times": 9}]))
                .await;
            let given_back = deliver(&mut stand_in.sink(&[])).await.unwrap_err();
            assert_eq!(given_back.error.fault, fault);
            assert_eq!(given_back.error.cause.code.as_deref(), Some(code));
        }
    });
}

/// A clock that is wrong is measured with the refusal, and corrected.
#[test]
fn a_clock_that_is_wrong_by_an_hour() {
    invocation::run(async {
        for seconds in [3600, -3600] {
            let stand_in = table().await;
            stand_in.faults(json!([{"kind": "clock", "seconds": seconds}])).await;
            let mut sink = stand_in.sink(&[]);
            assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)), "{seconds}");
            let described = stand_in.requests("DescribeTable").await;
            assert_eq!(described.len(), 2, "one refusal: {described:?}");
            // It is wrong by another hour, from one request to the next.
            stand_in.faults(json!([{"kind": "clock", "seconds": 2 * seconds}])).await;
            assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)), "{seconds}");
        }
    });
}

/// Credentials that run out are no record's fault: the runtime reads them again.
#[test]
fn a_token_that_expires() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[("connection.token", "old")]);
        assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)));
        stand_in.faults(json!([{"kind": "token", "token": "new"}])).await;
        let given_back = deliver(&mut sink).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Unauthorized);
        assert!(!given_back.error.to_string().contains("old"));
        let mut sink = stand_in.sink(&[("connection.token", "new")]);
        assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)));
        let mut sink = stand_in.sink(&[("connection.token", "new"), ("connection.password", "x")]);
        assert_eq!(deliver(&mut sink).await.unwrap_err().error.fault, Fault::Unauthorized);
    });
}

/// A request that is refused as a whole is taken apart, if the table is still what it was; rows that other
/// requests have written are not written again.
#[test]
fn a_request_that_is_refused_as_a_whole() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[("max.concurrency", "1")]);
        assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)));
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 1, "operation": "BatchWriteRow"
        }]);
        stand_in.faults(refusal.clone()).await;
        let before = sent(&stand_in).await;
        assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)));
        assert_eq!(sent(&stand_in).await - before, MANY as u64, "100 rows, then the other 200");
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 99, "operation": "BatchWriteRow"
        }]);
        stand_in.faults(refusal).await;
        let values = [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":2}"#];
        let outcome = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
        let code = Some("OTSParameterInvalid");
        assert_eq!(refused(&outcome), [(0, code), (1, code)]);
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 99, "operation": "BatchWriteRow",
            "message": "Unsupported operation: 'BatchWriteRow'."
        }]);
        stand_in.faults(refusal).await;
        let given_back = invocation::deliver_values(&mut sink, "t", INSERT, values).await;
        assert_eq!(given_back.unwrap_err().error.fault, Fault::Fatal, "no row is at fault");
    });
}

/// Without retries too: the table is described again at once, and not by the next attempt.
#[test]
fn a_request_that_is_refused_as_a_whole_without_retries() {
    invocation::run(async {
        let stand_in = table().await;
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 99, "operation": "BatchWriteRow"
        }]);
        stand_in.faults(refusal).await;
        let values = [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":2}"#];
        let options = [INSERT, &[("max.retries", "0")]].concat();
        let mut sink = stand_in.sink(&[]);
        let outcome = invocation::deliver_values(&mut sink, "t", &options, values).await;
        let code = Some("OTSParameterInvalid");
        assert_eq!(refused(&outcome), [(0, code), (1, code)]);
        assert_eq!(stand_in.requests("DescribeTable").await.len(), 2);
    });
}

/// Of several requests one is refused. Its rows are taken apart without retries too, or the event would come back for
/// ever.
#[test]
fn one_of_several_requests_that_is_refused_without_retries() {
    invocation::run(async {
        let stand_in = table().await;
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 2, "operation": "BatchWriteRow"
        }]);
        stand_in.faults(refusal).await;
        let options = [INSERT, &[("max.retries", "0")]].concat();
        let values = (0..MANY).map(|id| format!(r#"{{"id":{id},"v":1}}"#));
        let mut sink = stand_in.sink(&[]);
        let outcome = invocation::deliver_values(&mut sink, "t", &options, values).await;
        assert_eq!(outcome, Ok(all_written(MANY)));
    });
}

/// The bad row is searched for although another one was refused before anything was sent.
#[test]
fn a_request_that_is_refused_beside_a_row_that_was_not_sent() {
    invocation::run(async {
        let stand_in = table().await;
        let refusal = json!([{
            "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": 99, "operation": "BatchWriteRow"
        }]);
        stand_in.faults(refusal).await;
        let values =
            [r#"{"id":1,"v":9223372036854775808}"#, r#"{"id":2,"v":1}"#, r#"{"id":3,"v":1}"#];
        let outcome =
            invocation::deliver_values(&mut stand_in.sink(&[]), "t", INSERT, values).await;
        let code = Some("OTSParameterInvalid");
        assert_eq!(refused(&outcome), [(0, None), (1, code), (2, code)]);
    });
}

/// No record is at fault if its table was made again with another key: the table is described again.
#[test]
fn a_table_that_was_made_anew() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = stand_in.sink(&[]);
        assert_eq!(deliver(&mut sink).await, Ok(all_written(MANY)));
        stand_in.table("t", json!([["v", "integer"], ["id", "string"]])).await;
        let values = [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":2}"#];
        let outcome = invocation::deliver_values(&mut sink, "t", UPSERT, values).await;
        assert_eq!(outcome, Ok(all_written(2)));
        assert_eq!(stand_in.rows("t").await, [r#"id="1" v=1 |"#, r#"id="2" v=2 |"#]);
    });
}
