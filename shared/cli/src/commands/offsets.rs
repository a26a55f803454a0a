//! `sluice offsets`.

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Value, json};
use sluice_trigger::group::{self, Group, Move};
use sluice_trigger::source_offsets::Read;

use crate::arguments::{
    Action, MaybeSource, Offsets, Output, PartitionSelection, Reset, Show, Source,
};
use crate::commands::lag::{document, notes, title, unknown_group};
use crate::commands::source_offsets;
use crate::display::output::{self, out};
use crate::display::table::{offset, table};

pub(crate) async fn run(arguments: Offsets) -> Result<ExitCode, Box<dyn Error>> {
    match arguments.action {
        Action::Show(show) => self::show(show).await,
        Action::Reset(reset) => self::reset(reset).await,
        Action::Set(set) => source_offsets::set(set).await,
        Action::Import(import) => source_offsets::import(import).await,
    }
}

/// The source, if one is named and not a group.
fn source(MaybeSource { connector, offsets_topic }: MaybeSource) -> Option<Source> {
    Some(Source { connector: connector?, offsets_topic })
}

async fn show(arguments: Show) -> Result<ExitCode, Box<dyn Error>> {
    let cluster = &arguments.cluster;
    if let Some(source) = source(arguments.source) {
        return source_offsets::show(cluster, &source, arguments.output).await;
    }
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let name = arguments.group.unwrap_or_default();
    let group = group::look_up(&kafka, &name, &arguments.topics).await?;
    if group.partitions.is_empty() && group.gone.is_empty() {
        return Err(unknown_group(&group).into());
    }
    if arguments.output == Output::Json {
        out!("{}", document(&group));
        return Ok(ExitCode::SUCCESS);
    }
    let row = |at: &group::GroupPartition| {
        let (start, end) = (at.start.to_string(), at.end.to_string());
        [at.topic.clone(), at.partition.to_string(), offset(at.committed), start, end]
    };
    let rows: Vec<_> = group.partitions.iter().map(row).collect();
    output::text(&title(&group));
    output::text(&table(["topic", "partition", "committed", "earliest", "latest"], &rows));
    output::text(&notes(&group));
    Ok(ExitCode::SUCCESS)
}

async fn reset(arguments: Reset) -> Result<ExitCode, Box<dyn Error>> {
    let Reset { cluster, source, tables, query, all_tables, execute, output, .. } = &arguments;
    if let Some(source) = self::source(source.clone()) {
        let chosen = [&tables[..], if *query { &[Read::Query] } else { &[] }].concat();
        if chosen.is_empty() && !all_tables {
            return Err("name a table with --table, the query with --query, or all of them with --all-tables".into());
        }
        return source_offsets::reset(cluster, &source, &chosen, (*execute, *output)).await;
    }
    let (Some(name), Some(to)) = (&arguments.group, arguments.to) else {
        return Err("name a group and where it goes: --group, --topic and --to".into());
    };
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let topics: Vec<String> =
        arguments.topics.iter().map(|selection| selection.topic.clone()).collect();
    let group = group::look_up(&kafka, name, &topics).await?;
    check_partitions(&group, &arguments.topics)?;
    if arguments.execute && group.is_active() {
        return Err(group::active_error(&group).into());
    }
    let wanted = |topic: &str, partition| {
        arguments.topics.iter().any(|selection| {
            let all = selection.partitions.is_empty();
            selection.topic == topic && (all || selection.partitions.contains(&partition))
        })
    };
    let moves = group.plan(&kafka, to, wanted).await?;
    if arguments.execute && !moves.is_empty() {
        group::move_offsets(&kafka, &group.name, &moves).await?;
    }
    match arguments.output {
        Output::Text => print_plan(&group, &moves, arguments.execute),
        Output::Json => out!("{}", plan(&group, &moves, arguments.execute)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a partition that does not exist.
fn check_partitions(group: &Group, selections: &[PartitionSelection]) -> Result<(), String> {
    for PartitionSelection { topic, partitions } in selections {
        let exists = |number: &i32| {
            group.partitions.iter().any(|at| at.topic == *topic && at.partition == *number)
        };
        if let Some(number) = partitions.iter().find(|number| !exists(number)) {
            return Err(format!("topic {topic} has no partition {number}"));
        }
    }
    Ok(())
}

fn print_plan(group: &Group, moves: &[Move], executed: bool) {
    if moves.is_empty() {
        out!("group {} is already at these offsets: nothing to do", group.name);
        return;
    }
    let row = |step: &Move| {
        let change = match step.from {
            None => "starts here".to_owned(),
            Some(from) if step.to < from => format!("{} again", from - step.to),
            Some(from) => format!("{} skipped", step.to - from),
        };
        let to = step.to.to_string();
        [step.topic.clone(), step.partition.to_string(), offset(step.from), to, change]
    };
    let rows: Vec<_> = moves.iter().map(row).collect();
    output::text(&table(["topic", "partition", "from", "to", "offsets"], &rows));
    if executed {
        out!("group {}: {} partitions moved", group.name, moves.len());
    } else if group.is_active() {
        out!("nothing was changed; --execute would be refused: {}", group::active_error(group));
    } else {
        out!("nothing was changed; add --execute to move the group");
    }
}

fn plan(group: &Group, moves: &[Move], executed: bool) -> Value {
    let step = |step: &Move| json!({"topic": step.topic, "partition": step.partition, "from": step.from, "to": step.to});
    let moves: Vec<_> = moves.iter().map(step).collect();
    json!({"group": group.name, "executed": executed, "moves": moves})
}
