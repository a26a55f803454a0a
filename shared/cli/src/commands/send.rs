//! `sluice send`.

mod encoding;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use sluice_trigger::{
    GroupPosition, RecordFollower, RecordOutcome, RecordTemplate, Sent, read_line, split,
};
use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncReadExt, BufReader, stdin};

use self::encoding::Draft;
use crate::arguments::Send;
use crate::commands::invoke::read;
use crate::display::output::{note, out};

/// The record is not settled yet.
const WAITING: u8 = 3;

pub(crate) async fn run(arguments: Send) -> Result<ExitCode, Box<dyn Error>> {
    let cluster = &arguments.cluster;
    let message = RecordTemplate {
        topic: arguments.topic,
        partition: arguments.partition,
        key: arguments.key.map(Into::into),
        headers: arguments.headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
    };
    let draft = Draft::open(&arguments.schemas, &message.topic).await?;
    let unreadable =
        |error: std::io::Error| format!("cannot read {}: {error}", arguments.file.display());
    if arguments.lines {
        let mut input = open(&arguments.file).await.map_err(unreadable)?;
        let separator = arguments.key_separator.as_deref();
        let mut first = Vec::new();
        if read_line(&mut input, &mut first).await? {
            let (key, value) = split(&first, separator);
            let key = key.or_else(|| message.key.clone());
            draft.check(key.as_ref(), Some(&value)).map_err(|why| format!("line 1: {why}"))?;
            first.push(b'\n');
        }
        let encoding = draft.register().await?;
        let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
        let lines = first.as_slice().chain(input);
        let prepare = |key, value| encoding.prepare(key, Some(value));
        let sent = sluice_trigger::send_lines(&kafka, &message, separator, lines, prepare).await?;
        out!("{sent}");
        return Ok(ExitCode::SUCCESS);
    }
    let value = if arguments.tombstone {
        None
    } else {
        Some(read(&arguments.file).map_err(unreadable)?.into())
    };
    draft.check(message.key.as_ref(), value.as_ref())?;
    let encoding = draft.register().await?;
    let prepared = encoding.prepare(message.key.clone(), value)?;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let follower = match &arguments.group {
        Some(group) => {
            Some(RecordFollower::open(&kafka, group, &arguments.dead_letter_topic).await?)
        }
        None => None,
    };
    let sent = sluice_trigger::send(&kafka, &message, prepared).await?;
    out!("{sent}");
    let Some(follower) = follower else { return Ok(ExitCode::SUCCESS) };
    let waiting = |position: &GroupPosition| note!("sluice: {sent} waits: {position}");
    Ok(print(&sent, &follower.follow(&sent, arguments.timeout, waiting).await?))
}

/// Prints the outcome of the record.
fn print(sent: &Sent, outcome: &RecordOutcome) -> ExitCode {
    match outcome {
        RecordOutcome::Settled => {
            out!(
                "settled: the group has committed an offset after it, so it is written or filtered"
            );
            ExitCode::SUCCESS
        }
        RecordOutcome::Lettered { letter, reason } => {
            out!("lettered to {letter}: {reason}");
            ExitCode::FAILURE
        }
        RecordOutcome::Waiting(position) => {
            note!("sluice: {sent} still waits: {position}");
            ExitCode::from(WAITING)
        }
    }
}

async fn open(path: &Path) -> std::io::Result<Box<dyn AsyncBufRead + Unpin>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(path).await?)))
}
