//! What the service would refuse of a point is found before it is sent: it costs one record, never a request.

use sluice_testkit::invocation::{self, all_written, refused};

use crate::series::{SERIES, deliver, for_rules, sink, table};

fn long(length: usize) -> String {
    "a".repeat(length)
}

fn fields(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|nth| format!(r#""f{nth}":{nth}"#)).collect();
    fields.join(",")
}

#[test]
fn each_limit_costs_one_record() {
    invocation::run(async {
        let stand_in = table().await;
        let options = [
            ("timeseries.measurement", "m"),
            ("timeseries.data.source", "source"),
            ("timeseries.tags", "host"),
        ];
        let megabytes = long(1_500_000);
        let bad = [
            format!(r#"{{"at":1,"v":1,"m":"{}"}}"#, long(129)),
            r#"{"at":1,"v":1,"m":"a b"}"#.to_owned(),
            r#"{"at":1,"v":1,"m":"a#b"}"#.to_owned(),
            r#"{"at":1,"v":1,"m":""}"#.to_owned(),
            r#"{"at":1,"v":1,"m":null}"#.to_owned(),
            format!(r#"{{"at":1,"v":1,"m":"m","source":"{}"}}"#, long(257)),
            r#"{"at":1,"v":1,"m":"m","host":"a=b"}"#.to_owned(),
            r#"{"at":1,"v":1,"m":"m","host":"a\"b"}"#.to_owned(),
            r#"{"at":1,"v":1,"m":"m","host":""}"#.to_owned(),
            r#"{"at":-1,"v":1,"m":"m"}"#.to_owned(),
            r#"{"at":1,"_time":1,"m":"m"}"#.to_owned(),
            format!(r#"{{"at":1,"{}":1,"m":"m"}}"#, long(129)),
            format!(r#"{{"at":1,"{}":1,"m":"m"}}"#, "1a"),
            format!(r#"{{"at":1,{},"m":"m"}}"#, fields(1025)),
            format!(r#"{{"at":1,"v":"{}","m":"m"}}"#, long(2 * 1024 * 1024 + 1)),
            format!(r#"{{"at":1,"v":"{megabytes}","w":"{megabytes}","x":"{megabytes}","m":"m"}}"#),
        ];
        let good = [
            format!(r#"{{"at":0,"v":1,"m":"{}"}}"#, long(128)),
            format!(r#"{{"at":1,"v":1,"m":"m","source":"{}"}}"#, long(256)),
            r#"{"at":2,"v":1,"m":"m","host":"東京 #1"}"#.to_owned(),
            format!(r#"{{"at":3,"{}":1,"m":"m"}}"#, long(128)),
            format!(r#"{{"at":4,{},"m":"m"}}"#, fields(1024)),
            format!(r#"{{"at":5,"v":"{}","m":"m"}}"#, long(2 * 1024 * 1024)),
        ];
        let values: Vec<&str> = bad.iter().chain(&good).map(String::as_str).collect();
        let outcome = deliver(&stand_in, &options, &values).await;
        let records = refused(&outcome).into_iter().map(|(record, _)| record);
        let mut records: Vec<usize> = records.collect();
        records.sort_unstable();
        assert_eq!(records, (0..bad.len()).collect::<Vec<_>>());
        assert_eq!(stand_in.points("metrics").await.len(), good.len());
        let log = stand_in.get("log").await;
        let mut log = log.as_array().expect("a log").iter();
        assert!(log.all(|entry| entry.get("refused").is_none()), "nothing bad was sent");
    });
}

/// Up to 200 points are in a request, and the bytes are counted as they are sent: the stand-in refuses more than
/// 4 MB. The table is described once.
#[test]
fn requests_are_full() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = sink(&stand_in, &[]);
        let rules = for_rules(SERIES);
        let megabyte = long(1_000_000);
        let small = (0..450).map(|at| format!(r#"{{"at":{at},"v":1}}"#));
        let large = (500..505).map(|at| format!(r#"{{"at":{at},"v":"{megabyte}"}}"#));
        let values: [Vec<String>; 2] = [small.collect(), large.collect()];
        for values in values {
            let count = values.len();
            let outcome = invocation::deliver_values(&mut sink, "metrics", &rules, values).await;
            assert_eq!(outcome, Ok(all_written(count)));
        }
        let requests = stand_in.requests("PutTimeseriesData").await;
        let mut sizes: Vec<u64> =
            requests.iter().map(|request| request["rows"].as_u64().unwrap_or_default()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 4, 50, 200, 200]);
        assert_eq!(stand_in.requests("DescribeTimeseriesTable").await.len(), 1);
    });
}

#[test]
fn a_name_that_no_table_has_gives_the_batch_back() {
    invocation::run(async {
        let (stand_in, name) = (table().await, long(129));
        for (format, why) in [(&*name, "at most 128"), ("s.t", "no schema")] {
            let given_back =
                deliver(&stand_in, &[("table.name.format", format)], &[r#"{"at":1,"v":1}"#]).await;
            let error = given_back.unwrap_err().error.to_string();
            assert!(error.contains(why), "{error}");
        }
    });
}
