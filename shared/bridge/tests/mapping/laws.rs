//! What holds for any object: each key is bound as if it were the only one, and no record
//! leaves anything behind for the next, in whatever order their keys come.

use bumpalo::Bump;
use proptest::prelude::*;
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::Mapper;
use sluice_bridge::model::cell::Cell;
use sluice_testkit::{EventBuilder, invocation};

const COLUMNS: &str = "a b c a_x a_y b_x b_y d_x d_y_x";

/// A JSON value that remembers how it is written.
#[derive(Debug, Clone)]
enum Json {
    Leaf(&'static str),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    fn text(&self) -> String {
        match self {
            Json::Leaf(text) => (*text).to_owned(),
            Json::Object(members) => {
                let member = |(key, value): &(_, Json)| format!("\"{key}\":{}", value.text());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// The cells an object's members come to, as `column=cell`.
    fn cells(&self, prefix: &str, flatten: bool) -> Vec<String> {
        let Json::Object(members) = self else { return Vec::new() };
        let cells = members.iter().flat_map(|(key, value)| {
            let path = format!("{prefix}{key}");
            match value {
                value if COLUMNS.split(' ').any(|column| column == path) => {
                    vec![format!("{path}={}", value.text().replace('"', "'"))]
                }
                Json::Object(_) if flatten => value.cells(&format!("{path}_"), flatten),
                // A null object is null in all its parts.
                Json::Leaf("null") if flatten => {
                    let inside = |column: &&str| column.starts_with(&format!("{path}_"));
                    let parts = COLUMNS.split(' ').filter(inside);
                    parts.map(|column| format!("{column}=null")).collect()
                }
                _ => Vec::new(),
            }
        });
        cells.collect()
    }
}

/// Some of the keys, each once, in any order.
fn object<V: Strategy<Value = Json> + 'static>(
    keys: &'static [&'static str],
    value: impl Fn() -> V,
) -> impl Strategy<Value = Json> {
    let values = prop::collection::vec(value(), keys.len());
    let keys = prop::sample::subsequence(keys, 0..=keys.len()).prop_shuffle();
    (keys, values).prop_map(|(keys, values)| Json::Object(keys.into_iter().zip(values).collect()))
}

fn leaf() -> impl Strategy<Value = Json> + Clone {
    const LEAVES: &[&str] = &["null", "true", "1.50", r#""s""#, r#"[1,{"x":2}]"#, "{}", r#""""#];
    prop::sample::select(LEAVES).prop_map(Json::Leaf)
}

fn record() -> impl Strategy<Value = Json> {
    let inner = || prop_oneof![leaf(), object(&["x", "y"], leaf)];
    let outer = move || prop_oneof![leaf(), object(&["x", "y", "z"], inner)].boxed();
    object(&["a", "b", "c", "d", "e"], outer)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_key_is_bound_on_its_own(
        records in prop::collection::vec(record(), 1..6),
        flatten in any::<bool>(),
    ) {
        let mut options = vec![("fields.unknown", "ignore")];
        options.extend(flatten.then_some(("flatten.delimiter", "_")));
        let (table, rules) = (crate::table(COLUMNS), invocation::rules(&options));
        let mut mapper = Mapper::new(&rules, &table).unwrap();
        let values = records.iter().map(Json::text);
        let (body, arena) = (EventBuilder::msk().values("t", 0, values).build(), Bump::new());
        let event = Event::decode(&body, &arena).unwrap();
        for (sent, record) in records.iter().zip(&event.records) {
            let mut row = vec![Cell::Absent; table.columns.len()];
            mapper.map(record, &arena, &mut row).unwrap();
            let came = crate::cells(&table, &row).replace('"', "'");
            let mut came: Vec<&str> = came.split_whitespace().collect();
            let mut expected = sent.cells("", flatten);
            came.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(came, expected);
        }
    }
    /// A damaged value is refused or read, and neither panics nor quotes the value.
    #[test]
    fn damage_is_survived(
        record in record(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        flatten in any::<bool>(),
    ) {
        let mut bytes = format!(r#"{{"a":"{}\u00fc","b":{}}}"#, crate::SECRET, record.text()).into_bytes();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let mapping = ("fields.mapping", "$.b.x:c,$:d_x");
        let mut options = vec![("fields.unknown", "column:d_y_x"), mapping];
        options.extend(flatten.then_some(("flatten.delimiter", "_")));
        _ = crate::outcome(&options, COLUMNS, crate::record().value(bytes));
    }
}
