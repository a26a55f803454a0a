//! `sluice replay`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use sluice_trigger::parse_time;
use sluice_trigger::replay::{Filter, group_name};

use super::Cluster;
use super::trigger::{SummaryFormat, batch_size};

const REPLAY_AFTER: &str = "\
Examples:
  What is in the topics for letters, by reason? Nothing is sent:
    sluice replay --bootstrap localhost:9092 --from orders-dead,orders-errors

  The column has been widened. Try ten of its letters, then get all of them back:
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount \\
        --limit 10 --execute
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount --execute

  Which of them failed again?
    sluice replay --bootstrap localhost:9092 --from orders-errors --column amount --replayed 1

  What Lambda gave up during an outage, straight through the function:
    sluice replay --bootstrap localhost:9092 --from orders-failed \\
        --since 2026-11-20T10:00:00Z --until 2026-11-20T11:30:00Z --function ./bootstrap --execute

Letters are known by the headers of Kafka Connect's dead-letter topics and Sluice's own, or as
envelopes of Lambda's on-failure destinations. The record is sent as it was, without the
reasons, with a mark that counts its replays. What is in the topics at the start is read.
Records are sent in the order of their topics, partitions and offsets, from whatever topics and
partitions their letters are read. A record with several letters is sent once.

How far a replay has come is committed for a group, whose name stands for the conditions and the
destination: the same command goes on where the last one ended. Two commands with conditions that
overlap replay twice what both of them mean; --group lets one go on where the other is.

The first SIGINT or SIGTERM finishes what is under way; a second ends at once. Run again after
that or after a crash, the command repeats at most what was under way (1,000 letters, or one batch
of a function) and leaves nothing out.

Exit codes:
  0    told, or everything that was meant is replayed
  1    letters that were meant stay: the function gave them back, they cannot be replayed, their
       topic refuses them for good (each is named, and the others are replayed), or a signal ended
       the work
  2    wrong arguments, no broker, a missing topic, a function that does not start, the same
       replay running elsewhere, or a record that is not known to be written
  130  a second signal cut the work short";

/// Sends the records of letters back to their topics, to another one, or through a function;
/// without --execute it only tells what it would send.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_AFTER)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) cluster: Cluster,

    /// The topics of the letters, separated by commas.
    #[arg(long, required = true, value_delimiter = ',', value_name = "TOPIC,…")]
    pub(crate) from: Vec<String>,

    /// Where to: source, the topic that each letter names, in the partition it was in; or the topic
    /// of this name.
    #[arg(long, default_value = SOURCE, value_name = "source|TOPIC", conflicts_with = "function")]
    pub(crate) to: String,

    /// Straight through a function instead: a binary that speaks Lambda's Runtime API. Its records
    /// have the topic, partition and offset they were read from.
    #[arg(long, value_name = "BINARY")]
    pub(crate) function: Option<PathBuf>,

    /// Do it.
    #[arg(long)]
    pub(crate) execute: bool,

    #[command(flatten)]
    pub(crate) meant: Meant,

    /// Replay this many letters at the most, and go on after them next time.
    #[arg(long, value_name = "LETTERS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,

    /// How many letters are put in the order of their records at once, about 64 bytes of memory for
    /// each. More letters are taken in turns, those that were written first before the others.
    #[arg(long, default_value_t = 1_000_000, value_name = "LETTERS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) window: u64,

    /// The group that keeps how far the replay has come, with NAME.until and NAME.last beside it;
    /// nobody may be a member of them.
    /// [default: sluice-replay, and a number that stands for the conditions]
    #[arg(long)]
    pub(crate) group: Option<String>,

    /// Begin with the first letter, whatever was replayed before.
    #[arg(long)]
    pub(crate) again: bool,

    /// Most records of one invocation.
    #[arg(long, requires = "function", default_value = "100", value_name = "RECORDS", value_parser = batch_size)]
    pub(crate) batch_size: usize,

    /// How often what the function gives back is sent again before the replay ends there.
    #[arg(long, requires = "function", default_value_t = 3, value_name = "COUNT")]
    pub(crate) max_retries: u32,

    /// How long one invocation may take before the function is killed.
    #[arg(long, requires = "function", default_value = "60s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// How the numbers are printed on standard output.
    #[arg(long, value_enum, default_value_t = SummaryFormat::Text)]
    pub(crate) summary: SummaryFormat,
}

/// `--to` of a record's own topic.
pub(crate) const SOURCE: &str = "source";

/// Which letters are meant: all, unless conditions are given, and then those for which every one of
/// them holds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which letters")]
pub(crate) struct Meant {
    /// The reason contains this text. This condition and the next four may be repeated: one of
    /// the values is enough.
    #[arg(long, value_name = "TEXT")]
    reason: Vec<String>,

    /// The column that the value did not fit.
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,

    /// The target's error code, such as an SQLSTATE.
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,

    /// Where it failed, in Kafka Connect's words: KEY_CONVERTER, VALUE_CONVERTER, TRANSFORMATION,
    /// TASK_PUT.
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

    /// The letter's timestamp is this or later: RFC 3339, Unix seconds or milliseconds, or without
    /// --execute how long ago (2h). A letter has the time at which it was written; one of Kafka
    /// Connect has the timestamp of its record.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    since: Option<Moment>,

    /// The letter's timestamp is before this.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    until: Option<Moment>,

    /// How often the record was replayed before: 0 for what never was, 1 for what failed again
    /// after a replay, and so on.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) replayed: u32,
}

impl Meant {
    pub(crate) fn filter(&self) -> Filter {
        Filter {
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
    fn told(&self) -> Vec<(&'static str, String)> {
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
    /// Refuses to do anything by a time that is another one at every run: what the first run left
    /// would be out of the second.
    pub(crate) fn check(&self) -> Result<(), String> {
        let moments = [("since", &self.meant.since), ("until", &self.meant.until)];
        for (option, moment) in moments {
            if let Some(Moment { text, millis, is_ago: true }) = moment
                && self.execute
            {
                let since_1970 = Duration::from_millis(millis.unsigned_abs());
                let time = SystemTime::UNIX_EPOCH + since_1970;
                return Err(format!(
                    "--{option} {text} is another time at every run: with --execute say the time \
                     itself, --{option} {}",
                    humantime::format_rfc3339_seconds(time)
                ));
            }
        }
        Ok(())
    }

    /// The group that was named, or the one of these conditions and this destination.
    pub(crate) fn group(&self) -> String {
        if let Some(group) = &self.group {
            return group.clone();
        }
        let mut told = self.meant.told();
        match &self.function {
            // A new build may lie elsewhere.
            Some(function) => {
                let name = function.file_name().unwrap_or_default();
                told.push(("function", name.to_string_lossy().into_owned()));
            }
            None if self.to != SOURCE => told.push(("to", self.to.clone())),
            None => {}
        }
        group_name(&told)
    }
}

/// A point in time, and how it was typed.
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
                None => Err(format!("{wrong}, or how long ago, such as 2h")),
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
