use std::time::Duration;

use sluice_bridge::compare::canonical::Item;
use sluice_bridge::compare::{Described, Description, Rows};
use sluice_bridge::model::table::Table;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Sink, Written};

use super::*;
use sluice_bridge::compare::Class;

/// A table of so many rows, `id` from 0 on, each with a text of so many bytes.
struct Numbers {
    rows: u64,
    width: usize,
    has_key: bool,
    pause: Duration,
}

impl Sink for Numbers {
    async fn begin(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    async fn table(&mut self, _: &TableName) -> Result<Option<Table>, SinkError> {
        Ok(None)
    }

    async fn write(&mut self, _: &Batch<'_, '_>) -> Result<Written, SinkError> {
        Ok(Written::default())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    async fn abandon(&mut self) {}
}

impl Compare for Numbers {
    async fn describe(&mut self, table: &TableName) -> Result<Option<Description>, SinkError> {
        let column = |name: &str, class| Described {
            name: name.to_owned(),
            shown: "a type".to_owned(),
            class,
        };
        let columns = vec![column("id", Class::Number), column("v", Class::Text)];
        let described = Description { columns, key: vec!["id".to_owned()], rows: self.rows };
        Ok((table.name == "t").then_some(described))
    }

    async fn read(
        &mut self,
        selection: &Selection,
        each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<Reached, SinkError> {
        let first = match &selection.rows {
            Rows::Behind(Some(place)) => place[0].parse::<u64>().expect("a number") + 1,
            _ => 0,
        };
        let text = "x".repeat(self.width);
        let mut line = Line::default();
        for id in first..self.rows {
            std::thread::sleep(self.pause);
            line.clear();
            selection.push(&mut line, 0, Item::Integer(id.into()));
            selection.push(&mut line, 1, Item::Text(&text));
            if each(&line).is_break() {
                return Ok(Reached::Stopped(self.has_key.then(|| vec![id.to_string()])));
            }
        }
        Ok(Reached::End)
    }
}

const TABLE: Numbers = Numbers { rows: 1_000, width: 1, has_key: true, pause: Duration::ZERO };
const COLUMNS: &str =
    r#""table":"t","columns":[{"name":"id","class":"number"},{"name":"v","class":"text"}]"#;

async fn ask(mut table: Numbers, ask: &str, time: Duration) -> Result<Value, Failed> {
    run(&mut table, ask.as_bytes(), Deadline::after(time))
        .await
        .map(|LambdaResponse(answer)| answer)
}

/// The answers until there is no more, in pieces.
async fn all(table: impl Fn() -> Numbers, question: &str, time: Duration) -> Vec<Value> {
    let (mut answers, mut after) = (Vec::new(), String::new());
    loop {
        let answer = ask(table(), &format!("{{{question}{after}}}"), time).await;
        let answer = answer.expect("an answer");
        after = format!(r#","after":{}"#, answer["after"]);
        let is_last = answer["after"].is_null();
        answers.push(answer);
        if is_last {
            return answers;
        }
    }
}

#[test]
fn only_what_the_command_writes_is_a_question() {
    assert_eq!(asked(br#"{"sluice":"compare","ask":{}}"#), Some(&b"{}"[..]));
    assert_eq!(asked(br#"{"sluice":"check","event":{}}"#), None);
}

#[tokio::test]
async fn questions_are_read_strictly() {
    let long = Duration::from_secs(60);
    for (wrong, words) in [
        ("{}", "what"),
        (r#"{"what":"sums","table":"t"}"#, "names no columns"),
        (r#"{"what":"describe","table":"a.b.c"}"#, "dot"),
        (r#"{"what":"describe","table":"t","colour":1}"#, "colour"),
        (r#"{"what":"sums","table":"t","columns":[{"name":"id","class":"thing"}]}"#, "thing"),
        (
            r#"{"what":"sums","table":"t","key":[1],"columns":[{"name":"id","class":"text"}]}"#,
            "key",
        ),
    ] {
        let failed = ask(TABLE, wrong, long).await.expect_err("no question");
        assert_eq!(failed.kind, Kind::NotAnEvent, "{wrong}");
        assert!(failed.message.contains(words), "no {words} in {}", failed.message);
    }
    let failed = ask(TABLE, r#"{"what":"describe","table":"u"}"#, long).await;
    assert!(failed.expect_err("no table").message.contains("does not exist"));
    let described = ask(TABLE, r#"{"what":"describe","table":"t"}"#, long).await;
    let described = described.expect("a description");
    assert_eq!((&described["rows"], &described["key"][0]), (&json!(1_000), &json!("id")));
}

#[tokio::test]
async fn what_time_does_not_suffice_for_is_asked_for_again() {
    let question = format!(r#""what":"sums",{COLUMNS},"key":[0],"buckets":1"#);
    let whole = all(|| TABLE, &question, Duration::from_secs(60)).await;
    assert_eq!(whole.len(), 1);
    // Half a second of which a fifth and a bit more is kept; a row takes a millisecond at least.
    let slow = || Numbers { pause: Duration::from_millis(1), ..TABLE };
    let parts = all(slow, &question, Duration::from_millis(700)).await;
    assert!(parts.len() > 1);
    let rows: u64 = parts.iter().filter_map(|part| part["rows"].as_u64()).sum();
    assert_eq!(rows, 1_000);
    let sum = |answers: &[Value]| {
        let digits = answers.iter().map(|answer| answer["found"].as_str().expect("digits"));
        let sums = digits.map(|digits| u128::from_str_radix(&digits[12..44], 16).expect("a sum"));
        sums.fold(0_u128, u128::wrapping_add)
    };
    assert_eq!(sum(&parts), sum(&whole));
}

#[tokio::test]
async fn without_a_key_to_go_on_by_that_is_an_error() {
    let question = format!(r#"{{"what":"sums",{COLUMNS}}}"#);
    let slow = Numbers { pause: Duration::from_millis(1), has_key: false, ..TABLE };
    let failed = ask(slow, &question, Duration::from_millis(700)).await.expect_err("no answer");
    assert!(failed.message.contains("without a primary key"), "{}", failed.message);
    let whole = Numbers { has_key: false, ..TABLE };
    assert!(ask(whole, &question, Duration::from_secs(60)).await.is_ok());
}

#[tokio::test]
async fn an_answer_stays_below_lambdas_limit() {
    let wide = || Numbers { rows: 3_000, width: 4_000, ..TABLE };
    let question = format!(r#""what":"rows",{COLUMNS},"key":[1],"within":[0]"#);
    let answers = all(wide, &question, Duration::from_secs(60)).await;
    assert!(answers.len() > 2, "{}", answers.len());
    assert!(answers.iter().all(|answer| answer.to_string().len() < 6 << 20));
    let rows: usize = answers.iter().filter_map(|it| it["found"].as_array().map(Vec::len)).sum();
    assert_eq!(rows, 3_000);
}
