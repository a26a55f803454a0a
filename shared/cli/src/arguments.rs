//! The command line: the arguments of each command and their help, one file for each command. This
//! file has what the commands share.

mod check;
mod compare;
mod invoke;
mod lag;
mod offsets;
mod options;
mod platform;
mod poll;
mod records;
mod replay;
mod run;
mod schema;
mod schemas;
mod send;
mod source_offsets;
mod trigger;

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::process::reference::resolve;

pub(crate) use check::{Check, ReportFormat};
pub(crate) use compare::{Compare, Only};
pub(crate) use invoke::Invoke;
pub(crate) use lag::{Lag, Output};
pub(crate) use offsets::{Action, MaybeSource, Offsets, PartitionSelection, Reset, Show};
pub(crate) use options::Options;
pub(crate) use platform::PlatformName;
pub(crate) use poll::Poll;
pub(crate) use records::Records;
pub(crate) use replay::{Replay, SOURCE};
pub(crate) use run::Run;
pub(crate) use schema::Schema;
pub(crate) use schemas::{
    RegistryAccess, SchemaFormat, SchemaPlace, SchemaPosition, SchemaReference, SchemaSource,
    Schemas,
};
pub(crate) use send::Send;
pub(crate) use source_offsets::{Import, Set, Source};
pub(crate) use trigger::{SummaryFormat, Trigger, age, position};

/// Runs functions of AWS Lambda or Alibaba Cloud Function Compute on this machine: sinks with the
/// records of Kafka topics, sources again and again.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Sluice {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Trigger(Box<Trigger>),
    Run(Run),
    Invoke(Invoke),
    Poll(Poll),
    Send(Box<Send>),
    Lag(Lag),
    Offsets(Offsets),
    Options(Options),
    Replay(Box<Replay>),
    Check(Box<Check>),
    Schema(Box<Schema>),
    Compare(Box<Compare>),
}

/// The cluster, and how to connect to it.
#[derive(Debug, Args)]
pub(crate) struct Cluster {
    /// The bootstrap brokers, separated by commas.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT,…")]
    pub(crate) bootstrap: String,

    /// A connection option, as the functions have it without `kafka.`; can be repeated:
    /// security.protocol, sasl.mechanism, sasl.username, sasl.password, sasl.oauthbearer.*,
    /// ssl.ca.location, ssl.certificate.location, ssl.key.location, aws.region, client.id. A value
    /// can refer to a secret as ${env:NAME} or ${file:PATH:KEY}, so that the list of processes
    /// does not show the secret.
    #[arg(long = "kafka", value_name = "NAME=VALUE", value_parser = ConnectionParser("--kafka"))]
    pub(crate) options: Vec<Connection>,
}

impl Cluster {
    /// The connection options by name, their references replaced.
    pub(crate) fn kafka(&self) -> Vec<(String, String)> {
        let pair = |option: &Connection| (option.name.clone(), option.value.clone());
        self.options.iter().map(pair).collect()
    }
}

/// A connection option.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) name: String,
    value: String,
    /// The value as it was typed, with references: a function replaces them itself.
    pub(crate) typed: String,
}

/// Reads a connection option of the argument that it names. An error never shows the value, because it may be a secret.
#[derive(Clone)]
struct ConnectionParser(&'static str);

impl TypedValueParser for ConnectionParser {
    type Value = Connection;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = value.to_str().ok_or_else(|| "must be UTF-8 text".to_owned());
        let pair = text.and_then(pair);
        let option = pair.and_then(|(name, typed)| match resolve(&typed) {
            Ok(value) => Ok(Connection { name, value, typed }),
            Err(problem) => Err(format!("{name}: {problem}")),
        });
        option.map_err(|problem| {
            let text = format!("{} {problem}\n", self.0);
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        })
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("must look like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Sluice::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Sluice, clap::Error> {
        Sluice::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn limits_are_refused_where_they_are_typed() {
        let trigger = "sluice trigger --function f --bootstrap b:1 --topics a,b --group g";
        assert!(parse(trigger).is_ok());
        let accepts = |more: &str| parse(&format!("{trigger} {more}")).is_ok();
        for wrong in ["--batch-size 0", "--batch-size 10001", "--concurrency 0", "--max-retries -2"]
        {
            assert!(!accepts(wrong), "{wrong}");
        }
        assert!(accepts("--batch-size 10000 --max-retries -1 --batch-window 0s"));
        assert!(accepts("--max-record-age -1 --starting-position at-timestamp=1795169730"));
        assert!(accepts("--max-record-age 3600 --starting-position latest --mode on-demand"));
        for wrong in ["--starting-position at-timestamp=soon", "--max-record-age old"] {
            assert!(!accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_connection_option_that_is_refused_is_not_shown() {
        for wrong in ["sasl.password=hunter2${env:NO_SUCH_NAME}", "hunter2"] {
            let error = parse(&format!("sluice lag --bootstrap b:1 --group g --kafka {wrong}"));
            let error = error.expect_err("refused").to_string();
            assert!(error.contains("--kafka") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn records_come_from_one_place() {
        let accepts = |more: &str| {
            let [check, schema] = ["check", "schema"]
                .map(|command| parse(&format!("sluice {command} --function f {more}")).is_ok());
            assert_eq!(check, schema, "{more}");
            check
        };
        for right in ["--event e", "--topic t --records r", "--topic t --bootstrap b:1 --last 3"] {
            assert!(accepts(right), "{right}");
        }
        assert!(parse("sluice check --function f").is_ok(), "a source has no records to name");
        assert!(parse("sluice schema --function f").is_err());
        for wrong in [
            "--topic t",
            "--records r",
            "--event e --topic t",
            "--topic t --records r --bootstrap b:1",
        ] {
            assert!(!accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_replay_goes_one_way() {
        let accepts = |more: &str| {
            parse(&format!("sluice replay --bootstrap b:1 --from dead,errors {more}")).is_ok()
        };
        for right in [
            "",
            "--to other --execute --limit 10",
            "--function f --partition 0,2 --offsets 5..9",
            "--since 2h --until 2026-11-20T10:15:30Z --column a --column b",
            "--replayed 1 --group g --again --offsets 7..7",
        ] {
            assert!(accepts(right), "{right}");
        }
        for wrong in [
            "--function f --to other",
            "--batch-size 5",
            "--offsets 9..5",
            "--offsets 5",
            "--offsets -1..5",
            "--since soon",
            "--limit 0",
            "--partition -1",
        ] {
            assert!(!accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn offsets_are_those_of_a_group_or_of_a_source() {
        let accepts = |line: &str| parse(&format!("sluice offsets {line} --bootstrap b:1")).is_ok();
        for right in [
            "show --group g --topics a,b",
            "show --connector c --offsets-topic t",
            "reset --group g --topic t:0,2 --to earliest --execute",
            "reset --connector c --table d.t --table d.u",
            "reset --connector c --all-tables --execute --output json",
            "set --connector c --table d.t --incrementing -7",
            "set --connector c --table d.t --timestamp 2026-11-20T10:15:30.000001Z --incrementing 7",
            "import --connector c --from-topic connect-offsets --from-connector d --execute",
        ] {
            assert!(accepts(right), "{right}");
        }
        for wrong in [
            "show",
            "show --group g --connector c",
            "show --group g --offsets-topic t",
            "reset --group g --topic t",
            "reset --group g --to earliest",
            "reset --group g --topic t --to earliest --table d.t",
            "reset --connector c --table t",
            "reset --connector c --all-tables --table d.t",
            "reset --connector c --topic t --to earliest",
            "set --connector c --table d.t",
            "set --table d.t --incrementing 7",
            "import --connector c",
        ] {
            assert!(!accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_tombstone_needs_a_key_and_has_no_value() {
        let send = "sluice send --bootstrap b:1 --topic t";
        assert!(parse(&format!("{send} --tombstone --key k")).is_ok());
        for wrong in [
            "--tombstone",
            "--tombstone --key k file",
            "--key-separator :",
            "--header a",
            "--follow",
            "--group g",
            "--follow --group g --lines",
        ] {
            assert!(parse(&format!("{send} {wrong}")).is_err(), "{wrong}");
        }
    }
}
