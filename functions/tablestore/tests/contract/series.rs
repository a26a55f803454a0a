//! Time-series tables: what a record becomes, and what a second write of the same point does.

use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::sink::{DryRun, Sink};
use sluice_testkit::EventBuilder;
use sluice_testkit::invocation::{self, INSERT, Options, all_written, refused};
use tablestore::TablestoreSink;

use crate::stand_in::StandIn;

/// Points whose time is in `at`, in milliseconds, with the tag `host`.
pub(crate) const SERIES: Options<'static> = &[
    ("tablestore.mode", "timeseries"),
    ("timeseries.time", "at"),
    ("timeseries.tags", "host"),
    ("errors.tolerance", "all"),
];

/// An instance with the table `metrics`.
pub(crate) async fn table() -> StandIn {
    let stand_in = StandIn::new();
    stand_in.series_table("metrics").await;
    stand_in
}

/// The options that the rules have too.
pub(crate) fn for_rules<'o>(options: &[(&'o str, &'o str)]) -> Vec<(&'o str, &'o str)> {
    let is_ours = |name: &str| {
        ["tablestore.mode", "columns.types"].contains(&name)
            || ["timeseries.", "auto.create."].iter().any(|group| name.starts_with(group))
    };
    options.iter().copied().filter(|(name, _)| !is_ours(name)).collect()
}

pub(crate) fn sink(stand_in: &StandIn, more: Options<'_>) -> TablestoreSink {
    stand_in.sink(&[SERIES, more].concat())
}

/// Writes values with options for the sink and the rules.
pub(crate) async fn deliver(
    stand_in: &StandIn,
    more: Options<'_>,
    values: &[&str],
) -> Result<Outcome, GivenBack> {
    let rules = for_rules(&[SERIES, more].concat());
    invocation::deliver_values(&mut sink(stand_in, more), "metrics", &rules, values).await
}

async fn written(more: Options<'_>, values: &[&str]) -> Vec<String> {
    let stand_in = table().await;
    assert_eq!(deliver(&stand_in, more, values).await, Ok(all_written(values.len())));
    stand_in.points("metrics").await
}

/// Without any other option every field of a record is written with its own type, and a null is no field.
#[test]
fn every_field_of_a_record() {
    invocation::run(async {
        let values = [
            r#"{"at":1,"host":"a","load":0.5,"count":9223372036854775807,"on":true,"note":"ü","nested":{"a":[1]},"none":null}"#,
            r#"{"at":2,"host":null,"Load":7,"on":"x"}"#,
            r#"{"at":3,"load":7.0}"#,
        ];
        let points = written(&[], &values).await;
        let first = r#"metrics/[host=a]@1000 | count=9223372036854775807 load=0.5 nested="{\"a\":[1]}" note="ü" on=true"#;
        let others = [r#"metrics/[]@2000 | load=7 on="x""#, "metrics/[]@3000 | load=7.0"];
        assert_eq!(points, [others[0], others[1], first]);
    });
}

/// Literals, keys, paths, the record's key and its time; what makes up the point is no field.
#[test]
fn where_a_point_comes_from() {
    invocation::run(async {
        let stand_in = table().await;
        let options = [
            ("timeseries.measurement", "kind"),
            ("timeseries.data.source", "device"),
            ("timeseries.tags", "zone:Zone-1,'prod':env,device,topic"),
            ("timeseries.time", "time"),
            (
                "fields.mapping",
                "$.meta.zone:zone,$key.device:device,$timestamp:time,$topic:topic,t:temperature",
            ),
        ];
        let event = EventBuilder::msk();
        let record = event.next("metrics", 0).timestamp(1_700_000_000_123);
        let record = record.key(r#"{"device":"d1"}"#);
        let record = record.value(r#"{"kind":"weather","t":20.5,"meta":{"zone":"north"}}"#);
        let event = event.record(record);
        let rules = invocation::rules(&for_rules(&[SERIES, &options].concat()));
        let mut sink = sink(&stand_in, &options);
        let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(1)));
        let tags = "Zone-1=north,device=d1,env=prod,topic=metrics";
        let expected = format!("weather/d1[{tags}]@1700000000123000 | temperature=20.5");
        assert_eq!(stand_in.points("metrics").await, [expected]);
        let points =
            written(&[("timeseries.measurement", "'cpu'")], &[r#"{"at":1,"host":7,"v":1}"#]);
        assert_eq!(points.await, ["cpu/[host=7]@1000 | v=1"]);
    });
}

/// The measurement is the topic unless an option says otherwise, also of two topics with one table.
#[test]
fn a_topic_is_a_measurement() {
    invocation::run(async {
        let stand_in = table().await;
        let more = [("table.name.format", "metrics")];
        let event = EventBuilder::msk();
        let event = event.values("cpu.load", 0, [r#"{"at":1,"v":1}"#]);
        let event = event.values("disk-use", 0, [r#"{"at":1,"v":2}"#]);
        let rules = invocation::rules(&for_rules(&[SERIES, &more].concat()));
        let mut sink = sink(&stand_in, &more);
        let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(2)));
        let points = ["cpu.load/[]@1000 | v=1", "disk-use/[]@1000 | v=2"];
        assert_eq!(stand_in.points("metrics").await, points);
    });
}

#[test]
fn units_of_the_time() {
    invocation::run(async {
        for (unit, time) in [
            ("seconds", "1700000000.5"),
            ("milliseconds", "1700000000500"),
            ("microseconds", "1700000000500000"),
            ("nanoseconds", "1700000000500000000"),
        ] {
            let value = format!(r#"{{"at":{time},"v":1}}"#);
            let points = written(&[("unix.precision", unit)], &[&value]).await;
            assert_eq!(points, ["metrics/[]@1700000000500000 | v=1"], "{unit}");
        }
        let values = [
            r#"{"at":"2023-11-14T22:13:20.5Z","v":1}"#,
            r#"{"at":"2023-11-15T00:13:20.000001+02:00","v":2}"#,
            r#"{"at":"1700000000999","v":3}"#,
        ];
        let points = written(&[], &values).await;
        let expected = [(1, 2), (500_000, 1), (999_000, 3)];
        let expected = expected.map(|(micros, v)| {
            format!("metrics/[]@{} | v={v}", 1_700_000_000_000_000_i64 + micros)
        });
        assert_eq!(points, expected);
    });
}

/// Options give fields a type, and choose them.
#[test]
fn declared_fields() {
    invocation::run(async {
        let types = ("columns.types", "v:double,b:binary,t:string");
        let value = r#"{"at":1,"v":7,"b":"AP8=","t":1,"w":1}"#;
        let points = written(&[types], &[value]).await;
        assert_eq!(points, [r#"metrics/[]@1000 | b=base64:"AP8=" t="1" v=7.0 w=1"#]);
        let points = written(&[types, ("fields.unknown", "ignore")], &[value]).await;
        assert_eq!(points, [r#"metrics/[]@1000 | b=base64:"AP8=" t="1" v=7.0"#]);
    });
}

/// A point that is written again replaces the one before as a whole; the last record of an event wins, however its
/// time and its tags are spelled, and a delivery that comes again changes nothing.
#[test]
fn one_point_many_times() {
    invocation::run(async {
        let stand_in = table().await;
        let values = [
            r#"{"at":1,"host":"a","v":1,"w":1}"#,
            r#"{"at":1,"host":"b","v":2}"#,
            r#"{"at":1.0,"host":"a","v":3}"#,
            r#"{"at":"1970-01-01T00:00:00.001Z","host":"a","x":4}"#,
        ];
        for _ in 0..2 {
            assert_eq!(deliver(&stand_in, &[], &values).await, Ok(all_written(4)));
            let points = ["metrics/[host=a]@1000 | x=4", "metrics/[host=b]@1000 | v=2"];
            assert_eq!(stand_in.points("metrics").await, points);
        }
    });
}

/// The service deletes no point: a tombstone is filtered, and counted.
#[test]
fn tombstones_are_filtered() {
    invocation::run(async {
        let stand_in = table().await;
        let event = EventBuilder::msk().keyed(
            "metrics",
            0,
            [("a", Some(r#"{"at":1,"v":1}"#)), ("a", None), ("b", None)],
        );
        let rules = invocation::rules(&for_rules(SERIES));
        let mut sink = sink(&stand_in, &[]);
        let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
        assert_eq!(outcome, Ok(Outcome { written: 1, filtered: 2, ..Outcome::default() }));
        assert_eq!(stand_in.points("metrics").await, ["metrics/[]@1000 | v=1"]);
    });
}

/// The mode of the metadata's update goes with every request.
#[test]
fn metadata_of_series() {
    invocation::run(async {
        for (mode, known) in [("normal", 2), ("ignore", 0)] {
            let stand_in = table().await;
            let values = [r#"{"at":1,"host":"a","v":1}"#, r#"{"at":1,"host":"b","v":1}"#];
            let outcome = deliver(&stand_in, &[("timeseries.meta.update", mode)], &values).await;
            assert_eq!(outcome, Ok(all_written(2)), "{mode}");
            assert_eq!(stand_in.points("metrics").await.len(), 2, "{mode}");
            assert_eq!(stand_in.get("series/metrics").await, known, "{mode}");
        }
    });
}

/// A record that cannot be a point costs itself.
#[test]
fn what_is_no_point_costs_one_record() {
    invocation::run(async {
        let stand_in = table().await;
        let values = [
            r#"{"host":"a","v":1}"#,
            r#"{"at":"2023-11-14T22:13:20","host":"a","v":1}"#,
            r#"{"at":1,"host":"a"}"#,
            r#"{"at":1,"host":"a","v":null}"#,
            r#"{"at":1,"host":"a","v":9223372036854775808}"#,
            r#"{"at":1,"host":"a","v":1,"V":2}"#,
            r#"{"at":2,"host":"a","v":1}"#,
        ];
        let outcome = deliver(&stand_in, &[], &values).await;
        let records: Vec<usize> = refused(&outcome).into_iter().map(|(record, _)| record).collect();
        assert_eq!(records, [0, 1, 2, 3, 4, 5]);
        for (failure, why) in outcome.unwrap().failures.iter().zip([
            "null or missing",
            "no offset",
            "no field",
            "no field",
            "64 bits",
            "same name",
        ]) {
            assert!(failure.cause.message.contains(why), "{failure:?}");
        }
        assert_eq!(stand_in.points("metrics").await, ["metrics/[host=a]@2000 | v=1"]);
        let exact = deliver(&stand_in, &[("timeseries.lowercase", "false")], &values[5..]).await;
        assert_eq!(refused(&exact), [(0, None)]);
    });
}

/// A check of records writes nothing, and makes no table.
#[test]
fn a_dry_run_writes_nothing() {
    invocation::run(async {
        let stand_in = table().await;
        let mut sink = sink(&stand_in, &[]);
        let name = sluice_bridge::model::table::TableName::parse("metrics").unwrap();
        sink.begin_dry_run(&[]).await.unwrap();
        let table = sink.table(&name).await.unwrap().expect("a table");
        assert!(sink.why_not_tried(&table).is_some());
        let time = table.shape.column(0).expect("the time");
        let cell = sluice_bridge::model::cell::Cell::Text("yesterday");
        let cause = time.check(cell, &mut Vec::new()).unwrap_err();
        assert_eq!(cause.column.as_deref(), Some("at"));
        assert_eq!(stand_in.requests("PutTimeseriesData").await.len(), 0);
    });
}

/// The options of data tables mean nothing here, and are refused with a reason.
#[test]
fn what_time_series_do_not_have() {
    for (option, value, why) in [
        ("insert.mode", "upsert", "insert.mode must be insert"),
        ("pk.mode", "record_key", "a point is found by its measurement"),
        ("delete.enabled", "true", "the service deletes no point"),
        ("version.column", "v", "version.column is not possible"),
        ("insert.condition", "expect_exist", "insert.condition is not possible"),
        ("auto.create.auto.increment", "n", "auto.create.auto.increment is not possible"),
        ("exactly.once.enabled", "true", "Tablestore has no transaction"),
        ("timeseries.tags", "a b", "visible ASCII"),
    ] {
        let place = [("connection.url", "https://a.cn-hangzhou.ots.aliyuncs.com")];
        let options = [&place, crate::stand_in::LOGIN, SERIES, &[(option, value)]].concat();
        let problem = invocation::configure::<TablestoreSink>(&options).unwrap_err();
        assert!(problem.contains(why), "{option}: {problem}");
    }
    let place = [("connection.url", "https://a.cn-hangzhou.ots.aliyuncs.com")];
    let defaults = [("insert.mode", "insert"), ("auto.create.max.versions", "1")];
    let options = [&place, crate::stand_in::LOGIN, SERIES, &defaults].concat();
    assert!(invocation::configure::<TablestoreSink>(&options).is_ok());
    let options = [&place, crate::stand_in::LOGIN, INSERT, &[("timeseries.time", "at")]].concat();
    let problem = invocation::configure::<TablestoreSink>(&options).unwrap_err();
    assert!(problem.contains("timeseries.time needs tablestore.mode=timeseries"), "{problem}");
}
