//! The laws over a fixed number of inputs, always the same ones. A fuzzer looks further: see
//! CONTRIBUTING.md.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;
use sluice_laws::events::{function_compute, lambda, letter};
use sluice_laws::formats::{auto, avro, declared, framed, json, protobuf};
use sluice_laws::options::fields_mapping;
use sluice_laws::{certificate, inputs, mapping, options};

/// Inputs of each law; all of them take some seconds in a debug build.
const INPUTS: u64 = 4_000;

fn check(law: fn(&[u8]), seed: &str, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| law(input))).is_err() {
        panic!("{seed}: {:?}\n{input:?}", String::from_utf8_lossy(input));
    }
}

/// Holds the law to inputs of this kind, as they are and damaged.
fn hold(law: fn(&[u8]), make: fn(&mut Rng) -> Vec<u8>) {
    for seed in 0..INPUTS {
        let mut rng = Rng::with_seed(seed);
        let (made, other) = (make(&mut rng), make(&mut rng));
        check(law, &format!("seed {seed}, as made"), &made);
        let damaged = inputs::damage(&mut rng, made, &other);
        check(law, &format!("seed {seed}, damaged"), &damaged);
    }
}

#[test]
fn any_json() {
    hold(json::holds, inputs::json);
}

#[test]
fn any_certificate() {
    hold(certificate::holds, |_| certificate::seed());
}

#[test]
fn any_event() {
    hold(lambda::holds, inputs::event);
}

#[test]
fn any_event_of_function_compute() {
    hold(function_compute::holds, inputs::function_compute);
}

#[test]
fn any_base64() {
    let bytes = |rng: &mut Rng| (0..rng.usize(..30)).map(|_| rng.u8(..)).collect();
    let text =
        |rng: &mut Rng| (0..rng.usize(..12)).map(|_| b"AQz+/=4-_\n "[rng.usize(..11)]).collect();
    hold(lambda::base64_holds, bytes);
    hold(lambda::base64_holds, text);
}

#[test]
fn any_letter() {
    hold(letter::holds, inputs::event);
}

#[test]
fn any_mapping() {
    hold(mapping::holds, inputs::mapping);
}

#[test]
fn any_envelope() {
    hold(declared::holds, inputs::envelope);
}

#[test]
fn any_avro() {
    hold(avro::holds, inputs::avro);
}

#[test]
fn any_frame() {
    hold(framed::holds, inputs::frame);
}

#[test]
fn any_protobuf() {
    hold(protobuf::holds, inputs::protobuf);
}

#[test]
fn any_decimal() {
    hold(declared::decimal_holds, inputs::decimal);
}

#[test]
fn any_format_by_itself() {
    hold(auto::holds, inputs::auto);
}

#[test]
fn any_source() {
    hold(fields_mapping::holds, inputs::sources);
}

#[test]
fn any_option() {
    hold(options::holds, inputs::options);
}

#[test]
fn any_address() {
    hold(options::url_holds, inputs::url);
}

/// Real events, damaged.
#[test]
fn the_events_of_the_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let entries = std::fs::read_dir(folder).expect("tests/events");
    let mut events: Vec<Vec<u8>> = entries
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("read"))
        .collect();
    events.sort();
    assert!(events.len() > 5);
    for seed in 0..INPUTS / 4 {
        let mut rng = Rng::with_seed(seed);
        let [one, other] = [(); 2].map(|()| &events[rng.usize(..events.len())]);
        let damaged = inputs::damage(&mut rng, one.clone(), other);
        for law in [lambda::holds, function_compute::holds, letter::holds, json::holds] {
            check(law, &format!("seed {seed}"), &damaged);
        }
    }
}

/// What is made is mostly accepted, or the laws would be about refusals only.
#[test]
fn inputs_are_mostly_right() {
    let accepted = |make: fn(&mut Rng) -> Vec<u8>, right: fn(&[u8]) -> bool| {
        (0..500).filter(|seed| right(&make(&mut Rng::with_seed(*seed)))).count()
    };
    let is_json = |data: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
    let is_event = |data: &[u8]| {
        let arena = bumpalo::Bump::new();
        sluice_bridge::event::Event::decode(data, &arena)
            .is_ok_and(|event| !event.records.is_empty())
    };
    let events = accepted(inputs::function_compute, function_compute::is_event);
    assert!(events > 150, "{events}");
    let rows = accepted(inputs::envelope, declared::is_row);
    assert!(rows > 150, "{rows}");
    assert_eq!(accepted(inputs::avro, avro::is_row), 500);
    assert_eq!(accepted(inputs::protobuf, protobuf::is_row), 500);
    assert!(accepted(inputs::json, is_json) > 400);
    assert!(accepted(inputs::event, is_event) > 150);
}
