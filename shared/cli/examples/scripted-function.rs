//! The function of the integration tests. It writes the records that it received to the directory
//! `SCRIPT_DIRECTORY`, and does what a record's value, a JSON object, says:
//!
//! - `{"do": "fail", "times": N}` reports an error,
//! - `{"do": "crash", "times": N}` ends the process without a message,
//! - `{"do": "hang", "times": N}` never answers,
//! - `{"do": "give-back", "times": N}` reports the record in `batchItemFailures`,
//!
//! each for the first `times` invocations with the record; after that it succeeds. The last event
//! is in `last-event.json`. `SCRIPT_INIT=crash` ends the process before it asks for an invocation,
//! with `SCRIPT_INIT=hang` it never asks for one; `SCRIPT_PAUSE` is the number of milliseconds that
//! every invocation takes.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::var("SCRIPT_INIT").is_ok_and(|script| script == "crash") {
        eprintln!("the table `orders` does not exist");
        std::process::exit(3);
    }
    if std::env::var("SCRIPT_INIT").is_ok_and(|script| script == "hang") {
        std::future::pending::<()>().await;
    }
    lambda_runtime::run(service_fn(invoke)).await
}

async fn invoke(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let left = event.context.deadline.saturating_sub(now_millis());
    assert!((1..=600_000).contains(&left), "the deadline is real: {left} ms from now");
    if let Ok(pause) = std::env::var("SCRIPT_PAUSE") {
        tokio::time::sleep(Duration::from_millis(pause.parse()?)).await;
    }
    fs::write(directory().join("last-event.json"), event.payload.to_string())?;
    let mut given_back = Vec::new();
    let mut received = Vec::new();
    let lists = event.payload["records"].as_object().ok_or("no records")?;
    for (partition, records) in lists {
        for record in records.as_array().ok_or("no list")? {
            received.push(format!("{partition}@{}", record["offset"]));
            let script = script(record);
            if !is_due(partition, record, &script)? {
                continue;
            }
            match script["do"].as_str() {
                Some("fail") => return Err("told to fail".into()),
                Some("crash") => std::process::exit(9),
                Some("hang") => std::future::pending().await,
                Some("give-back") => given_back.push(json!({
                    "itemIdentifier": {"partition": partition, "offset": record["offset"]}
                })),
                _ => {}
            }
        }
    }
    note(&received, &given_back)?;
    let written = received.len() - given_back.len();
    let mut line = json!({"message": "batch", "written": written, "lettered": 1, "filtered": 2});
    if !given_back.is_empty() {
        line["requestId"] = event.context.request_id.into();
        line["error_type"] = "Scripted".into();
        line["error"] = "told to give it back".into();
    }
    println!("{line}");
    Ok(json!({"batchItemFailures": given_back}))
}

fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

fn directory() -> PathBuf {
    std::env::var_os("SCRIPT_DIRECTORY").map(PathBuf::from).expect("SCRIPT_DIRECTORY is set")
}

fn script(record: &Value) -> Value {
    let value = record["value"].as_str().unwrap_or_default();
    let value = base64_simd::STANDARD.decode_to_vec(value).unwrap_or_default();
    serde_json::from_slice(&value).unwrap_or_default()
}

/// Whether a scripted record still fails. The count is in a file, because it must survive a crash.
fn is_due(partition: &str, record: &Value, script: &Value) -> Result<bool, Error> {
    let Some(times) = script["times"].as_u64() else { return Ok(false) };
    let path = directory().join(format!("{partition}@{}.times", record["offset"]));
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    file.write_all(b".")?;
    Ok(file.metadata()?.len() <= times)
}

/// Writes a file for each answered invocation, so that processes do not write to the same file.
fn note(received: &[String], given_back: &[Value]) -> Result<(), Error> {
    let first = given_back.iter().map(|item| item["itemIdentifier"].to_string());
    let name = format!("{}-{}.batch", now_nanos(), std::process::id());
    let mut file = File::create(directory().join(name))?;
    writeln!(file, "{}", json!({"received": received, "given_back": first.collect::<Vec<_>>()}))?;
    Ok(())
}

fn now_nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}
