//! Keys and values of records, in every format.

use fastrand::Rng;

use super::{envelope, object, one, value};
use crate::mapping::{CHOOSERS, COLUMNS};

/// Options for the mapping, a key and a value, as [`crate::mapping::holds`] takes them.
#[must_use]
pub fn mapping(rng: &mut Rng) -> Vec<u8> {
    const NAMES: [&str; 16] = [
        "id", "n", "a", "b", "x", "y", "c", "doc", "b_x", "value", "ID", "Id", "i\\u0064",
        "payload", "schema", "zzz",
    ];
    const ENVELOPES: [&str; 5] = [
        r#"{"schema":{"type":"struct","fields":[{"field":"id","type":"int32"},{"field":"n","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}]},"payload":{"id":1,"n":"AQ=="}}"#,
        r#"{"before":null,"after":{"id":1,"n":2},"source":{"db":"d"},"op":"c","ts_ms":1}"#,
        r#"{"before":{"id":1},"after":null,"op":"d"}"#,
        r#"{"id":1,"__op":"u","__deleted":"false","doc":"__debezium_unavailable_value"}"#,
        r#"{"schema":{"type":"struct","fields":[{"field":"a","type":"int64","name":"org.apache.kafka.connect.data.Timestamp","optional":true,"default":0}]},"payload":{"a":null}}"#,
    ];
    let plain = rng.u8(..3) == 0;
    let mut data: Vec<u8> = (0..CHOOSERS).map(|_| if plain { 0 } else { rng.u8(..60) }).collect();
    if rng.bool() {
        data.extend(one(rng, &["1", "{\"id\":7}", "\"k\"", "null", "", "\u{f6}", "[1]"]).bytes());
        data.push(0);
    }
    let columns = rng.bool();
    let mut text = String::new();
    match rng.u8(..9) {
        8 => text = String::from_utf8(envelope(rng)).unwrap_or_default(),
        0 => value(rng, &mut text, 3, &NAMES),
        1 | 2 => text.push_str(one(rng, &ENVELOPES)),
        _ if columns => object(rng, &mut text, 3, &COLUMNS),
        _ => object(rng, &mut text, 3, &NAMES),
    }
    data.extend(text.bytes());
    data
}

/// A key and a value as [`crate::formats::auto::holds`] takes them.
#[must_use]
pub fn auto(rng: &mut Rng) -> Vec<u8> {
    const KEYS: [&str; 10] = [
        "1",
        "{\"id\":7}",
        "\"k\"",
        " {\"id\":\"x\"}",
        "{\"id\":",
        "null",
        "",
        "[1]",
        r#"{"schema":{"type":"int32"},"payload":7}"#,
        r#"{"schema":{"type":"struct","fields":[{"field":"id","type":"int8"}]},"payload":{"id":300}}"#,
    ];
    let mut data = Vec::new();
    if rng.bool() {
        data.extend(one(rng, &KEYS).bytes());
        data.push(0);
    }
    let plain = |rng: &mut Rng| {
        let mut text = String::new();
        object(rng, &mut text, 2, &COLUMNS);
        text
    };
    let image = match rng.u8(..6) {
        0 => plain(rng),
        1 => {
            format!("{{\"id\":1,\"__deleted\":{}}}", one(rng, &["true", "\"false\"", "1", "null"]))
        }
        _ => {
            let [before, after] =
                [(); 2].map(|()| if rng.bool() { plain(rng) } else { "null".to_owned() });
            let op = one(rng, &["\"c\"", "\"d\"", "\"t\"", "\"x\"", "\"cc\"", "1", "\"u\""]);
            let source = one(rng, &["{}", "{}", "null", "[]"]);
            format!("{{\"before\":{before},\"after\":{after},\"source\":{source},\"op\":{op}}}")
        }
    };
    let schema =
        one(rng, &["{\"type\":\"struct\",\"fields\":[]}", "{\"type\":\"odd\"}", "null", "{}"]);
    let text = match rng.u8(..6) {
        0 => format!("{{\"schema\":{schema},\"payload\":{image}}}"),
        1 => format!("{{\"payload\":{image},\"schema\":{schema},\"more\":1}}"),
        2 => String::from_utf8(envelope(rng)).unwrap_or_default(),
        _ => image,
    };
    data.extend(text.bytes());
    data
}
