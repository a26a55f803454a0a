//! `sluice replay`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use sluice_trigger::parse_time;
use sluice_trigger::replay::{LetterFilter, group_name};

use super::Cluster;
use super::trigger::{SummaryFormat, batch_size};

const REPLAY_AFTER: &str = "\
Examples:
  Count the letters by reason; nothing is sent:
    sluice replay --bootstrap localhost:9092 --from orders-dead,orders-errors

  After a column was made wider, replay ten of its letters, then all of them:
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount \\
        --limit 10 --execute
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount --execute

  Show which of them failed again:
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount --replayed 1

  Replay what Lambda gave up during an outage, directly through the function:
    sluice replay --bootstrap localhost:9092 --from orders-failed \\
        --since 2026-11-20T10:00:00Z --until 2026-11-20T11:30:00Z --function ./bootstrap --execute

The command recognises letters with the headers of Kafka Connect or Sluice, and envelopes of
Lambda's on-failure destinations. It sends the record as it was, without the reason, and with
headers that count its replays. It reads the letters that are in the topics at its start. Records
are sent in the order of their topics, partitions and offsets, even if their letters come from
several topics or partitions. A record with several letters is sent once.

The progress of a replay is committed for a group, whose name depends on the conditions and the
destination: the same command continues where the last one ended. Two commands whose conditions
overlap replay the letters in the overlap twice; with --group one command continues at the
progress of another.

After the first SIGINT or SIGTERM the command finishes the letters in flight; after a second it
ends at once. If you run it again then, or after a crash, it repeats at most the letters that were
in flight (1,000, or one batch of a function). No letter is left out.

Exit codes:
  0    the letters are counted, or all selected letters are replayed
  1    some selected letters were not replayed: the function gave them back, they cannot be
       replayed, their topic refuses them (each is named, and the others are replayed), or a
       signal ended the command
  2    wrong arguments, no broker, a missing topic, a function that does not start, the same
       replay running at the same time, or a record that may not be written
  130  a second signal ended the command";

/// Sends the records of letters back to their topics, to another topic, or through a function;
/// without --execute it only shows what it would send.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_AFTER)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topics of the letters, separated by commas.
    #[arg(long, required = true, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) from: Vec<String>,

    /// The destination: source, the topic and partition that each letter names; or the topic of
    /// this name.
    #[arg(long, default_value = SOURCE, value_name = "source|TOPIC", conflicts_with = "function")]
    pub(crate) to: String,

    /// Send the records directly through this function, a binary that speaks Lambda's Runtime API.
    /// They have the topic, partition and offset from which they were first read.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: Option<PathBuf>,

    /// Send the records.
    #[arg(long)]
    pub(crate) execute: bool,

    #[command(flatten)]
    pub(crate) conditions: Conditions,

    /// Replay at most this many letters; the next replay continues after them.
    #[arg(long, value_name = "LETTERS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,

    /// How many letters are sorted at once by their records, with about 64 bytes of memory for
    /// each. If there are more letters, the oldest are replayed first.
    #[arg(long, default_value_t = 1_000_000, value_name = "LETTERS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) window: u64,

    /// The group in which the progress of the replay is committed, also with the names NAME.until
    /// and NAME.last. These groups must have no members.
    /// [default: sluice-replay, and a number that depends on the conditions]
    #[arg(long)]
    pub(crate) group: Option<String>,

    /// Start with the first letter again.
    #[arg(long)]
    pub(crate) again: bool,

    /// The maximum number of records of one invocation.
    #[arg(long, requires = "function", default_value = "100", value_name = "RECORDS", value_parser = batch_size)]
    pub(crate) batch_size: usize,

    /// How often letters that the function gives back are sent again before the replay ends.
    #[arg(long, requires = "function", default_value_t = 3, value_name = "COUNT")]
    pub(crate) max_retries: u32,

    /// How long one invocation may take before the function is killed.
    #[arg(long, requires = "function", default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The format of the numbers on standard output.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Text)]
    pub(crate) summary: SummaryFormat,
}

/// The value of `--to` that means each record's own topic.
pub(crate) const SOURCE: &str = "source";

/// Conditions that select letters. A letter is selected if every condition that is given holds for
/// it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which letters")]
pub(crate) struct Conditions {
    /// The reason contains this text. This condition and the next four can be repeated; then one
    /// of the values is enough.
    #[arg(long, value_name = "TEXT")]
    reason: Vec<String>,

    /// The column for which the value was refused.
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,

    /// The target's error code, such as an SQLSTATE.
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,

    /// The stage that failed, by Kafka Connect's name: KEY_CONVERTER, VALUE_CONVERTER,
    /// TRANSFORMATION, TASK_PUT.
    #[arg(long, value_name = "STAGE")]
    stage: Vec<String>,

    /// The topic that the record was read from.
    #[arg(long, value_name = "TOPIC")]
    source_topic: Vec<String>,

    /// The partitions that the record was read from, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NUMBER,…", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,

    /// The offsets that the record was read from, both included.
    #[arg(long, value_name = "FIRST..LAST", value_parser = offsets)]
    offsets: Option<RangeInclusive<i64>>,

    /// The letter's timestamp is this time or later: RFC 3339, Unix seconds or milliseconds, or,
    /// without --execute, an age (2h). The timestamp of a letter is the time at which it was sent;
    /// a letter of Kafka Connect has the timestamp of its record.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    since: Option<Moment>,

    /// The letter's timestamp is before this time.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    until: Option<Moment>,

    /// How often the record was replayed before: 0 for records that were never replayed, 1 for
    /// records that failed again after one replay, and so on.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) replayed: u32,
}

impl Conditions {
    pub(crate) fn filter(&self) -> LetterFilter {
        LetterFilter {
            reason: self.reason.clone(),
            column: self.column.clone(),
            code: self.code.clone(),
            stage: self.stage.clone(),
            source_topic: self.source_topic.clone(),
            partition: self.partition.clone(),
            offsets: self.offsets.clone(),
            since: self.since.as_ref().map(|moment| moment.millis),
            until: self.until.as_ref().map(|moment| moment.millis),
        }
    }

    /// The conditions as they were typed.
    fn as_typed(&self) -> Vec<(&'static str, String)> {
        let lists = [
            ("reason", &self.reason),
            ("column", &self.column),
            ("code", &self.code),
            ("stage", &self.stage),
            ("source-topic", &self.source_topic),
        ];
        let lists = lists
            .into_iter()
            .flat_map(|(option, values)| values.iter().map(move |value| (option, value.clone())));
        let partitions = self.partition.iter().map(|number| ("partition", number.to_string()));
        let offsets = self.offsets.iter().map(|range| ("offsets", format!("{range:?}")));
        let since = self.since.iter().map(|moment| ("since", moment.text.clone()));
        let until = self.until.iter().map(|moment| ("until", moment.text.clone()));
        let replayed = Some(self.replayed).filter(|count| *count > 0);
        let replayed = replayed.into_iter().map(|count| ("replayed", count.to_string()));
        lists.chain(partitions).chain(offsets).chain(since).chain(until).chain(replayed).collect()
    }
}

impl Replay {
    /// Refuses `--execute` with an age: it is a different time at every run, so that the next run
    /// would leave out letters that this run did not replay.
    pub(crate) fn check(&self) -> Result<(), String> {
        let moments = [("since", &self.conditions.since), ("until", &self.conditions.until)];
        for (option, moment) in moments {
            if let Some(Moment { text, millis, is_ago: true }) = moment
                && self.execute
            {
                let since_1970 = Duration::from_millis(millis.unsigned_abs());
                let time = SystemTime::UNIX_EPOCH + since_1970;
                return Err(format!(
                    "--{option} {text} is a different time at every run: with --execute use a fixed \
                     time, --{option} {}",
                    humantime::format_rfc3339_seconds(time)
                ));
            }
        }
        Ok(())
    }

    /// The group of `--group`, or the default for these conditions and this destination.
    pub(crate) fn group(&self) -> String {
        if let Some(group) = &self.group {
            return group.clone();
        }
        let mut conditions = self.conditions.as_typed();
        match &self.function {
            // A new build may be in another folder.
            Some(function) => {
                let name = function.file_name().unwrap_or_default();
                conditions.push(("function", name.to_string_lossy().into_owned()));
            }
            None if self.to != SOURCE => conditions.push(("to", self.to.clone())),
            None => {}
        }
        group_name(&conditions)
    }
}

/// A point in time, and the text of the argument.
#[derive(Debug, Clone)]
struct Moment {
    text: String,
    millis: i64,
    is_ago: bool,
}

impl Moment {
    fn read(text: &str) -> Result<Self, String> {
        let ago = |age: Duration| {
            let moment = SystemTime::now().checked_sub(age)?;
            let since_1970 = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            i64::try_from(since_1970.as_millis()).ok()
        };
        let text = text.to_owned();
        match parse_time(&text) {
            Ok(millis) => Ok(Self { text, millis, is_ago: false }),
            Err(wrong) => match humantime::parse_duration(&text).ok().and_then(ago) {
                Some(millis) => Ok(Self { text, millis, is_ago: true }),
                None => Err(format!("{wrong}, or an age such as 2h")),
            },
        }
    }
}

fn offsets(text: &str) -> Result<RangeInclusive<i64>, String> {
    let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
    let range = text.split_once("..").and_then(|(first, last)| {
        Some(number(first)?..=number(last)?).filter(|range| !range.is_empty())
    });
    range.ok_or_else(|| "must look like 100..200".to_owned())
}
