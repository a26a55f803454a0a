//! `sluice poll`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sluice_trigger::{Failure, FailureKind, FunctionConfig, RepeatedFunction};
use tokio::time::{Instant, sleep_until};

use crate::arguments::{Output, Poll};
use crate::display::output::{self, note, out};
use crate::display::screen::Screen;
use crate::display::table::table;
use crate::function::platform::platform;
use crate::process::stop::Stop;

const CUT_SHORT: u8 = 130;
/// A source only reads what a check invokes it with.
const EVENT: &[u8] = b"{}";

pub(crate) async fn run(arguments: Poll) -> Result<ExitCode, Box<dyn Error>> {
    let config = FunctionConfig {
        program: arguments.function,
        timeout: arguments.timeout,
        environment: Vec::new(),
    };
    let screen = Arc::new(Screen::quiet(arguments.function_log.as_deref())?);
    let mut function = RepeatedFunction::new(config, platform(arguments.platform), screen);
    let mut stop = Stop::listen()?;
    let mut is_told = false;
    let code = loop {
        let next = arguments.every.map(|pause| Instant::now() + pause);
        let invoked = invoke(&mut function, &mut stop, &mut is_told).await;
        let end = match invoked {
            None => Some(ExitCode::from(CUT_SHORT)),
            Some(answer) => concluded(answer, arguments.output, next.is_some())?,
        };
        match (end, next) {
            (Some(code), _) => break code,
            (None, None) if is_told => break ExitCode::from(CUT_SHORT),
            _ if is_told => break ExitCode::SUCCESS,
            (None, Some(next)) => tokio::select! {
                () = sleep_until(next) => {}
                () = stop.signalled() => break ExitCode::SUCCESS,
            },
            (None, None) => {}
        }
    };
    function.stop().await;
    Ok(code)
}

/// One invocation. The first signal lets it come to its end and is remembered in `is_told`; at a second one it is
/// given up, which is `None`.
async fn invoke(
    function: &mut RepeatedFunction,
    stop: &mut Stop,
    is_told: &mut bool,
) -> Option<Result<Value, Failure>> {
    let invocation = function.invoke(Bytes::from_static(EVENT));
    tokio::pin!(invocation);
    loop {
        tokio::select! {
            answer = &mut invocation => {
                let parsed = |answer: Bytes| serde_json::from_slice(&answer).unwrap_or_default();
                return Some(answer.map(parsed));
            }
            () = stop.signalled() => {
                if std::mem::replace(is_told, true) {
                    return None;
                }
                note!("sluice: the invocation that runs comes to its end first");
            }
        }
    }
}

/// Shows an answer. Returns how the command ends, or `None` if another invocation follows.
fn concluded(
    answer: Result<Value, Failure>,
    output: Output,
    goes_on: bool,
) -> Result<Option<ExitCode>, Box<dyn Error>> {
    let answer = match answer {
        Err(failure) if failure.kind == FailureKind::Init && !goes_on => return Err(failure.into()),
        Err(failure) => {
            note!("sluice: {failure}");
            return Ok((!goes_on).then_some(ExitCode::FAILURE));
        }
        Ok(answer) => answer,
    };
    let Some(is_done) = answer["done"].as_bool() else {
        return Err(
            "the function is no source: its answer does not say whether rows are left".into()
        );
    };
    match output {
        Output::Json => out!("{answer}"),
        Output::Text => output::text(&text(&answer, is_done)),
    }
    Ok(match (goes_on, answer["superseded"] == true, is_done) {
        (true, ..) => None,
        (false, true, _) => Some(ExitCode::FAILURE),
        (false, false, is_done) => is_done.then_some(ExitCode::SUCCESS),
    })
}

fn text(answer: &Value, is_done: bool) -> String {
    let rows = answer["rows"].as_u64().unwrap_or_default();
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let state = match (answer["superseded"] == true, is_done) {
        (true, _) => "a newer instance of the source has taken over",
        (_, true) => "nothing is new",
        (_, false) => "the time was up before everything was read",
    };
    let tables: Vec<_> = answer["tables"].as_array().into_iter().flatten().map(row).collect();
    let table = match tables.is_empty() {
        true => String::new(),
        false => table(["table", "topic", "rows", "behind", "waits for"], &tables),
    };
    format!("{rows}; {state}\n{table}")
}

fn row(table: &Value) -> [String; 5] {
    let text = |member: &str| table[member].as_str().unwrap_or_default().to_owned();
    let behind = match (table["behindMicros"].as_u64(), table["behindIds"].as_u64()) {
        (Some(micros), _) => format!("{:.3} s", micros as f64 / 1e6),
        (_, Some(ids)) => format!("{ids} ids"),
        _ => "-".to_owned(),
    };
    let rows = table["rows"].as_u64().unwrap_or_default().to_string();
    [text("table"), text("topic"), rows, behind, text("waitsFor")]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_told_table_by_table() {
        let answer = json!({"rows": 3, "done": false, "superseded": false, "tables": [
            {"table": "d.t", "topic": "x-t", "rows": 3, "behindMicros": 1_500_000, "waitsFor": "the transaction of connection 7"},
            {"table": "d.u", "topic": "x-u", "rows": 0, "behindIds": 12},
        ]});
        assert_eq!(
            text(&answer, false),
            "3 rows; the time was up before everything was read\n\
             table  topic  rows  behind   waits for\n\
             d.t    x-t       3  1.500 s  the transaction of connection 7\n\
             d.u    x-u       0  12 ids\n"
        );
        let none = json!({"rows": 1, "done": true, "tables": []});
        assert_eq!(text(&none, true), "1 row; nothing is new\n");
    }

    #[test]
    fn the_end_follows_from_the_answer() {
        let end = |answer: Value, goes_on| concluded(Ok(answer), Output::Json, goes_on);
        let (done, late) = (json!({"done": true}), json!({"done": false}));
        assert_eq!(end(done.clone(), false).expect("an end"), Some(ExitCode::SUCCESS));
        assert_eq!(end(late, false).expect("no end"), None);
        let superseded = json!({"done": false, "superseded": true});
        assert_eq!(end(superseded, false).expect("an end"), Some(ExitCode::FAILURE));
        assert_eq!(end(done, true).expect("no end"), None);
        assert!(end(json!({"batchItemFailures": []}), false).is_err());
    }
}
