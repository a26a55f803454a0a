//! What a letter holds: the record byte for byte, why, and no word more.

use bytes::Bytes;
use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::traffic::value_of;

const COLUMNS: &str = "id varchar(40) PRIMARY KEY, n int, t varchar(16)";
/// Stands in every value; it may stand in no reason and no log.
const SECRET: &str = "hush";
const SENT_AT: i64 = 1_700_000_000_123;
const A_DAY: i64 = 86_400_000;

struct Case {
    key: Option<&'static [u8]>,
    value: &'static [u8],
    stage: &'static str,
    /// What the reason says.
    says: &'static str,
}

const fn case(value: &'static [u8], stage: &'static str, says: &'static str) -> Case {
    Case { key: Some(b"k"), value, stage, says }
}

/// PostgreSQL has no text with this character, others have.
const NUL: Case = case(b"{\"t\":\"hu\\u0000sh hush\"}", "TASK_PUT", "column \"t\"");

const CASES: &[Case] = &[
    case(b"{\"t\":\"hush", "VALUE_CONVERTER", "JSON"),
    case(b"{\"t\":\"hush\"} hush", "VALUE_CONVERTER", "JSON"),
    case(b"[\"hush\"]", "VALUE_CONVERTER", "object"),
    case(b"", "VALUE_CONVERTER", "at byte 0"),
    case(b"{\"t\":\"hush\xff\"}", "VALUE_CONVERTER", "UTF-8"),
    case(b"{\"colour\":\"hush\"}", "TRANSFORMATION", "`colour`"),
    case(b"{\"n\":\"hush\"}", "TASK_PUT", "column \"n\""),
    case(b"{\"n\":1.5,\"t\":\"hush\"}", "TASK_PUT", "column \"n\""),
    case(b"{\"n\":99999999999,\"t\":\"hush\"}", "TASK_PUT", "column \"n\""),
    case(b"{\"t\":\"hush hush hush hush\"}", "TASK_PUT", "column \"t\""),
    Case { key: None, value: b"{\"t\":\"hush\"}", stage: "TRANSFORMATION", says: "key" },
    Case { key: Some(b"hush\xfe"), value: b"{\"n\":1}", stage: "KEY_CONVERTER", says: "UTF-8" },
];

impl Case {
    fn record(&self, index: usize) -> Record {
        let record = Record::new("", self.value)
            .partition(0)
            .timestamp(SENT_AT + index as i64)
            .header("trace", "one")
            .header("trace", "two")
            .null_header("nothing")
            .header("empty", "")
            .header("bytes", &b"\xff\x80hush\n\x00"[..]);
        match self.key {
            Some(key) => record.key(key),
            None => record,
        }
    }

    fn assert_is_told_by(&self, letter: &Letter, pipeline: &Pipeline) {
        let index: usize = letter.origin().2.parse().expect("an offset");
        assert_eq!(letter.origin(), (pipeline.name.as_str(), "0", index.to_string().as_str()));
        assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (self.key, Some(self.value)));
        assert_eq!(
            letter.reason("__sluice.errors.timestamp"),
            (SENT_AT + index as i64).to_string()
        );
        assert!(letter.timestamp > SENT_AT + A_DAY, "brokers delete by it: {}", letter.timestamp);
        let headers: [(&str, Option<&[u8]>); 5] = [
            ("trace", Some(b"one")),
            ("trace", Some(b"two")),
            ("nothing", None),
            ("empty", Some(b"")),
            ("bytes", Some(b"\xff\x80hush\n\x00")),
        ];
        assert_eq!(letter.own_headers(), headers);
        let reason = |name: &str| letter.reason(&format!("__connect.errors.{name}"));
        assert_eq!(reason("stage"), self.stage, "{}", letter.reasons());
        assert!(letter.message().contains(self.says), "{:?}: {}", self.value, letter.reasons());
        assert_eq!(reason("connector.name"), pipeline.target.connector());
        assert_eq!(reason("task.id"), "0");
        assert!(!reason("class.name").is_empty() && !reason("exception.class.name").is_empty());
        assert!(reason("exception.stacktrace").contains(letter.message()));
        assert!(!letter.reasons().contains(SECRET), "a value is told: {}", letter.reasons());
        if let Some(("column", column)) = self.says.split_once(' ') {
            assert_eq!(letter.reason("__sluice.errors.column"), column.trim_matches('"'));
            assert!(!letter.reason("__sluice.errors.expected").is_empty());
            assert!(!letter.reason("__sluice.errors.given").is_empty());
        }
    }
}

async fn keyed(target: Target, what: &str) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 1, COLUMNS).await;
    pipeline.with("insert.mode", "upsert").with("pk.mode", "record_key").with("pk.fields", "id")
}

async fn every_kind_of_trouble_byte_for_byte(target: Target) {
    let pipeline = keyed(target, "kinds").await;
    let good = value_of("{\"t\":\"hush\"}").key("good").partition(0);
    let cases: Vec<&Case> =
        CASES.iter().chain((target == Target::Postgres).then_some(&NUL)).collect();
    let trouble = cases.iter().enumerate().map(|(index, case)| case.record(index));
    pipeline.send(trouble.chain([good])).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    for (letters, is_data) in [(&dead, false), (&errors, true)] {
        let mut told =
            cases.iter().enumerate().filter(|(_, case)| (case.stage == "TASK_PUT") == is_data);
        for letter in letters {
            let (index, case) = told.next().expect("no more letters than cases");
            assert_eq!(letter.origin().2, index.to_string(), "in the order of the records");
            case.assert_is_told_by(letter, &pipeline);
        }
        assert!(told.next().is_none(), "a letter is missing");
    }
    assert_eq!(pipeline.column("SELECT id FROM TABLE").await, ["good"]);
    assert!(!run.log.contains(SECRET), "a value is told: {}", run.log);
    assert_eq!(run.logged("lettered"), cases.len() as u64);
}

async fn one_topic_for_letters_is_enough(target: Target) {
    let mut pipeline = keyed(target, "together").await;
    pipeline.unset("errors.data.topic.name");
    pipeline.send([CASES[0].record(0), CASES[6].record(1)]).await;
    pipeline.drain(&[]).await.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (2, 0));
}

async fn tombstones_are_filtered_or_delete(target: Target) {
    let mut pipeline = keyed(target, "tombstones").await;
    let put = |key: &str| value_of("{\"n\":1}").key(key.to_owned()).partition(0);
    let tombstone = |key: &str| put(key).without_value();
    pipeline.send([put("a"), put("b"), tombstone("a"), tombstone("never")]).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("filtered")), (2, 2));
    assert_eq!(pipeline.column("SELECT id FROM TABLE ORDER BY id").await, ["a", "b"]);

    pipeline.set("delete.enabled", "true");
    let nobodys = value_of("").without_value().partition(0);
    pipeline.send([tombstone("a"), tombstone("b"), put("b"), tombstone("never"), nobodys]).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!(pipeline.column("SELECT id FROM TABLE ORDER BY id").await, ["b"]);
    assert_eq!((run.count("written"), run.count("lettered")), (4, 1));
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 0));
    assert_eq!((dead[0].key.as_deref(), dead[0].value.as_deref()), (None, None));
}

/// What the database refuses last takes nothing of what it took before with it.
async fn a_delete_that_is_refused_at_the_end(target: Target) {
    let columns = "id varchar(40) PRIMARY KEY, leader varchar(40) REFERENCES NAME (id)";
    let pipeline = Pipeline::to(target, "refused", 1, columns).await;
    let pipeline = pipeline.with("insert.mode", "upsert").with("pk.mode", "record_key");
    let pipeline = pipeline.with("delete.enabled", "true").with("errors.retry.timeout", "0");
    let put = |key: &str, value: &str| value_of(value).key(key.to_owned()).partition(0);
    pipeline.send([put("a", "{}"), put("b", "{\"leader\":\"a\"}")]).await;
    pipeline.drain(&[]).await.assert_settled();
    pipeline.send([put("c", "{}"), put("a", "").without_value()]).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (1, 1));
    assert_eq!(pipeline.column("SELECT id FROM TABLE ORDER BY id").await, ["a", "b", "c"]);
    let (_, errors) = pipeline.letters().await;
    let code = match target {
        Target::Postgres => "23503",
        Target::Mariadb => "1451",
    };
    assert_eq!(errors[0].reason("__sluice.errors.code"), code);
    assert_eq!((errors[0].key.as_deref(), errors[0].value.as_deref()), (Some(&b"a"[..]), None));
}

async fn a_letter_that_is_lettered_again_has_its_reasons_once(target: Target) {
    let mut pipeline = keyed(target, "again").await;
    pipeline.send([CASES[6].record(0), CASES[0].record(1)]).await;
    pipeline.drain(&[]).await.assert_settled();
    let third = format!("{}_third", pipeline.name);
    pipeline.create_topic(&third, 1, &[]).await;
    pipeline.set("errors.deadletterqueue.topic.name", &third);
    pipeline.unset("errors.data.topic.name");
    pipeline.set("table.name.format", &pipeline.name.clone());
    let topics = format!("{},{}", pipeline.dead, pipeline.errors);
    let group = format!("{}_again", pipeline.name);
    pipeline.drain(&["--topics", &topics, "--group", &group]).await.assert_settled();
    let letters = pipeline.read(&third).await;
    assert_eq!(letters.len(), 2);
    for letter in letters {
        let first: i64 = letter.reason("__sluice.errors.timestamp").parse().expect("a time");
        assert!((SENT_AT..SENT_AT + 2).contains(&first), "the first record's: {first}");
        assert!(
            [&pipeline.dead, &pipeline.errors].contains(&&letter.origin().0.to_owned()),
            "the latest"
        );
        let mut names: Vec<_> = letter.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| *name != "trace");
        let before = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), before, "{}", letter.reasons());
        assert_eq!(letter.own_headers().len(), 5);
    }
}

/// The database itself quotes the value here.
async fn the_databases_own_words_are_told_only_when_asked_for(target: Target) {
    let mut pipeline =
        Pipeline::to(target, "words", 1, "t varchar(40) PRIMARY KEY, n int CHECK (n > 0)").await;
    let values = ["{\"t\":\"hush\"}", "{\"t\":\"hush\"}", "{\"t\":\"hush 2\",\"n\":-1}"];
    pipeline.send_values(values).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len(), pipeline.rows().await), (0, 2, 1));
    let codes: Vec<_> = errors.iter().map(|letter| letter.reason("__sluice.errors.code")).collect();
    let expected = match target {
        Target::Postgres => ["23505", "23514"],
        Target::Mariadb => ["1062", "4025"],
    };
    assert_eq!(codes, expected);
    assert!(errors.iter().all(|letter| !letter.reasons().contains(SECRET)));
    assert!(!run.log.contains(SECRET), "a value is told: {}", run.log);

    pipeline.set("errors.log.include.messages", "true");
    pipeline.send_values(values).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    let (_, errors) = pipeline.letters().await;
    assert!(errors[2].message().contains(SECRET), "{}", errors[2].reasons());
    assert!(run.log.contains(SECRET), "{}", run.log);
}

async fn a_letter_too_large_for_its_topic_keeps_its_headers(target: Target) {
    let mut pipeline = keyed(target, "oversized").await;
    let small = format!("{}_small", pipeline.name);
    pipeline.create_topic(&small, 1, &[("max.message.bytes", "4000")]).await;
    pipeline.set("errors.deadletterqueue.topic.name", &small);
    let huge = format!("{{\"t\":\"{}", "x".repeat(9000));
    let with_headers = |value: String| {
        value_of(value).key("k").partition(0).header("trace", "one").timestamp(SENT_AT)
    };
    let values = ["{\"t\":\"before".to_owned(), huge.clone(), "{\"t\":\"after".to_owned()];
    pipeline.send(values.map(with_headers)).await;
    pipeline.drain(&[]).await.assert_settled();
    let mut letters = pipeline.read(&small).await;
    letters.sort_by_key(|letter| letter.origin().2.to_owned());
    assert_eq!(letters.len(), 3);
    for letter in &letters {
        assert_eq!(letter.key.as_deref(), Some(&b"k"[..]));
        assert_eq!(letter.reason("__sluice.errors.timestamp"), SENT_AT.to_string());
        assert_eq!(letter.own_headers(), [("trace", Some(&b"one"[..]))]);
        assert!(letter.message().contains("JSON"), "{}", letter.reasons());
    }
    let values: Vec<_> = letters.iter().map(|letter| letter.value.clone()).collect();
    let kept = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    assert_eq!(values, [kept("{\"t\":\"before"), None, kept("{\"t\":\"after")]);
    let omitted = |letter: &Letter| letter.reason("__sluice.errors.value.omitted.bytes").to_owned();
    let said: Vec<_> = letters.iter().map(omitted).collect();
    assert_eq!(said, ["", huge.len().to_string().as_str(), ""]);
}

sluice_tests::on_each_target! {
    every_kind_of_trouble_byte_for_byte,
    one_topic_for_letters_is_enough,
    tombstones_are_filtered_or_delete,
    a_delete_that_is_refused_at_the_end,
    a_letter_that_is_lettered_again_has_its_reasons_once,
    the_databases_own_words_are_told_only_when_asked_for,
    a_letter_too_large_for_its_topic_keeps_its_headers,
}
