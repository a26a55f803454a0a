//! Time-series tables: how one is made, and faults between us and the service. Each point is written, given back, or
//! refused with its reason.

use serde_json::json;
use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::invocation::{self, all_written, refused};
use tablestore::TablestoreSink;

use crate::series::{SERIES, deliver, for_rules, sink, table};
use crate::stand_in::StandIn;

const MANY: usize = 300;
const CREATE: (&str, &str) = ("auto.create", "true");
const POINT: &[&str] = &[r#"{"at":1,"host":"a","v":1}"#];

async fn many(sink: &mut TablestoreSink) -> Result<Outcome, GivenBack> {
    let values = (0..MANY).map(|at| format!(r#"{{"at":{at},"v":1}}"#));
    invocation::deliver_values(sink, "metrics", &for_rules(SERIES), values).await
}

/// Points in all requests that were answered, the refused ones included.
async fn sent(stand_in: &StandIn) -> u64 {
    let requests = stand_in.requests("PutTimeseriesData").await;
    requests.iter().map(|request| request["rows"].as_u64().unwrap_or_default()).sum()
}

#[test]
fn a_missing_table_is_made_once_and_waited_for() {
    invocation::run(async {
        let stand_in = StandIn::new();
        // The first points are refused, because the table is new.
        stand_in.faults(json!([{"kind": "new", "refusals": 3}])).await;
        let options = [CREATE, ("auto.create.time.to.live", "86400")];
        let values = [POINT[0], r#"{"at":2,"host":"a","w":1,"none":null}"#];
        assert_eq!(deliver(&stand_in, &options, &values).await, Ok(all_written(2)));
        let points = ["metrics/[host=a]@1000 | v=1", "metrics/[host=a]@2000 | w=1"];
        assert_eq!(stand_in.points("metrics").await, points);
        let made = stand_in.requests("CreateTimeseriesTable").await;
        assert_eq!(made.len(), 1);
        assert_eq!(made[0]["time_to_live"], 86_400);
        assert_eq!(stand_in.requests("CreateTable").await.len(), 0);
    });
}

/// Keys that could not be columns of a new table say nothing about a table that has no columns.
#[test]
fn a_missing_table_is_made_whatever_the_keys_are() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let parts = [("timeseries.time", "@timestamp"), ("timeseries.tags", "host.name:host")];
        let options = [&[CREATE][..], &parts].concat();
        let value = r#"{"@timestamp":"1970-01-01T00:00:01Z","host.name":"a"}"#;
        let point = value.replace('}', r#","v":1}"#);
        let values = [value, point.as_str()];
        let outcome = deliver(&stand_in, &options, &values).await;
        assert_eq!(refused(&outcome), [(0, None)], "a point needs a field");
        assert_eq!(stand_in.points("metrics").await, ["metrics/[host=a]@1000000 | v=1"]);
    });
}

/// Tables of both kinds share their names.
#[test]
fn a_table_of_the_other_kind_is_not_made_again_and_again() {
    invocation::run(async {
        let stand_in = StandIn::new();
        stand_in.table("metrics", json!([["id", "integer"]])).await;
        let error = deliver(&stand_in, &[CREATE], POINT).await.unwrap_err().error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("a table of the other kind"), "{error}");
        assert_eq!(stand_in.requests("CreateTimeseriesTable").await.len(), 1);
    });
}

#[test]
fn a_missing_table_is_not_asked_for_again_and_again() {
    invocation::run(async {
        let stand_in = StandIn::new();
        let error = deliver(&stand_in, &[], POINT).await.unwrap_err().error;
        assert_eq!(error.fault, Fault::Fatal);
        let log = stand_in.get("log").await;
        assert_eq!(log.as_array().map(Vec::len), Some(1), "{log}");
        // One that never gets ready is given back.
        stand_in.faults(json!([{"kind": "new", "refusals": 1000}])).await;
        let error = deliver(&stand_in, &[CREATE], POINT).await.unwrap_err().error;
        let code = error.cause.code.as_deref();
        assert_eq!((error.fault, code), (Fault::Transient, Some("OTSTableNotReady")));
        assert_eq!(error.cause.retry_after_ms, 10_000, "it takes longer than that of a data table");
        assert_eq!(stand_in.requests("CreateTimeseriesTable").await.len(), 1);
        assert!(stand_in.requests("PutTimeseriesData").await.len() <= 4);
    });
}

/// A table that was dropped is made again, and its records are no letters.
#[test]
fn a_table_that_is_gone() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = sink(&stand_in, &[]);
        assert_eq!(many(&mut sink).await, Ok(all_written(MANY)));
        let gone = json!([{
            "kind": "error", "status": 404, "code": "OTSObjectNotExist", "times": 1, "operation": "PutTimeseriesData"
        }]);
        stand_in.faults(gone).await;
        assert_eq!(many(&mut sink).await, Ok(all_written(MANY)));
        assert_eq!(stand_in.requests("DescribeTimeseriesTable").await.len(), 2);
    });
}

#[test]
fn points_that_are_throttled_are_sent_again_alone() {
    for (code, every, again) in [
        ("OTSNotEnoughCapacityUnit", 3, 67 + 34),
        ("OTSServerBusy", 2, 150),
        ("OTSTimeout", 1, 300),
    ] {
        invocation::run(async {
            let stand_in = table().await;
            let fault = json!({
                "kind": "rows", "code": code, "every": every, "times": 2, "operation": "PutTimeseriesData"
            });
            stand_in.faults(json!([fault])).await;
            assert_eq!(many(&mut sink(&stand_in, &[])).await, Ok(all_written(MANY)), "{code}");
            assert_eq!(stand_in.points("metrics").await.len(), MANY);
            assert_eq!(sent(&stand_in).await, (MANY + again) as u64, "{code}");
        });
    }
}

/// An earlier record of a point that was not taken is not sent after a later one.
#[test]
fn throttled_points_keep_their_order() {
    invocation::run(async {
        let stand_in = table().await;
        let fault = json!([{"kind": "rows", "code": "OTSServerBusy", "times": 1, "operation": "PutTimeseriesData"}]);
        stand_in.faults(fault).await;
        let values = [r#"{"at":1,"v":1}"#, r#"{"at":1,"v":2}"#, r#"{"at":1,"v":3}"#];
        assert_eq!(deliver(&stand_in, &[], &values).await, Ok(all_written(3)));
        assert_eq!(stand_in.points("metrics").await, ["metrics/[]@1000 | v=3"]);
    });
}

/// Whether the service has done it or not, the points are the same afterwards.
#[test]
fn an_answer_that_is_lost() {
    for applied in [true, false] {
        invocation::run(async {
            let stand_in = table().await;
            let lost = json!([
                {"kind": "lost", "applied": applied, "times": 1, "operation": "PutTimeseriesData"},
                {"kind": "lost", "applied": applied, "times": 1, "operation": "DescribeTimeseriesTable"},
                {"kind": "status", "status": 503, "retry_after": 7, "times": 1, "after": 2, "operation": "PutTimeseriesData"},
            ]);
            stand_in.faults(lost).await;
            assert_eq!(many(&mut sink(&stand_in, &[])).await, Ok(all_written(MANY)), "{applied}");
            assert_eq!(stand_in.points("metrics").await.len(), MANY);
        });
    }
}

/// An error that is not known gives everything back, even if only one point has it.
#[test]
fn an_unknown_error_drains_nothing() {
    invocation::run(async {
        for (code, fault) in
            [("OTSSomethingNew", Fault::Fatal), ("OTSNoPermissionAccess", Fault::Unauthorized)]
        {
            let stand_in = table().await;
            let rows = json!([{"kind": "rows", "code": code, "every": 150, "times": 9}]);
            stand_in.faults(rows).await;
            let error = many(&mut sink(&stand_in, &[])).await.unwrap_err().error;
            assert_eq!((error.fault, error.cause.code.as_deref()), (fault, Some(code)));
        }
    });
}

/// A request that is refused as a whole is taken apart, so that a point that no check finds costs one record. A
/// refusal of one point costs that one too.
#[test]
fn refusals() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = sink(&stand_in, &[("max.concurrency", "1")]);
        let refusal = |times| {
            json!([{
                "kind": "error", "status": 400, "code": "OTSParameterInvalid", "times": times,
                "operation": "PutTimeseriesData"
            }])
        };
        stand_in.faults(refusal(1)).await;
        assert_eq!(many(&mut sink).await, Ok(all_written(MANY)));
        assert_eq!(sent(&stand_in).await, MANY as u64, "what was written is not written again");
        stand_in.faults(refusal(99)).await;
        let values = [r#"{"at":1,"v":1}"#, r#"{"at":2,"v":2}"#];
        let rules = for_rules(SERIES);
        let outcome = invocation::deliver_values(&mut sink, "metrics", &rules, values).await;
        let code = Some("OTSParameterInvalid");
        assert_eq!(refused(&outcome), [(0, code), (1, code)]);
        let one = json!([{"kind": "rows", "code": "OTSParameterInvalid", "every": 2, "times": 9}]);
        stand_in.faults(one).await;
        let outcome = invocation::deliver_values(&mut sink, "metrics", &rules, values).await;
        assert_eq!(refused(&outcome).first(), Some(&(0, code)));
    });
}
