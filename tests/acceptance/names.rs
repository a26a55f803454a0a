//! Names that would do harm if anybody took them for more than names: of topics, tables, columns,
//! keys, headers and connectors. Each finds exactly what bears it, or becomes a clear letter.

use krafka::producer::Record;
use serde_json::{Map, Value, json};
use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::traffic::value_of;

/// Each fit for a column of PostgreSQL; `NAME` stands for the pipeline's table.
const HOSTILE: [&str; 28] = [
    "\"; DROP TABLE NAME; --",
    "`; DROP TABLE NAME; --",
    "``",
    "'); DROP TABLE NAME; --",
    "\"",
    "\"\"",
    "back\\slash\\",
    "\\u0041",
    "new\nline\r\ttab",
    "bell\u{7}",
    "select",
    "user",
    "1st",
    "-",
    " spaces around ",
    "dots.in.it",
    "${topic}",
    "${env:HOME}",
    "$1",
    "%s%n{}",
    "/* open",
    "a,b:c",
    "caf\u{e9}",
    "cafe\u{301}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "\u{202e}reversed",
    "🦀",
    // As long as a name may be in PostgreSQL: 63 bytes.
    "öööööööööööööööööööööööööööööööx",
];

/// A pipeline whose table has all of them for columns; the first is its key.
struct Names {
    pipeline: Pipeline,
    columns: Vec<String>,
}

impl Names {
    async fn pipeline(target: Target, what: &str) -> Self {
        let names: Vec<&str> =
            HOSTILE.into_iter().filter(|name| target.is_column_name(name)).collect();
        let columns: Vec<String> = names.iter().map(|name| target.quote(name)).collect();
        let (key, others) = columns.split_first().expect("there are names");
        let table = format!("{key} varchar(9) PRIMARY KEY, {} int", others.join(" int, "));
        let pipeline = Pipeline::to(target, what, 1, &table).await;
        let columns = names.iter().map(|name| name.replace("NAME", &pipeline.name)).collect();
        Self { pipeline, columns }
    }

    /// A record that says of each column its place in the list, and more.
    fn value(&self, id: &str, more: &[(&str, Value)]) -> String {
        let places = self.columns.iter().enumerate();
        let mut value: Map<String, Value> =
            places.map(|(place, name)| (name.clone(), json!(place))).collect();
        value.insert(self.columns[0].clone(), id.into());
        value.extend(more.iter().map(|(name, more)| ((*name).to_owned(), more.clone())));
        Value::from(value).to_string()
    }

    /// That every column of every row has what the records said of it, the ids given being all.
    async fn assert_right_columns(&self, ids: &[&str]) {
        let columns: Vec<String> =
            self.columns.iter().map(|name| self.pipeline.target.quote(name)).collect();
        let query = format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), self.pipeline.name);
        let rows = self.pipeline.db.query(&query).await.expect("every column is there");
        let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(found, ids);
        for (row, (place, name)) in rows.iter().flat_map(|row| {
            self.columns.iter().enumerate().skip(1).map(move |column| (row, column))
        }) {
            assert_eq!(row.get::<i32>(place) as usize, place, "column {name:?}");
        }
    }
}

async fn of_columns(target: Target) {
    let Names { pipeline, columns } = Names::pipeline(target, "columns").await;
    let mut names = Names { pipeline: pipeline.with("pk.mode", "record_value"), columns };
    names.pipeline.send_values([names.value("a", &[]), names.value("b", &[])]).await;
    names.pipeline.drain(&[]).await.assert_settled();
    names.assert_right_columns(&["a", "b"]).await;
    names.pipeline.set("insert.mode", "upsert");
    names.pipeline.send_values([names.value("b", &[]), names.value("c", &[])]).await;
    let run = names.pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.logged("lettered")), (2, 0), "{run:#?}");
    names.assert_right_columns(&["a", "b", "c"]).await;
}

/// The letter names the column, byte for byte, and the log stays JSON.
async fn of_columns_that_refuse_a_value(target: Target) {
    let names = Names::pipeline(target, "refusing").await;
    let columns = &names.columns[1..];
    let wrong = columns.iter().map(|name| names.value("x", &[(name, json!("many"))]));
    names.pipeline.send_values(wrong).await;
    let run = names.pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!(run.lines().len(), run.log.lines().count(), "{}", run.log);
    let (dead, errors) = names.pipeline.letters().await;
    let told: Vec<&str> =
        errors.iter().map(|letter| letter.reason("__sluice.errors.column")).collect();
    assert_eq!((dead.len(), told), (0, columns.iter().map(String::as_str).collect()));
    names.assert_right_columns(&[]).await;
}

/// Keys that are nearly the name of a column, or no name at all.
async fn of_keys_without_a_column(target: Target) {
    let names = Names::pipeline(target, "keys").await;
    let longest = names.columns.last().expect("the longest").clone();
    let long = "k".repeat(100_000);
    let keys = [
        "select\0",
        "\0",
        "",
        "cafe\u{301}\u{301}",
        "select\u{200b}",
        "spaces around",
        "dots",
        "$",
        "\"",
        "A",
        "\u{feff}user",
        "\"; DROP TABLE NAME; --\0",
        &format!("{longest}y"),
        &long,
    ];
    // A quote is a column here: the only one of them.
    let keys: Vec<&str> = keys.into_iter().filter(|key| *key != "\"").collect();
    let bad = keys.iter().map(|key| names.value("x", &[(key, json!(1))]));
    names.pipeline.send_values(bad.chain([names.value("good", &[])])).await;
    let run = names.pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!(run.lines().len(), run.log.lines().count(), "{}", run.log);
    let (dead, errors) = names.pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (keys.len(), 0));
    for (letter, key) in dead.iter().zip(keys) {
        let shown: String = key.chars().take(100).collect();
        assert_eq!(letter.reason("__connect.errors.stage"), "TRANSFORMATION");
        assert!(letter.message().contains(&format!("the key `{shown}")), "{:?}", letter.message());
        assert!(letter.reasons().len() < 4_000, "a reason of {} bytes", letter.reasons().len());
    }
    names.assert_right_columns(&["good"]).await;
}

/// Kafka allows letters, digits, dots, hyphens and underscores, up to 249 of them. One topic's name
/// and partition may look like another's.
async fn of_topics(target: Target) {
    let pipeline = Pipeline::to(target, "topics", 1, "id int").await;
    let topics = ["-0", "-0-0", ".dotted.Mixed", "..", "-SELECT", "__-._", ".1st-;"];
    let topics = topics.map(|end| format!("{}{}", pipeline.name, end.trim_end_matches(';')));
    for (id, topic) in topics.iter().enumerate() {
        pipeline.create_topic(topic, 2, &[]).await;
        pipeline.sql(&format!("CREATE TABLE {} (id int PRIMARY KEY)", target.quote(topic))).await;
        let good =
            [0, 1].map(|n| value_of(format!("{{\"id\":{}}}", 10 * id + n)).partition(n as i32));
        let bad = value_of("{\"id\":\"x\"}").partition(1);
        pipeline.send_to(topic, good.into_iter().chain([bad])).await;
    }
    let run = pipeline.drain(&["--topics", &topics.join(",")]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (14, 7), "{run:#?}");
    for (id, topic) in topics.iter().enumerate() {
        let query = format!("SELECT id FROM {} ORDER BY 1", target.quote(topic));
        let rows = pipeline.db.query(&query).await.expect("its table is there");
        let ids: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(ids, [0, 1].map(|n| 10 * id as i32 + n), "{topic}");
        pipeline.sql(&format!("DROP TABLE {}", target.quote(topic))).await;
    }
    assert_eq!(pipeline.rows().await, 0);
    let mut origins: Vec<String> = pipeline
        .read(&pipeline.errors)
        .await
        .iter()
        .map(|letter| letter.origin().0.to_owned())
        .collect();
    origins.sort();
    let mut expected = topics.to_vec();
    expected.sort();
    assert_eq!(origins, expected);
}

/// PostgreSQL cuts a name after 63 bytes, and would find another table; MariaDB has none of the name.
async fn of_a_topic_that_is_too_long_for_a_table(target: Target) {
    let mut pipeline = Pipeline::to(target, "long", 1, "id int").await;
    let topic = format!("{}{}", pipeline.name, "x".repeat(249 - pipeline.name.len()));
    pipeline.create_topic(&topic, 1, &[]).await;
    let cut = &topic[..63];
    pipeline.sql(&format!("CREATE TABLE {cut} (id int)")).await;
    pipeline.send_to(&topic, [value_of("{\"id\":1}").partition(0)]).await;
    let run = pipeline.drain(&["--topics", &topic, "--max-retries", "0"]).await;
    assert_eq!((run.code, run.count("given_up")), (Some(1), 1), "{run:#?}");
    let line = run.lines().pop().expect("a line");
    let error = line["error"].as_str().expect("it failed");
    assert!(line["error_type"] == "Sluice.Fatal" && error.contains(cut), "{error}");
    let rows = format!("SELECT count(*) FROM {cut}");
    assert_eq!(pipeline.db.query(&rows).await.expect("it is there")[0].get::<i64>(0), 0);
    pipeline.sql(&format!("DROP TABLE {cut}")).await;

    let table = format!("{topic}:{}", pipeline.name);
    pipeline.set("topics.to.tables.mapping", &table);
    let run = pipeline.drain(&["--topics", &topic]).await;
    run.assert_settled();
    assert_eq!(pipeline.rows().await, 1, "a table of its own choosing");
}

/// A schema and tables of such names, by configuration.
async fn of_tables(target: Target) {
    let mut pipeline = Pipeline::to(target, "tables", 1, "id int").await;
    let tables: Vec<String> = HOSTILE
        .iter()
        .filter(|name| !name.contains(['.', ',', ':', '$']) && name.trim() == **name)
        .filter(|name| target.is_column_name(name))
        .map(|name| name.replace("NAME", &pipeline.name))
        .collect();
    assert!(tables.len() > 15, "{tables:?}");
    for (id, table) in tables.iter().enumerate() {
        pipeline.sql(&format!("CREATE TABLE {} (id int PRIMARY KEY)", target.quote(table))).await;
        pipeline.set("topics.to.tables.mapping", &format!("{}:{table}", pipeline.name));
        pipeline.send_values([format!("{{\"id\":{id}}}")]).await;
        let run = pipeline.drain(&[]).await;
        let query = format!("SELECT id FROM {}", target.quote(table));
        let rows = pipeline.db.query(&query).await.expect("its table is there");
        pipeline.sql(&format!("DROP TABLE {}", target.quote(table))).await;
        run.assert_settled();
        assert_eq!(run.count("written"), 1, "{table}: {run:#?}");
        let ids: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(ids, [id as i32], "{table}");
    }
    assert_eq!(pipeline.rows().await, 0, "the table that they would have dropped");
}

/// Of headers, as they pass into letters, and as sources of columns.
async fn of_headers(target: Target) {
    let names: Vec<String> = HOSTILE
        .iter()
        .map(|name| (*name).to_owned())
        .chain(["".into(), "nul\0".into(), "h".repeat(10_000), "__CONNECT.errors.topic".into()])
        .collect();
    let pipeline = Pipeline::to(target, "headers", 1, "id int, a text, b text").await;
    let mapping = "$header.a\\,b\\:c:a,$header.\"; DROP TABLE NAME; --:b";
    let pipeline = pipeline.with("fields.mapping", mapping);
    let with_headers = |record: Record| {
        names.iter().fold(record, |record, name| record.header(name.clone(), name.clone()))
    };
    let good = with_headers(value_of("{\"id\":1}").partition(0));
    let forged = with_headers(value_of("{\"id\":").partition(0));
    let forged = forged.header("__connect.errors.offset", "0").header("__sluice.errors.x", "y");
    pipeline.send([good, forged]).await;
    pipeline.drain(&[]).await.assert_settled();
    let row = &pipeline.query("SELECT a, b FROM TABLE").await[0];
    let values = [0, 1].map(|place| row.text(place));
    assert_eq!(values, [Some("a,b:c"), Some("\"; DROP TABLE NAME; --")]);
    let dead = pipeline.read(&pipeline.dead).await;
    let [letter] = dead.as_slice() else { panic!("{dead:?}") };
    let own: Vec<_> = names.iter().map(|name| (name.as_str(), Some(name.as_bytes()))).collect();
    assert_eq!(letter.own_headers(), own);
    assert_eq!(letter.origin().2, "1", "the record's own offset, not the one it came with");
    assert_eq!(letter.reason("__sluice.errors.x"), "");
}

/// Of the connector: in the log, in letters, and as the session's name in the database.
async fn of_connectors(target: Target) {
    let mut pipeline = Pipeline::to(target, "connectors", 1, "id int").await;
    let mut said = Vec::new();
    for name in HOSTILE.iter().filter(|name| !name.contains("${")) {
        pipeline.set("name", name);
        pipeline.send_values(["{\"id\":1}", "{\"id\":"]).await;
        let run = pipeline.drain(&[]).await;
        run.assert_settled();
        let last = run.lines().pop().expect("a line");
        assert_eq!(last["connector"], *name);
        said.push((*name).to_owned());
    }
    let dead = pipeline.read(&pipeline.dead).await;
    let of = |letter: &Letter| letter.reason("__connect.errors.connector.name").to_owned();
    assert_eq!(dead.iter().map(of).collect::<Vec<_>>(), said);
    assert_eq!(pipeline.rows().await as usize, said.len());
}

sluice_tests::on_each_target! {
    of_columns,
    of_columns_that_refuse_a_value,
    of_keys_without_a_column,
    of_topics,
    of_a_topic_that_is_too_long_for_a_table,
    of_tables,
    of_headers,
    of_connectors,
}
