//! Unions of several types and oneofs: the value itself, or an object as Confluent's converters have
//! it (`flatten.unions=false`); and schemas that are a union of records.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::Answer;
use sluice_bridge::format::registry::{KnownSchemas, Reference, SchemaKind, SchemaText};

use crate::avro::{long, sized};
use crate::{Options, framed, known, outcome, record, schema};

const ID: SchemaId = SchemaId::Number(1);
const OBJECTS: (&str, &str) = ("flatten.unions", "false");

fn avro(text: &str) -> KnownSchemas {
    known(&[(ID, schema(SchemaKind::Avro, text))])
}

#[track_caller]
fn check(options: Options<'_>, columns: &str, known: &KnownSchemas, payload: &[u8], row: &str) {
    let told = outcome(options, columns, known, record().value(framed(payload)));
    assert_eq!(told, Ok(row.to_owned()));
}

#[test]
fn a_union_is_an_object_if_that_is_asked_for() {
    let known = avro(
        r#"{"type":"record","name":"lab.R","fields":[
        {"name":"a","type":["null","string"]},
        {"name":"c","type":["null","int","string",{"type":"bytes","logicalType":"decimal","precision":5,"scale":1}]},
        {"name":"d","type":[{"type":"record","name":"x.U","fields":[{"name":"n","type":"int"}]},
            {"type":"record","name":"y.U","fields":[]},{"type":"enum","name":"z.E","symbols":["A"]}]}]}"#,
    );
    let row = |c: Vec<u8>, d: Vec<u8>| [long(1), sized("v"), c, d].concat();
    let (number, record) = ([long(1), long(7)].concat(), [long(0), long(5)].concat());
    let first = row(number, record);
    // As Confluent's converter names them; where it refuses two names, the namespaces are there.
    let objects =
        r#"a="v" c={"int":7,"string":null,"bytes":null} d={"x.U":{"n":5},"y.U":null,"E":null}"#;
    check(&[OBJECTS], "a c d", &known, &first, objects);
    check(&[], "a c d", &known, &first, r#"a="v" c=7 d={"n":5}"#);
    let second = row([long(3), sized([25])].concat(), [long(2), long(0)].concat());
    let objects =
        r#"a="v" c={"int":null,"string":null,"bytes":2.5} d={"x.U":null,"y.U":null,"E":"A"}"#;
    check(&[OBJECTS], "a c d", &known, &second, objects);
    let nothing = row(long(0), long(1));
    check(
        &[OBJECTS],
        "a c d",
        &known,
        &nothing,
        r#"a="v" c=null d={"x.U":null,"y.U":{},"E":null}"#,
    );
    // The parts have their declared types, and columns of their own.
    let flat = [OBJECTS, ("flatten.delimiter", "_"), ("fields.exclude.list", "d")];
    check(
        &flat,
        "a c_int c_string c_bytes",
        &known,
        &first,
        r#"a="v" c_int=7 c_string=null c_bytes=null"#,
    );
    let mapped = [OBJECTS, ("fields.mapping", "$.c.bytes:amount"), ("fields.unknown", "ignore")];
    check(&mapped, "a amount:numbers", &known, &second, r#"a="v" amount=2.5"#);
    // A payload that is not valid says where.
    let cut = row([long(2), long(9)].concat(), Vec::new());
    let told = outcome(&[OBJECTS], "a c d", &known, record_of(&cut)).unwrap_err();
    assert!(told.contains("the field `c.string` of the value is not Avro"), "{told}");
}

fn record_of(payload: &[u8]) -> sluice_testkit::RecordBuilder {
    record().value(framed(payload))
}

#[test]
fn the_json_encoding_becomes_the_same_object() {
    let text =
        r#"{"type":"record","name":"R","fields":[{"name":"c","type":["null","int","string"]}]}"#;
    let known = known(&[(SchemaId::Global(7), schema(SchemaKind::Avro, text))]);
    let row = |value: &str| {
        let record = record()
            .value(value)
            .header("apicurio.value.globalId", Some(&[0, 0, 0, 0, 0, 0, 0, 7]))
            .header("apicurio.value.encoding", Some(b"JSON"));
        outcome(&[OBJECTS], "c", &known, record)
    };
    assert_eq!(row(r#"{"c":{"int":7}}"#).unwrap(), r#"c={"int":7,"string":null}"#);
    assert_eq!(row(r#"{"c":null}"#).unwrap(), "c=null");
    assert!(row(r#"{"c":{"long":7}}"#).unwrap_err().contains("names no branch of its own"));
}

#[test]
fn a_oneof_is_an_object_if_that_is_asked_for() {
    let text = r#"syntax = "proto3"; message M { int32 i = 1; oneof choice { string text = 2; int64 number = 3;
        N n = 4; bytes raw = 5; } optional int32 o = 6; oneof other { bool yes = 7; } repeated M kids = 8; }
        message N { oneof inner { int32 a = 1; int32 b = 2; } }"#;
    let known = known(&[(ID, schema(SchemaKind::Protobuf, text))]);
    let columns = "i choice_0 o other_1 kids";
    let proto = |payload: &[u8]| [&[0], payload].concat();
    let check = |payload: &[u8], row: &str| {
        check(&[OBJECTS], columns, &known, &proto(payload), row);
    };
    check(&[], "i=0 choice_0=null other_1=null kids=[]");
    let number = r#"{"text":null,"number":0,"n":null,"raw":null}"#;
    check(&[0x18, 0], &format!("i=0 choice_0={number} other_1=null kids=[]"));
    // The last member counts.
    check(&[0x12, 1, b'x', 0x18, 0], &format!("i=0 choice_0={number} other_1=null kids=[]"));
    let nested = r#"{"text":null,"number":null,"n":{"inner_0":{"a":null,"b":5}},"raw":null}"#;
    check(
        &[0x22, 2, 0x10, 5, 0x30, 1, 0x38, 1],
        &format!(r#"i=0 choice_0={nested} o=1 other_1={{"yes":true}} kids=[]"#),
    );
    let kid = r#"[{"i":0,"kids":[],"choice_0":{"text":null,"number":null,"n":null,"raw":"/w=="},"other_1":null}]"#;
    check(&[0x42, 3, 0x2a, 1, 0xff], &format!("i=0 choice_0=null other_1=null kids={kid}"));
    let flat = [OBJECTS, ("flatten.delimiter", "_"), ("fields.unknown", "ignore")];
    let columns = "choice_0_number choice_0_raw:bytes other_1_yes";
    let told = outcome(&flat, columns, &known, record_of(&proto(&[0x2a, 1, 0xff, 0x38, 0])));
    assert_eq!(told.unwrap(), r#"choice_0_number=null choice_0_raw="/w==" other_1_yes=false"#);
}

/// Several types of records in one topic: the schema of the subject is a union of references.
#[test]
fn a_union_of_records_is_a_row_of_the_one_that_is_there() {
    let type_of = |name: &str, fields: &str| Reference {
        name: name.to_owned(),
        text: format!(r#"{{"type":"record","name":"{name}","fields":[{fields}]}}"#),
    };
    let references = vec![
        type_of("shop.Paid", r#"{"name":"id","type":"long"},{"name":"b","type":"bytes"}"#),
        type_of(
            "shop.Sent",
            r#"{"name":"id","type":"long"},{"name":"at","type":["null",{"type":"long","logicalType":"timestamp-millis"}]}"#,
        ),
    ];
    let text = r#"["null","shop.Paid","shop.Sent"]"#.to_owned();
    let known = KnownSchemas::default();
    let schema = SchemaText { kind: SchemaKind::Avro, text, references };
    known.learn(ID, &Answer::Schema(schema)).unwrap();
    let columns = "id b:text at:moments";
    let paid = [long(1), long(5), sized("ü")].concat();
    // Its bytes are declared, so a column of text has their text.
    check(&[], columns, &known, &paid, r#"id=5 b="ü""#);
    let sent = [long(2), long(6), long(1), long(1)].concat();
    check(&[], columns, &known, &sent, r#"id=6 at="1970-01-01T00:00:00.001Z""#);
    check(&[], columns, &known, &long(0), "filtered");
    let told = outcome(&[], columns, &known, record_of(&long(3))).unwrap_err();
    assert!(told.contains("a union has an index without a branch (at byte 1"), "{told}");
    let told = outcome(&[], columns, &known, record_of(&[long(1), long(5)].concat())).unwrap_err();
    assert!(told.contains("the field `b` of the value is not Avro as schema 1 says"), "{told}");
    let told = outcome(&[], columns, &known, record_of(&[paid, vec![0]].concat())).unwrap_err();
    assert!(told.contains("bytes follow the value"), "{told}");
}
