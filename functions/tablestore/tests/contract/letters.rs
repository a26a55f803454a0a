//! Letters in a table: what they hold, and what becomes of them if the table does not take them.

use bumpalo::Bump;
use serde_json::{Value, json};
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::{Sink, TableLetter};
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

use crate::stand_in::StandIn;

fn name() -> TableName {
    TableName::parse("letters").expect("a name")
}

async fn table() -> StandIn {
    let stand_in = StandIn::new();
    let key = json!([["topic_partition", "string"], ["offset", "integer"]]);
    stand_in.table("letters", key).await;
    stand_in
}

/// An event of these records, each of which becomes a letter in the tests.
fn event(records: impl IntoIterator<Item = RecordBuilder>) -> Vec<u8> {
    records.into_iter().fold(EventBuilder::msk(), EventBuilder::record).build()
}

fn letters<'e>(body: &'e [u8], arena: &'e Bump) -> Vec<TableLetter<'e>> {
    let mut incoming = Incoming::new(body, arena);
    let records = &incoming.whole().expect("an event").records;
    let reasons = vec![("error_info", "it does not fit".to_owned())];
    records.iter().map(|record| TableLetter { record: *record, reasons: reasons.clone() }).collect()
}

fn many(count: i64) -> Vec<u8> {
    event((0..count).map(|offset| RecordBuilder::new("t", 0, offset).value("{}")))
}

#[test]
fn a_letter_holds_the_record() {
    let text =
        RecordBuilder::new("t", 0, 7).timestamp(1_700_000_000_123).key("ü").value("{\"id\":");
    let text = text.header("a", Some(b"x")).header("b", Some(b"\xff")).header("c", None);
    let bytes = RecordBuilder::new("t", 1, 7).timestamp(-1).key(b"\xff\x00").value(b"\xff");
    let tombstone = RecordBuilder::new("t", 2, 7).timestamp(-1);
    let body = event([text, bytes, tombstone]);
    invocation::run(async {
        let (stand_in, arena) = (table().await, Bump::new());
        // A letter that comes again replaces itself.
        for _ in 0..2 {
            let mut letters = letters(&body, &arena);
            let mut sink = stand_in.sink(&[]);
            sink.write_letters(&name(), &mut letters).await.expect("they are written");
            assert!(letters.is_empty());
        }
        let reason = r#"error_info="it does not fit""#;
        let text = r#"headers="[[\"a\",\"x\"],[\"b\",{\"base64\":\"/w==\"}],[\"c\",null]]" key="ü" partition=0 timestamp=1700000000123 topic="t" value="{\"id\":""#;
        let bytes = r#"key=base64:"/wA=" partition=1 topic="t" value=base64:"/w==""#;
        let rows = [
            format!(r#"offset=7 topic_partition="t_0" | {reason} {text}"#),
            format!(r#"offset=7 topic_partition="t_1" | {reason} {bytes}"#),
            format!(r#"offset=7 topic_partition="t_2" | {reason} partition=2 topic="t""#),
        ];
        assert_eq!(stand_in.rows("letters").await, rows);
        assert_eq!(stand_in.requests("BatchWriteRow").await.len(), 2);
    });
}

/// What the service would not take is left out, and the letter says so.
#[test]
fn a_letter_leaves_out_what_is_too_large() {
    let large = "a".repeat(2 * 1024 * 1024 + 1);
    let body = event([
        RecordBuilder::new("t", 0, 0).key("k").value(&large),
        RecordBuilder::new("t", 0, 1).key(&large).value("v").header("h", Some(b"x")),
    ]);
    invocation::run(async {
        let (stand_in, arena) = (table().await, Bump::new());
        let mut letters = letters(&body, &arena);
        stand_in.sink(&[]).write_letters(&name(), &mut letters).await.expect("they are written");
        let Value::Array(rows) = stand_in.get("rows/letters").await else { panic!("no table") };
        let row = |offset: i64| {
            let found = rows.iter().find(|row| row["key"]["offset"][1] == offset);
            found.expect("a row")["columns"].clone()
        };
        assert_eq!(row(0)["value_omitted_bytes"][1], 2 * 1024 * 1024 + 1);
        assert_eq!((&row(0)["key"][1], row(0).get("value")), (&json!("k"), None));
        assert_eq!(row(1)["key_omitted_bytes"][1], 2 * 1024 * 1024 + 1);
        assert_eq!((&row(1)["value"][1], row(1).get("key")), (&json!("v"), None));
        assert_eq!(row(1)["headers"][1], r#"[["h","x"]]"#);
    });
}

/// Those that the table does not take now are left, and no other is written again.
#[test]
fn letters_that_are_throttled_are_left() {
    let body = many(250);
    invocation::run(async {
        let (stand_in, arena) = (table().await, Bump::new());
        let fault = json!({
            "kind": "rows", "code": "OTSServerBusy", "every": 2, "times": 1, "operation": "BatchWriteRow"
        });
        stand_in.faults(json!([fault])).await;
        let (mut sink, mut letters) = (stand_in.sink(&[]), letters(&body, &arena));
        let refused = sink.write_letters(&name(), &mut letters).await.unwrap_err();
        assert_eq!((refused.fault, letters.len()), (Fault::Transient, 150));
        sink.write_letters(&name(), &mut letters).await.expect("the others");
        assert_eq!(stand_in.rows("letters").await.len(), 250);
        let requests = stand_in.requests("BatchWriteRow").await;
        let rows: u64 = requests.iter().filter_map(|request| request["rows"].as_u64()).sum();
        assert_eq!((requests.len(), rows), (2, 350));
    });
}

/// No record is at fault: nothing of it is `Data`, and every letter is left.
#[test]
fn a_table_that_refuses_letters_is_at_fault() {
    let body = many(3);
    invocation::run(async {
        let arena = Bump::new();
        let other = table().await;
        other.table("letters", json!([["id", "integer"]])).await;
        let locked = table().await;
        locked.faults(json!([{"kind": "token", "token": "new"}])).await;
        let unknown = table().await;
        unknown
            .faults(json!([{"kind": "rows", "code": "OTSUnheardOf", "every": 1, "times": 9}]))
            .await;
        for (stand_in, fault, why) in [
            (StandIn::new(), Fault::Fatal, "create it, with a key of topic_partition (string)"),
            (other, Fault::Fatal, "its key must be topic_partition (string)"),
            (locked, Fault::Unauthorized, "credentials"),
            (unknown, Fault::Fatal, "OTSUnheardOf"),
        ] {
            let mut letters = letters(&body, &arena);
            let refused = stand_in.sink(&[]).write_letters(&name(), &mut letters).await;
            let refused = refused.unwrap_err();
            assert_eq!((refused.fault, letters.len()), (fault, 3), "{refused}");
            assert!(refused.to_string().contains(why), "{refused}");
            assert!(refused.to_string().contains("\"letters\" for letters"), "{refused}");
        }
    });
}

#[test]
fn the_name_of_the_table_is_checked_at_the_start() {
    let options = [
        ("connection.url", "https://orders.cn-hangzhou.ots.aliyuncs.com"),
        ("connection.user", "u"),
        ("connection.password", "p"),
        ("errors.table.name", "no-table"),
    ];
    let problem = invocation::configure::<tablestore::TablestoreSink>(&options).unwrap_err();
    assert!(problem.contains("errors.table.name is `no-table`"), "{problem}");
}
