//! Our points beside those of the official SDK: `tests/vectors/sdk.py` made them.

use prost::Message;

use super::*;
use crate::wire::series::{
    CreateTimeseriesTableRequest, DescribeTimeseriesTableRequest, DescribeTimeseriesTableResponse,
    MetaUpdate, PutTimeseriesDataRequest, PutTimeseriesDataResponse, REQUEST_FRAME,
    SeriesTableMeta, SeriesTableOptions, put_request,
};
use crate::wire::tests::vector;

fn point<'p>(
    (measurement, source): (&'p str, &'p str),
    tags: &[(&'p str, &'p str)],
    time: i64,
    fields: &[(&'p str, Value<'p>)],
) -> Point<'p> {
    Point { measurement, source, tags: tags.to_vec(), time, fields: fields.to_vec() }
}

fn every_kind() -> Point<'static> {
    let tags = [("host", "ü"), ("os", "linux"), ("region", "cn-hangzhou")];
    let fields = [
        ("count", Value::Integer(7)),
        ("data", Value::Binary(&[0, 255])),
        ("empty", Value::Text("")),
        ("note", Value::Text("naïve 東京 🦀")),
        ("nothing", Value::Binary(&[])),
        ("off", Value::Boolean(false)),
        ("on", Value::Boolean(true)),
        ("ratio", Value::Double(-0.1)),
        ("whole", Value::Integer(i64::MIN)),
    ];
    point(("cpu", "10.0.0.1"), &tags, 1_700_000_000_123_456, &fields)
}

fn written(points: &[Point<'_>]) -> Bytes {
    let mut writer = PointWriter::default();
    points.iter().for_each(|point| writer.push(point));
    writer.finish()
}

#[test]
fn points_are_the_sdks_own() {
    let measurement = "m".repeat(128);
    let host = [("host", "b")];
    let several = [("v", Value::Double(1.5)), ("w", Value::Double(2.5)), ("x", Value::Text("y"))];
    let points = [
        every_kind(),
        point((&measurement, ""), &[], 0, &[("v", Value::Integer(1))]),
        point(("cpu", "10.0.0.2"), &host, 1, &several),
        point(("cpu", "10.0.0.2"), &host, i64::MAX, &[("v", Value::Boolean(true))]),
    ];
    let request = put_request("metrics", written(&points), MetaUpdate::Normal);
    assert_eq!(request, vector("points"));
    let ignoring = put_request("metrics", written(&points), MetaUpdate::Ignore);
    let ignoring = PutTimeseriesDataRequest::decode(&*ignoring).unwrap();
    assert_eq!(ignoring.meta_update_mode, Some(1));
}

#[test]
fn a_new_table_is_the_sdks_own() {
    let table_name = || "metrics".to_owned();
    let table_options = Some(SeriesTableOptions { time_to_live: Some(86_400) });
    let request = CreateTimeseriesTableRequest {
        table_meta: SeriesTableMeta { table_name: table_name(), table_options },
        enable_analytical_store: Some(false),
    };
    assert_eq!(request.encode_to_vec(), vector("create_series"));
    let request = DescribeTimeseriesTableRequest { table_name: table_name() };
    assert_eq!(request.encode_to_vec(), vector("describe_series"));
}

#[test]
fn answers_are_read() {
    let answer = DescribeTimeseriesTableResponse::decode(&*vector("described_series")).unwrap();
    assert_eq!(answer.table_meta.table_options.unwrap().time_to_live, Some(86_400));
    let answer = PutTimeseriesDataResponse::decode(&*vector("points_written")).unwrap();
    let failed: Vec<_> = answer.failed.iter().map(|it| (it.index, it.code.as_deref())).collect();
    assert_eq!(failed, [(1, Some("OTSServerBusy")), (3, None)]);
}

/// A request is packed by what a point may need at most. That is never too little, and not much too much.
#[test]
fn the_most_bytes_of_a_point() {
    let long = "x".repeat(1000);
    let one = [("v", Value::Integer(1))];
    let names: Vec<String> = (0..50).map(|nth| format!("f{nth}")).collect();
    let numbers: Vec<_> = names.iter().map(|name| (&**name, Value::Integer(1))).collect();
    let binaries: Vec<_> = names.iter().map(|name| (&**name, Value::Binary(b"abcd"))).collect();
    let tags: Vec<_> = names.iter().map(|name| (&**name, "value")).collect();
    for (point, waste) in [
        (every_kind(), 400),
        (point(("m", ""), &[], 1, &one), 300),
        (point((&long, &long), &[("t", &long)], 1, &[("v", Value::Text(&long))]), 300),
        (point(("m", ""), &[], 1, &numbers), 1300),
        (point(("m", ""), &[], 1, &binaries), 900),
        (point(("m", ""), &tags, 1, &one), 900),
    ] {
        let mut writer = PointWriter::default();
        writer.push(&point);
        let before = writer.len();
        assert!(before <= point.most_bytes(), "{point:?}");
        writer.push(&point);
        let grown = writer.len() - before;
        let most = point.most_bytes();
        assert!((grown..=grown + waste).contains(&most), "{most} for {grown}: {point:?}");
        let points = writer.finish();
        assert!(points.len() <= 2 * most, "{point:?}");
        let table = "t".repeat(128);
        let (length, body) = (points.len(), put_request(&table, points, MetaUpdate::Ignore));
        assert!(body.len() <= REQUEST_FRAME + table.len() + length);
    }
}
