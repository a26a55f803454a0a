//! Avro: values and their declared types in columns, and payloads that are not what they should be.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, Reference, SchemaKind, SchemaText};

use crate::{Options, framed, known, outcome, record, schema};

const ID: SchemaId = SchemaId::Number(1);

/// Avro's `long`, which is also that of an `int`, a length and an index.
pub(crate) fn long(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// Text or bytes.
pub(crate) fn sized(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [long(bytes.as_ref().len() as i64).as_slice(), bytes.as_ref()].concat()
}

fn avro(text: &str) -> KnownSchemas {
    known(&[(ID, schema(SchemaKind::Avro, text))])
}

/// A record of these fields, as JSON.
fn record_of(fields: &str) -> KnownSchemas {
    avro(&format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#))
}

fn decode(
    options: Options<'_>,
    columns: &str,
    known: &KnownSchemas,
    payload: &[&[u8]],
) -> Result<String, String> {
    let options = [&[("value.format", "avro")], options].concat();
    outcome(&options, columns, known, record().value(framed(&payload.concat())))
}

/// One field `f` of a type, and what a column of some kind gets.
#[track_caller]
fn check(ty: &str, payload: &[u8], column: &str, expected: &str) {
    let known = record_of(&format!(r#"{{"name":"f","type":{ty}}}"#));
    let row = decode(&[], &format!("f:{column}"), &known, &[payload]);
    assert_eq!(row, Ok(format!("f={expected}")), "{ty}");
}

/// The same for a payload that is refused.
#[track_caller]
fn check_refused(ty: &str, payload: &[u8], why: &str) {
    let known = record_of(&format!(r#"{{"name":"f","type":{ty}}}"#));
    let told = decode(&[], "f", &known, &[payload]).unwrap_err();
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_declared_value_meets_its_column() {
    check(r#""bytes""#, &sized([0, 255]), "bytes", r#""AP8=""#);
    check(r#""bytes""#, &sized("ü"), "text", r#""ü""#);
    check(r#""string""#, &sized("ü\"\n"), "text", r#""ü\"\n""#);
    check(r#""float""#, &0.1_f32.to_le_bytes(), "numbers", "0.1");
    check(r#""double""#, &1e300_f64.to_le_bytes(), "numbers", "1e300");
    check(r#""double""#, &f64::NAN.to_le_bytes(), "numbers", r#""NaN""#);
    check(r#"{"type":"fixed","name":"F","size":2}"#, &[1, 2], "bytes", r#""AQI=""#);
    check(r#"{"type":"enum","name":"E","symbols":["A","B"]}"#, &long(1), "text", r#""B""#);
    check(r#"["null","long"]"#, &[0], "numbers", "null");
    check(r#"["null","long"]"#, &[long(1), long(i64::MIN)].concat(), "", "-9223372036854775808");
}

#[test]
fn logical_types_keep_every_digit() {
    let logical = |ty: &str, name: &str| format!(r#"{{"type":"{ty}","logicalType":"{name}"}}"#);
    check(&logical("int", "date"), &long(-719_162), "moments", r#""0001-01-01""#);
    check(&logical("int", "time-millis"), &long(1), "moments", r#""00:00:00.001""#);
    check(&logical("long", "time-micros"), &long(1), "moments", r#""00:00:00.000001""#);
    let moment = |name: &str, count, text: &str| {
        check(&logical("long", name), &long(count), "moments", &format!("\"{text}\""));
    };
    moment("timestamp-millis", -1, "1969-12-31T23:59:59.999Z");
    moment("timestamp-micros", 1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z");
    moment("timestamp-nanos", 1, "1970-01-01T00:00:00.000000001Z");
    moment("local-timestamp-millis", 1, "1970-01-01T00:00:00.001");
    moment("local-timestamp-micros", 1, "1970-01-01T00:00:00.000001");
    moment("local-timestamp-nanos", 1_000, "1970-01-01T00:00:00.000001");
    let fixed = |name: &str, size| {
        format!(r#"{{"type":"fixed","name":"F","size":{size},"logicalType":"{name}"}}"#)
    };
    let months = [1_u32, 2, 3_500].map(u32::to_le_bytes).concat();
    check(&fixed("duration", 12), &months, "text", r#""P1M2DT3.5S""#);
    let uuid = r#""00112233-4455-6677-8899-aabbccddeeff""#;
    let bytes: Vec<u8> = (0..16).map(|nth| nth * 0x11).collect();
    check(&fixed("uuid", 16), &bytes, "text", uuid);
    let text = sized(uuid.trim_matches('"'));
    check(&logical("string", "uuid"), &text, "text", uuid);
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":50,"scale":3}"#;
    check(decimal, &sized([0x80]), "numbers", "-0.128");
    check(decimal, &sized([0x7f; 16]), "numbers", "169473963133173273960190490760135540.607");
    // One that does not fit its type is not there.
    check(&fixed("duration", 11), &[0; 11], "bytes", r#""AAAAAAAAAAAAAAA=""#);
    check(&logical("string", "date"), &sized("x"), "text", r#""x""#);
    check(
        r#"{"type":"bytes","logicalType":"decimal","scale":-1}"#,
        &sized([1]),
        "bytes",
        r#""AQ==""#,
    );
}

#[test]
fn what_connect_and_debezium_say_beside_a_type_counts() {
    let named = |ty: &str, name: &str, more: &str| {
        format!(r#"{{"type":"{ty}","connect.name":"{name}"{more}}}"#)
    };
    let micros = named("long", "io.debezium.time.MicroTimestamp", "");
    check(&micros, &long(1), "moments", r#""1970-01-01T00:00:00.000001Z""#);
    check(&micros, &long(9_223_372_036_825_200_000), "moments", r#""infinity""#);
    check(&named("int", "io.debezium.time.Date", ""), &long(1), "moments", r#""1970-01-02""#);
    check(
        &named("long", "io.debezium.time.MicroDuration", ""),
        &long(1_500_000),
        "text",
        r#""PT1.5S""#,
    );
    let json = named("string", "io.debezium.data.Json", "");
    check(&json, &sized(r#"{"a":1.0}"#), "documents", r#"{"a":1.0}"#);
    let parameters = r#","connect.parameters":{"length":"3"}"#;
    check(&named("bytes", "io.debezium.data.Bits", parameters), &sized([5]), "text", r#""101""#);
    let parameters = r#","connect.parameters":{"scale":"2"}"#;
    let decimal = named("bytes", "org.apache.kafka.connect.data.Decimal", parameters);
    check(&decimal, &sized([1]), "numbers", "0.01");
    let scaled = r#"{"type":"record","name":"V","connect.name":"io.debezium.data.VariableScaleDecimal",
        "fields":[{"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}"#;
    check(scaled, &[long(1), sized([15])].concat(), "numbers", "1.5");
    let point = r#"{"type":"record","name":"P","connect.name":"io.debezium.data.geometry.Point",
        "fields":[{"name":"wkb","type":"bytes"},{"name":"srid","type":["null","int"]}]}"#;
    let wkb = [1, 1, 0, 0, 0];
    check(point, &[sized(wkb), long(1), long(1)].concat(), "text", r#""010100002001000000""#);
    check(r#"{"type":"int","connect.type":"int8"}"#, &long(-128), "numbers", "-128");
}

#[test]
fn a_union_of_several_types_is_the_value_itself() {
    let union = r#"["null","int","string",{"type":"array","items":"long"},
        {"type":"record","name":"A","fields":[{"name":"x","type":"bytes"}]}]"#;
    check(union, &[0], "", "null");
    check(union, &[long(1), long(7)].concat(), "", "7");
    check(union, &[long(2), sized("s")].concat(), "", r#""s""#);
    check(union, &[long(3), long(2), long(1), long(2), long(0)].concat(), "", "[1,2]");
    check(union, &[long(4), sized([1])].concat(), "documents", r#"{"x":"AQ=="}"#);
}

#[test]
fn parts_of_a_value_are_found_by_mapping_and_flattening() {
    let fields = r#"{"name":"id","type":"long"},{"name":"c","type":{"type":"record","name":"C","fields":[
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"b","type":"bytes"}]}}"#;
    let (known, payload) = (record_of(fields), [&long(5)[..], &long(1), &sized([1])]);
    let row = r#"id=5 c_at="1970-01-01T00:00:00.001Z" c_b="AQ==""#;
    let flat = [("flatten.delimiter", "_")];
    assert_eq!(decode(&flat, "id c_at:moments c_b:bytes", &known, &payload).unwrap(), row);
    let mapped = [("fields.mapping", "$.c.at:t,$.c.b:b")];
    let row = r#"id=5 t="1970-01-01T00:00:00.001Z" b="AQ==""#;
    assert_eq!(decode(&mapped, "id t:moments b:bytes", &known, &payload).unwrap(), row);
    let whole = r#"id=5 c={"at":"1970-01-01T00:00:00.001Z","b":"AQ=="}"#;
    assert_eq!(decode(&[], "id c:documents", &known, &payload).unwrap(), whole);
}

#[test]
fn named_types_are_found_by_their_names() {
    let fields = r#"{"name":"a","type":{"type":"enum","name":"x.E","symbols":["A"]}},
        {"name":"b","type":"x.E"},{"name":"c","type":{"type":"record","name":"y.I","fields":[
        {"name":"d","type":{"type":"fixed","name":"F","size":1}},{"name":"e","type":"F"},
        {"name":"f","type":"y.F"}]}},{"name":"g","type":["null","R"]}"#;
    let (known, zero) = (record_of(fields), long(0));
    let payload: [&[u8]; 6] = [&zero, &zero, &[1], &[2], &[3], &zero];
    let row = r#"a="A" b="A" c={"d":"AQ==","e":"Ag==","f":"Aw=="} g=null"#;
    assert_eq!(decode(&[], "a b c g", &known, &payload).unwrap(), row);
    let text =
        r#"{"type":"record","name":"lab.Order","fields":[{"name":"c","type":"lab.Customer"}]}"#;
    let customer =
        r#"{"type":"record","name":"lab.Customer","fields":[{"name":"id","type":"Id"}]}"#;
    let id = r#"{"type":"fixed","name":"lab.Id","size":1}"#;
    let reference = |name: &str, text: &str| Reference { name: name.into(), text: text.into() };
    let references = vec![reference("lab.Id", id), reference("lab.Customer", customer)];
    let order = SchemaText { references, ..schema(SchemaKind::Avro, text) };
    assert_eq!(
        decode(&[], "c", &crate::known(&[(ID, order)]), &[&[7]]).unwrap(),
        r#"c={"id":"Bw=="}"#
    );
}

#[test]
fn a_payload_that_is_cut_off_or_too_long_says_where() {
    let fields = r#"{"name":"a","type":{"type":"array","items":{"type":"record","name":"I",
        "fields":[{"name":"t","type":"string"}]}}}"#;
    let known = record_of(fields);
    let payload = [&long(2)[..], &sized("ok"), &long(5)];
    let why = "Value: the field `a[1].t` of the value is not Avro as schema 1 says: a value goes on after the last byte (at byte 5 of its payload)";
    assert_eq!(decode(&[], "a", &known, &payload).unwrap_err(), why);
    let payload = [&long(0)[..], &[0]];
    let why = "Value: the value is not Avro as schema 1 says: bytes follow the value (at byte 1 of its payload)";
    assert_eq!(decode(&[], "a", &known, &payload).unwrap_err(), why);
    check_refused(r#""string""#, &sized([0xff]), "a string is not UTF-8 (at byte 2");
    check_refused(r#""string""#, &long(-1), "a length is negative");
    check_refused(r#""bytes""#, &long(i64::MAX), "goes on after the last byte");
    check_refused(r#""boolean""#, &[2], "neither 0 nor 1");
    check_refused(r#""int""#, &long(1 << 31), "more than 32 bits");
    check_refused(r#""long""#, &[0xff; 10], "more than 64 bits");
    check_refused(r#"["null"]"#, &long(1), "an index without a branch");
    check_refused(r#"["null"]"#, &long(-1), "an index without a branch");
    let symbols = r#"{"type":"enum","name":"E","symbols":["A"]}"#;
    check_refused(symbols, &long(1), "an index without a symbol");
    check_refused(r#"{"type":"fixed","name":"F","size":9999999999}"#, &[0], "after the last byte");
    let json = r#"{"type":"string","connect.name":"io.debezium.data.Json"}"#;
    check_refused(json, &sized("{"), "the text is not JSON");
}

/// A few bytes may stand for much: neither memory nor time is given to them.
#[test]
fn counts_are_not_trusted() {
    let most = long(i64::MAX);
    let nulls = r#"{"type":"array","items":"null"}"#;
    check_refused(nulls, &most, "more than 16 MiB");
    check_refused(nulls, &[long(i64::MIN), long(9)].concat(), "more than 16 MiB");
    check_refused(r#"{"type":"array","items":"long"}"#, &most, "after the last byte");
    check_refused(r#"{"type":"map","values":"long"}"#, &most, "after the last byte");
    check_refused(nulls, &[long(-1), long(-1)].concat(), "the size of a block is negative");
    let doubled = (0..40).fold(r#""null""#.to_owned(), |inner, nth| {
        let name = format!(r#""type":"record","name":"D{nth}""#);
        let second = match nth {
            0 => r#""null""#.to_owned(),
            nth => format!(r#""D{}""#, nth - 1),
        };
        format!(
            r#"{{{name},"fields":[{{"name":"a","type":{inner}}},{{"name":"b","type":{second}}}]}}"#
        )
    });
    check_refused(&doubled, &[], "more than 16 MiB");
    let deep = record_of(r#"{"name":"f","type":["null","R"]}"#);
    let row = |depth: usize| decode(&[], "f", &deep, &[&vec![2; depth], &[0]]);
    assert!(row(63).is_ok());
    assert!(row(64).unwrap_err().contains("nested more than 64 levels deep"));
}

#[test]
fn a_schema_that_is_not_valid_is_named() {
    let learn = |text: &str| {
        let answer = Answer::Schema(schema(SchemaKind::Avro, text));
        KnownSchemas::default().learn(ID, &answer).unwrap_err().to_string()
    };
    for (text, why) in [
        ("", "the schema is not JSON"),
        ("{}", "a type has no `type`"),
        (r#"{"type":"record","name":"R"}"#, "the record `R` has no fields"),
        (r#""lab.R""#, "the type `lab.R` is not defined"),
        (r#"[["null"]]"#, "a union contains a union"),
        (r#"{"type":"fixed","name":"F"}"#, "the fixed `F` has no valid size"),
        (r#"{"type":"array"}"#, "an array has no `items`"),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
            "two fields with the same name",
        ),
        (
            r#"{"type":"bytes","connect.name":"org.apache.kafka.connect.data.Decimal"}"#,
            "has no parameter `scale`",
        ),
    ] {
        let told = learn(text);
        assert!(told.starts_with("schema 1 of the registry cannot be used as Avro:"), "{told}");
        assert!(told.contains(why), "{told}");
    }
}
