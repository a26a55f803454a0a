//! Our bytes beside those of the official SDK: `tests/vectors/sdk.py` made them.

use prost::Message;

use crate::wire::batch::{Existence, MOST_BYTES, RowOperation, overhead, push_row, request};
use crate::wire::crc8::crc8;
use crate::wire::message::{
    AUTO_INCREMENT, BatchWriteRowResponse, CapacityUnit, CreateTableRequest, DescribeTableRequest,
    DescribeTableResponse, Error, KEY_BINARY, KEY_INTEGER, KEY_STRING, KeySchema,
    ReservedThroughput, TableMeta, TableOptions,
};
use crate::wire::plain_buffer::{Name, RowWriter, Value};

pub(super) fn vector(name: &str) -> Vec<u8> {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/vectors/sdk.json")).expect("JSON");
    let digits = vectors[name].as_str().expect("a vector of this name");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn row(
    rows: &mut Vec<u8>,
    (operation, existence): (RowOperation, Existence),
    key: &[(&str, Value<'_>)],
    cells: impl FnOnce(&mut RowWriter<'_>),
) {
    let mut change = Vec::new();
    let mut row = RowWriter::begin(&mut change);
    key.iter().for_each(|(name, value)| row.key(&Name::new(name), *value));
    cells(&mut row);
    match operation {
        RowOperation::Delete => row.end_deleted(),
        _ => row.end(),
    }
    push_row(rows, operation, existence, &change);
}

#[test]
fn a_batch_is_the_sdks_own() {
    let (mut rows, long) = (Vec::new(), "c".repeat(200));
    let key = [("k", Value::Text("ü")), ("n", Value::Integer(7)), ("x", Value::Binary(&[1]))];
    row(&mut rows, (RowOperation::Put, Existence::Ignore), &key, |row| {
        for (name, value, version) in [
            ("i", Value::Integer(i64::MIN), None),
            ("d", Value::Double(-0.1), None),
            ("t", Value::Boolean(true), None),
            ("f", Value::Boolean(false), None),
            ("s", Value::Text("naïve 東京 🦀"), None),
            ("e", Value::Text(""), None),
            ("b", Value::Binary(&[0, 255]), None),
            ("v", Value::Integer(7), Some(1_700_000_000_123)),
        ] {
            row.put(&Name::new(name), value, version);
        }
    });
    let key = [("k", Value::Text("a")), ("n", Value::Integer(-1)), ("x", Value::Binary(&[]))];
    row(&mut rows, (RowOperation::Update, Existence::Exists), &key, |row| {
        row.put(&Name::new("a"), Value::Integer(1), None);
        row.delete_column(&Name::new("gone"));
    });
    let key = [("k", Value::Text("b")), ("n", Value::AutoIncrement)];
    row(&mut rows, (RowOperation::Put, Existence::ExistsNot), &key, |row| {
        assert!(!row.has_data());
    });
    let key = [("k", Value::Text(&long)), ("n", Value::Integer(i64::MAX))];
    row(&mut rows, (RowOperation::Delete, Existence::Ignore), &key, |_| {});
    assert_eq!(request("orders", &rows), vector("batch_write_row"));
}

#[test]
fn a_new_table_is_the_sdks_own() {
    let part = |name: &str, kind, option| KeySchema { name: name.to_owned(), kind, option };
    let request = CreateTableRequest {
        table_meta: TableMeta {
            table_name: "orders".to_owned(),
            primary_key: vec![
                part("k", KEY_STRING, None),
                part("x", KEY_BINARY, None),
                part("n", KEY_INTEGER, Some(AUTO_INCREMENT)),
            ],
            defined_columns: Vec::new(),
        },
        reserved_throughput: ReservedThroughput {
            capacity_unit: CapacityUnit { read: Some(0), write: Some(5) },
        },
        table_options: Some(TableOptions {
            time_to_live: Some(86_400),
            max_versions: Some(2),
            deviation: None,
        }),
    };
    assert_eq!(request.encode_to_vec(), vector("create_table"));
    let request = DescribeTableRequest { table_name: "orders".to_owned() };
    assert_eq!(request.encode_to_vec(), vector("describe_table"));
}

#[test]
fn answers_are_read() {
    let answer = DescribeTableResponse::decode(&*vector("described")).unwrap();
    let key: Vec<_> = answer.table_meta.primary_key.iter().map(|it| (&*it.name, it.kind)).collect();
    assert_eq!(key, [("k", KEY_STRING), ("n", KEY_INTEGER)]);
    assert_eq!(answer.table_meta.primary_key[1].option, Some(AUTO_INCREMENT));
    assert_eq!(answer.table_meta.defined_columns[0].kind, 7);
    assert_eq!(answer.table_options.deviation, Some(100));
    let answer = BatchWriteRowResponse::decode(&*vector("written")).unwrap();
    let rows: Vec<_> =
        answer.tables[0].rows.iter().map(|it| (it.is_ok, it.error.clone())).collect();
    let failed = Error {
        code: "OTSConditionCheckFail".to_owned(),
        message: Some("Condition check failed.".to_owned()),
    };
    assert_eq!(rows, [(true, None), (false, Some(failed))]);
    assert_eq!(Error::decode(&*vector("error")).unwrap().code, "OTSObjectNotExist");
}

#[test]
fn lengths_on_both_sides_of_a_byte_of_varint() {
    for length in [0, 1, 100, 127, 128, 16_383, 16_384, 2_097_152] {
        let change = vec![0; length];
        let mut rows = Vec::new();
        push_row(&mut rows, RowOperation::Put, Existence::Ignore, &change);
        let table = "t".repeat(255);
        let body = request(&table, &rows);
        assert!(body.len() <= overhead(&table) + rows.len() && body.len() < MOST_BYTES);
        // The outer lengths hold exactly what follows.
        let mut rest = &body[1..];
        let length = prost::encoding::decode_varint(&mut rest).unwrap();
        assert_eq!(length as usize, rest.len());
        assert!(rest.ends_with(&rows));
    }
}

/// The check value of CRC-8 with this polynomial, for the digits 1 to 9.
#[test]
fn the_checksum_is_crc_8() {
    assert_eq!(crc8(0, b"123456789"), 0xf4);
}
