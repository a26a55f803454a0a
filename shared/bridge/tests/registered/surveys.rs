//! What records are declared as, and what those look like that no schema of a registry declares.

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::format::survey::{Kind, Survey, Surveyor};
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

use crate::avro::long;
use crate::{Options, REGISTRY, framed, known, record, schema};

/// A line for each kind, for the nulls and for each reason.
fn lines(survey: &Survey) -> Vec<String> {
    let kind = |kind: &Kind| {
        let schema = kind.schema.as_ref().map_or(String::new(), |it| {
            format!(" {} {} {}", it.id, it.framing.word(), it.type_name.as_deref().unwrap_or("-"))
        });
        let fields = kind
            .fields
            .iter()
            .map(|field| format!(" {}={:?}/{}", field.name, field.types, field.nulls));
        format!("{} {}{schema}{}", kind.records, kind.format, fields.collect::<String>())
    };
    let mut lines: Vec<String> = survey.kinds.iter().map(kind).collect();
    lines.extend((survey.nulls > 0).then(|| format!("{} null", survey.nulls)));
    lines.extend(survey.refused.iter().map(|(why, count)| format!("{count} refused: {why}")));
    lines
}

/// What the keys and the values of records are.
fn surveys(
    options: Options<'_>,
    records: impl IntoIterator<Item = RecordBuilder>,
) -> [Vec<String>; 2] {
    let avro = r#"{"type":"record","name":"a.R","fields":[{"name":"id","type":"long"}]}"#;
    let proto =
        "syntax = \"proto3\"; package p; message One { int32 a = 1; } message Two { int32 b = 1; }";
    let known = known(&[
        (SchemaId::Number(1), schema(SchemaKind::Avro, avro)),
        (SchemaId::Number(2), schema(SchemaKind::Protobuf, proto)),
    ]);
    let body = records.into_iter().fold(EventBuilder::msk(), EventBuilder::record).build();
    let (arena, rules) = (Bump::new(), invocation::rules(options));
    let event = Event::decode(&body, &arena).unwrap();
    let mut surveyor = Surveyor::new(rules.formats, &known);
    let (mut keys, mut values) = (Survey::default(), Survey::default());
    for record in &event.records {
        surveyor.key(record, &mut keys);
        surveyor.value(record, &mut values);
    }
    [lines(&keys), lines(&values)]
}

#[test]
fn each_schema_is_told_with_the_type_that_the_frame_names() {
    let values = [
        framed(&long(1)),
        vec![0, 0, 0, 0, 2, 0, 8, 1],
        vec![0, 0, 0, 0, 2, 2, 2, 8, 1],
        framed(&long(2)),
        vec![0, 0, 0, 0, 7, 2],
    ];
    let records = values.map(|value| record().key(framed(&long(9))).value(value));
    let [keys, values] = surveys(&[REGISTRY], records);
    assert_eq!(keys, ["5 avro schema 1 confluent a.R"]);
    let unknown = "the value was written with schema 7, which the schema registry does not have";
    assert_eq!(
        values,
        [
            "2 avro schema 1 confluent a.R".to_owned(),
            "1 protobuf schema 2 confluent p.One".to_owned(),
            "1 protobuf schema 2 confluent p.Two".to_owned(),
            format!("1 refused: {unknown}"),
        ]
    );
}

#[test]
fn json_shows_what_its_fields_hold() {
    let envelope = r#"{"schema":{"type":"struct","fields":[{"field":"id","type":"int32"}]},"payload":{"id":1}}"#;
    let change = r#"{"op":"c","source":{},"before":null,"after":{"id":1}}"#;
    let values =
        [r#"{"id":1,"a":"x","b":null}"#, r#"{"id":1.5,"a":[]}"#, "7", envelope, change, "{"];
    let records = values.map(|value| record().key("k").value(value)).into_iter();
    let [keys, values] = surveys(&[], records.chain([record().key(r#"{"id":1}"#)]));
    assert_eq!(keys, ["6 string", r#"1 json id=[("number", 1)]/0"#]);
    assert_eq!(
        values[..4],
        [
            r#"3 json id=[("number", 2)]/0 a=[("string", 1), ("array", 1)]/0 b=[]/1 =[("number", 1)]/0"#,
            r#"1 json-envelope id=[("number", 1)]/0"#,
            r#"1 debezium id=[("number", 1)]/0"#,
            "1 null",
        ]
    );
    assert!(values[4].starts_with("1 refused: the value is not JSON"), "{values:?}");
    let [_, values] = surveys(&[("value.format", "string")], [record().value("{")]);
    assert_eq!(values, ["1 string"]);
}

#[test]
fn without_a_registry_a_frame_is_refused() {
    let [_, values] = surveys(&[], [record().value(framed(&long(1)))]);
    assert!(values[0].contains("need schema.registry.url"), "{values:?}");
}
