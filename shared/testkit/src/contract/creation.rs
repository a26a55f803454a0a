//! Clauses about `auto.create`: the tables that a connector creates.

use sluice_bridge::model::change::ColumnKind::{
    self, Booleans, Bytes, Dates, Decimals, Documents, Floats, Integers, Text, Times, Timestamps,
};
use sluice_bridge::model::failure::Fault;

use super::Database;
use crate::event::EventBuilder;
use crate::invocation::{self, Options, all_written, deliver_values, refused};
use crate::table::{Kind, TableSpec};

pub(super) const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];
const BY_VALUE: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "record_value")];
const BY_KEY: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];
const BY_PLACE: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "kafka")];

/// Columns with what they hold.
type Columns<'a> = &'a [(&'a str, ColumnKind)];

/// The columns of a table as the database reports them, with those of the key at the end.
pub(super) fn expected_columns<D: Database>(
    database: &D,
    columns: Columns<'_>,
    key: &[&str],
) -> Vec<String> {
    let column = |(name, holds): &(&str, ColumnKind)| {
        let is_key = key.contains(name);
        let mark = if is_key { "!" } else { "" };
        format!("{name} {}{mark}", database.spelling(*holds, is_key))
    };
    let key = (!key.is_empty()).then(|| format!("key {}", key.join(",")));
    columns.iter().map(column).chain(key).collect()
}

/// Delivers to the missing table `t` and checks the table that was created.
async fn creates<D: Database>(
    database: &mut D,
    options: Options<'_>,
    values: &[&str],
    columns: Columns<'_>,
    key: &[&str],
) {
    let table = TableSpec::new("t");
    database.drop_table(&table).await;
    let mut sink = database.sink().await;
    let outcome = deliver_values(&mut sink, "t", &[CREATE, options].concat(), values).await;
    assert_eq!(outcome, Ok(all_written(values.len())), "{options:?}");
    assert_eq!(
        database.columns("t").await,
        expected_columns(database, columns, key),
        "{options:?}"
    );
    let (first, _) = columns[0];
    let rows = database.rows(&table.column(first, Kind::Text)).await;
    assert_eq!(rows.len(), values.len(), "{options:?}");
}

/// A column has the type of its value.
pub async fn columns_have_the_types_of_their_values<D: Database>(database: &mut D) {
    let value = r#"{"i":1,"big":9223372036854775808,"f":1.5,"b":true,"s":"x","o":{"a":1},"l":[1],"n":null,"t":"2026-11-20T10:00:00Z"}"#;
    let columns = [
        ("i", Integers),
        ("big", Decimals),
        ("f", Decimals),
        ("b", Booleans),
        ("s", Text),
        ("o", Documents),
        ("l", Documents),
        ("t", Text),
    ];
    creates(database, &[], &[value], &columns, &[]).await;
    let table = TableSpec::new("t").column("big", Kind::Decimal).column("f", Kind::Decimal);
    assert_eq!(database.rows(&table).await, [["9223372036854775808", "1.5"]]);
}

/// The type of a column holds the values of several records.
pub async fn several_records_agree_on_a_type<D: Database>(database: &mut D) {
    let values = [
        r#"{"a":1,"b":1,"c":true,"d":{},"e":null}"#,
        r#"{"a":1.5,"b":"x","c":7,"d":1,"e":1}"#,
        r#"{"a":null,"f":"late","E":2}"#,
    ];
    let columns =
        [("a", Decimals), ("b", Text), ("c", Text), ("d", Documents), ("e", Integers), ("f", Text)];
    creates(database, &[], &values, &columns, &[]).await;
    let table = TableSpec::new("t").column("b", Kind::Text).column("e", Kind::Integer);
    let mut rows = database.rows(&table).await;
    rows.sort();
    assert_eq!(rows, [["1", "∅"], ["x", "1"], ["∅", "2"]]);
}

/// A key that is named is the primary key.
pub async fn the_key_is_made_with_the_table<D: Database>(database: &mut D) {
    let by_value = [BY_VALUE, &[("pk.fields", "b,a")]].concat();
    let columns = [("b", Text), ("a", Integers), ("v", Integers)];
    creates(database, &by_value, &[r#"{"v":1,"a":2,"b":"x"}"#], &columns, &["b", "a"]).await;
    let place = ["__connect_topic", "__connect_partition", "__connect_offset"];
    let [topic, partition, offset] = place;
    let columns = [(topic, Text), (partition, Integers), (offset, Integers), ("v", Integers)];
    creates(database, BY_PLACE, &[r#"{"v":1}"#], &columns, &place).await;
}

/// A record's key names its columns, or `pk.fields` does.
pub async fn the_records_key_names_its_columns<D: Database>(database: &mut D) {
    let by_id: Options<'_> = &[("pk.fields", "id")];
    let cases: [(&str, Options<'_>, Columns<'_>, &[&str]); 3] = [
        (r#"{"id":7,"part":"x"}"#, &[], &[("id", Integers), ("part", Text)], &["id", "part"]),
        ("seven", by_id, &[("id", Text)], &["id"]),
        (r#"{"schema":{"type":"int64"},"payload":7}"#, by_id, &[("id", Integers)], &["id"]),
    ];
    for (key, extra, columns, keyed) in cases {
        database.drop_table(&TableSpec::new("t")).await;
        let event = EventBuilder::msk().keyed("t", 0, [(key, Some(r#"{"v":1}"#))]).keyed(
            "t",
            0,
            [(key.replace('7', "8"), None)],
        );
        let rules = invocation::rules(&[CREATE, BY_KEY, extra].concat());
        let mut sink = database.sink().await;
        let outcome = invocation::deliver(&mut sink, &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(2)), "{key}");
        let columns = [columns, &[("v", Integers)]].concat();
        assert_eq!(
            database.columns("t").await,
            expected_columns(database, &columns, keyed),
            "{key}"
        );
    }
}

/// A field of a schema as Kafka Connect writes it.
fn field(name: &str, ty: &str, logical: &str) -> String {
    let parameters =
        if logical.ends_with("Decimal") { r#","parameters":{"scale":"2"}"# } else { "" };
    let named = match logical {
        "" => String::new(),
        logical => format!(r#","name":"{logical}"{parameters}"#),
    };
    format!(r#"{{"type":"{ty}","optional":true,"field":"{name}"{named}}}"#)
}

/// A column has the type that a schema declares, and its values have their declared meaning.
pub async fn declared_types_are_kept<D: Database>(database: &mut D) {
    let fields = [
        field("i", "int64", ""),
        field("f", "double", ""),
        field("b", "bytes", ""),
        field("d", "bytes", "org.apache.kafka.connect.data.Decimal"),
        field("day", "int32", "org.apache.kafka.connect.data.Date"),
        field("at", "int64", "org.apache.kafka.connect.data.Timestamp"),
        field("zoned", "string", "io.debezium.time.ZonedTimestamp"),
        field("clock", "int64", "io.debezium.time.MicroTime"),
        field("doc", "string", "io.debezium.data.Json"),
        field("none", "string", ""),
    ];
    let value = format!(
        r#"{{"schema":{{"type":"struct","fields":[{}]}},"payload":{{"i":1,"f":1.5,"b":"AQ==","d":"BNI=","day":1,"at":1,"zoned":"2026-11-20T10:00:00Z","clock":1,"doc":"{{}}","none":null}}}}"#,
        fields.join(",")
    );
    let columns = [
        ("i", Integers),
        ("f", Floats),
        ("b", Bytes),
        ("d", Decimals),
        ("day", Dates),
        ("at", Timestamps),
        ("zoned", Timestamps),
        ("clock", Times),
        ("doc", Documents),
        ("none", Text),
    ];
    creates(database, &[], &[&value], &columns, &[]).await;
    let table = TableSpec::new("t")
        .column("f", Kind::Text)
        .column("d", Kind::Decimal)
        .column("day", Kind::Text)
        .column("at", Kind::Timestamp)
        .column("zoned", Kind::Timestamp)
        .column("clock", Kind::Text)
        .column("doc", Kind::Json);
    let [at, zoned] = ["1970-01-01T00:00:00.001Z", "2026-11-20T10:00:00.000Z"];
    let row = ["1.5", "12.34", "1970-01-02", at, zoned, "00:00:00.000001", "{}"];
    assert_eq!(database.rows(&table).await, [row]);
}

/// A table gets the columns that the configuration leaves of a record.
pub async fn the_configuration_has_a_say<D: Database>(database: &mut D) {
    let value = r#"{"id":1,"a":{"b":2,"c":{"d":"x"}},"skip":1}"#;
    let mapping = "id:order_id,$.a.b:part,$topic:topic,$offset:at,$header.h:h";
    let cases: [(Options<'_>, &str, Columns<'_>); 7] = [
        (
            &[("flatten.delimiter", "_"), ("fields.exclude.list", "skip")],
            value,
            &[("id", Integers), ("a_b", Integers), ("a_c_d", Text)],
        ),
        (&[("fields.include.list", "id")], value, &[("id", Integers)]),
        (
            &[("fields.mapping", mapping)],
            value,
            &[
                ("order_id", Integers),
                ("part", Integers),
                ("skip", Integers),
                ("topic", Text),
                ("at", Integers),
                ("h", Text),
            ],
        ),
        (
            &[("fields.unknown", "column:rest"), ("fields.mapping", "id:id")],
            value,
            &[("id", Integers), ("rest", Documents)],
        ),
        (
            &[("fields.unknown", "ignore")],
            value,
            &[("id", Integers), ("a", Documents), ("skip", Integers)],
        ),
        (&[("value.format", "string")], "hello", &[("value", Text)]),
        (&[("fields.mapping", "$:doc")], value, &[("doc", Documents)]),
    ];
    for (options, value, columns) in cases {
        creates(database, options, &[value], columns, &[]).await;
    }
}

/// `auto.evolve` alone creates no table.
pub async fn without_auto_create_a_missing_table_is_fatal<D: Database>(database: &mut D) {
    let mut sink = database.sink().await;
    let outcome = deliver_values(&mut sink, "t", &[("auto.evolve", "true")], [r#"{"a":1}"#]).await;
    let error = outcome.expect_err("no table").error;
    assert_eq!(error.fault, Fault::Fatal);
    assert!(error.to_string().starts_with("table \"t\" does not exist"), "{error}");
}

/// Records without columns create no table.
pub async fn records_that_say_nothing_make_no_table<D: Database>(database: &mut D) {
    let mut sink = database.sink().await;
    let outcome = deliver_values(&mut sink, "t", CREATE, ["{", "[]", "7"]).await;
    assert_eq!(refused(&outcome), [(0, None), (1, None), (2, None)]);
    let outcome = deliver_values(&mut sink, "t", CREATE, ["{}"]).await;
    assert_eq!(refused(&outcome), [(0, None)]);
    let message = &outcome.as_ref().expect("a row of nothing").failures[0].cause.message;
    assert!(message.starts_with("table \"t\" does not exist and cannot be created"), "{message}");
    let outcome = deliver_values(&mut sink, "t", CREATE, [r#"{"":1}"#]).await;
    let message = &outcome.as_ref().expect("a name of nothing").failures[0].cause.message;
    assert!(
        message.contains("the key `` has no column in table \"t\" and cannot get one"),
        "{message}"
    );
}
