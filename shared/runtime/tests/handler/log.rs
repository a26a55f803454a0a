//! What the line tells, and what it never tells.

use std::time::Duration;

use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Rejected, Sink, Written};
use sluice_runtime::{Deadline, Handler, Log};
use sluice_testkit::{
    EventBuilder, Journal, Kind, MemoryDatabase, MemoryProducer, MemorySink, RecordBuilder, Report,
    TableSpec,
};

use crate::stand::{GOOD, NO_JSON, REFUSED, Setting, TOLERANT, UNMAPPABLE, event, run};

#[test]
fn the_line_of_an_ordinary_batch() {
    run(async {
        let mut stand = Setting::default().stand();
        let batch = event(&[GOOD, GOOD]);
        let seen = stand.invoke(&batch).await;
        let mut line = seen.line.clone();
        for measured in ["decode_ms", "write_ms", "writeMs", "oldestRecordAgeMs"] {
            assert!(line[measured].take().as_f64().unwrap() >= 0.0);
        }
        assert!(line["_aws"].take().is_object(), "what it says is checked of every line");
        let expected = serde_json::json!({
            "level": "INFO", "message": "batch", "connector": "orders-sink",
            "topic": "t",
            "received": 2, "written": 2, "lettered": 0, "filtered": 0, "given_back": 0,
            "bytes": batch.build().len(), "decode_ms": null, "write_ms": null,
            "version": env!("CARGO_PKG_VERSION"),
            "retries": 0, "cold_start": true,
            "givenBack": 0, "writeMs": null, "coldStart": 1, "oldestRecordAgeMs": null, "_aws": null,
        });
        assert_eq!(line, expected);
        assert_eq!(stand.invoke(&batch).await.line["cold_start"], false);
    });
}

#[test]
fn twenty_failures_are_told_and_all_are_counted() {
    run(async {
        let mut stand = Setting::default().stand();
        for (records, told) in [(1, 1), (20, 20), (21, 20), (50, 20)] {
            let seen = stand.invoke(&event(&vec![NO_JSON; records])).await;
            let failures = seen.line["failures"].as_array().unwrap();
            assert_eq!((failures.len(), seen.count("lettered")), (told, records as u64));
            let offsets = failures.iter().map(|failure| failure["offset"].as_u64().unwrap());
            assert!(offsets.eq(0..told as u64), "the first ones, in order");
        }
    });
}

#[test]
fn a_failure_is_told_with_its_place_and_reason() {
    run(async {
        let mut stand = Setting::default().stand();
        let seen = stand.invoke(&event(&[UNMAPPABLE, REFUSED])).await;
        let failures = &seen.line["failures"];
        assert_eq!(failures[0]["stage"], "mapping");
        assert_eq!(failures[0]["column"], "secret-key");
        let expected = serde_json::json!({
            "topic": "t", "partition": 0, "offset": 1, "stage": "write",
            "reason": "column \"amount\" is good: the value is bad", "column": "amount",
            "expected": "good", "given": "string",
        });
        assert_eq!(failures[1], expected);
    });
}

#[test]
fn failures_stay_untold_where_nobody_wants_them() {
    const NONE: &[(&str, &str)] = &[("errors.tolerance", "none")];
    for options in [TOLERANT, NONE] {
        run(async {
            let setting = Setting { log_failures: false, options, ..Setting::default() };
            let seen = setting.stand().invoke(&event(&[REFUSED, NO_JSON])).await;
            assert!(seen.line.get("failures").is_none(), "{}", seen.line);
        });
    }
}

#[test]
fn no_value_key_or_header_is_told() {
    const UPSERT: &[(&str, &str)] = &[
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("key.format", "json"),
        ("fields.mapping", "$key.id:note"),
    ];
    run(async {
        let mut stand = Setting { options: UPSERT, ..Setting::default() }.stand();
        let secret = || RecordBuilder::new("t", 0, 0).header("h", Some(b"seventeen"));
        let records = [
            secret().key("{\"id\":1}").value(REFUSED),
            secret().key("seventeen").value(GOOD),
            secret().key("{\"id\":1}").value(NO_JSON),
            secret().key("{\"id\":1}").value(b"seventeen\xff"),
            secret().key(b"seventeen\xff").value(GOOD),
            secret().key("{\"id\":1}").value(UNMAPPABLE),
            secret().key("{\"id\":1}").value(r#"["seventeen"]"#),
            secret().key("{\"id\":1}").value(r#"{"amount":"seventeen"#),
        ];
        let count = records.len() as u64;
        let batch = records.into_iter().fold(EventBuilder::msk(), EventBuilder::record);
        let seen = stand.invoke(&batch).await;
        assert_eq!(seen.counts(), [0, count, 0, 0]);
        assert!(!seen.text.contains("seventeen"), "{}", seen.text);
        for letter in stand.journal().messages() {
            let ours = letter.headers.iter().filter(|(name, _)| name != "h");
            for (name, value) in ours {
                let text = String::from_utf8_lossy(value.as_ref().unwrap());
                assert!(!text.contains("seventeen"), "{name}: {text}");
            }
        }
    });
}

/// Refuses every row, in words that quote it.
struct Quoting(MemorySink);

impl Sink for Quoting {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.0.begin().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        self.0.table(name).await
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let detail = Some("the value is seventeen".into());
        let cause = Cause { detail, ..Cause::new("out of range") };
        let rejected = |row| Rejected { row, cause: cause.clone() };
        let rejected = (0..batch.len()).map(rejected).collect();
        Ok(Written { rejected, ..Written::default() })
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.0.commit().await
    }

    async fn abandon(&mut self) {
        self.0.abandon().await;
    }
}

/// The log and the letters of a batch that a [`Quoting`] sink refuses.
async fn quoted(options: &'static [(&'static str, &'static str)]) -> (String, String) {
    let table = TableSpec::new("t").column("amount", Kind::Integer);
    let database = MemoryDatabase::with([table]);
    let sink = Quoting(MemorySink::new(&database, Report::Rejected));
    let journal = Journal::default();
    let producer = MemoryProducer::new(&journal);
    let config = Setting { options, ..Setting::default() }.config();
    let mut handler = Handler::new(config, sink, move |_| producer.clone());
    let (mut log, deadline) = (Vec::new(), Deadline::after(Duration::from_secs(60)));
    let _ = handler.handle(&event(&[GOOD]).build(), deadline, Log::to(&mut log)).await;
    let headers = journal.messages().into_iter().flat_map(|letter| letter.headers);
    let told = headers.filter_map(|(_, value)| String::from_utf8(value?.to_vec()).ok());
    (String::from_utf8(log).unwrap(), told.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_targets_own_words_are_told_on_request_only() {
    const QUIET: [&[(&str, &str)]; 2] = [TOLERANT, &[("errors.tolerance", "none")]];
    const TALKATIVE: &[(&str, &str)] = &[
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("errors.log.include.messages", "true"),
    ];
    run(async {
        for options in QUIET {
            let (log, letters) = quoted(options).await;
            assert!(log.contains("out of range") && !log.contains("seventeen"), "{log}");
            assert!(!letters.contains("seventeen"), "{letters}");
        }
        let (log, letters) = quoted(TALKATIVE).await;
        assert!(log.contains(r#""detail":"the value is seventeen""#), "{log}");
        assert!(letters.contains("out of range: the value is seventeen"), "{letters}");
    });
}
