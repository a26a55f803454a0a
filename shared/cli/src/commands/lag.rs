//! `sluice lag`.

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Value, json};
use sluice_trigger::LostReason;
use sluice_trigger::group::{self, Group, GroupPartition};

use crate::arguments::{Lag, Output};
use crate::display::output::{self, out};
use crate::display::table::{offset, table};

pub(crate) async fn run(arguments: Lag) -> Result<ExitCode, Box<dyn Error>> {
    let cluster = &arguments.cluster;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let group = group::look_up(&kafka, &arguments.group, &arguments.topics).await?;
    if group.partitions.is_empty() && group.gone.is_empty() {
        return Err(unknown_group(&group).into());
    }
    match arguments.output {
        Output::Text => output::text(&text(&group)),
        Output::Json => out!("{}", document(&group)),
    }
    let lost = group.partitions.iter().any(|at| at.out_of_range.is_some());
    let too_far = arguments.fail_above.is_some_and(|limit| group.lag() > limit || lost);
    Ok(ExitCode::from(u8::from(too_far)))
}

/// The error for a group without committed offsets.
pub(crate) fn unknown_group(group: &Group) -> String {
    format!(
        "group {} has committed no offset: check its name, or name its topics with --topics",
        group.name
    )
}

/// Name, state, members and lag, on one line.
pub(crate) fn title(group: &Group) -> String {
    let members = if group.members == 1 { "member" } else { "members" };
    let Group { name, state, .. } = group;
    format!("group {name}: {state}, {} {members}, {} behind\n", group.members, group.lag())
}

fn text(group: &Group) -> String {
    let row = |at: &GroupPartition| {
        let place = [at.topic.clone(), at.partition.to_string()];
        let [topic, partition] = place;
        [topic, partition, offset(at.committed), at.end.to_string(), at.lag().to_string()]
    };
    let rows: Vec<_> = group.partitions.iter().map(row).collect();
    let table = table(["topic", "partition", "committed", "end", "lag"], &rows);
    title(group) + &table + &notes(group)
}

/// One line for each lost offset and for each topic that does not exist.
pub(crate) fn notes(group: &Group) -> String {
    let lost = group.partitions.iter().filter_map(|at| {
        let GroupPartition { topic, partition, start, end, .. } = at;
        let committed = at.committed?;
        let why = match at.out_of_range? {
            LostReason::Deleted => {
                format!("offsets {committed} to {} were deleted before they were read", start - 1)
            }
            LostReason::BeyondEnd => format!("offset {committed} is beyond the end of the log"),
            LostReason::Truncated => "the log was truncated".to_owned(),
            LostReason::TopicRecreated => {
                format!("offset {committed} belongs to a deleted topic of the same name")
            }
        };
        Some(format!(
            "{topic} partition {partition}: {why}; the log begins at {start} and ends at {end}\n"
        ))
    });
    let gone = group.gone.iter().map(|topic| format!("{topic}: the topic does not exist\n"));
    lost.chain(gone).collect()
}

/// The group as a JSON object, for scripts.
pub(crate) fn document(group: &Group) -> Value {
    let place = |at: &GroupPartition| {
        json!({
            "topic": at.topic, "partition": at.partition, "committed": at.committed,
            "start": at.start, "end": at.end, "lag": at.lag(),
            "out_of_range": at.out_of_range.map(|why| match why {
                LostReason::Deleted => "dropped",
                LostReason::BeyondEnd => "beyond-end",
                LostReason::Truncated => "cut",
                LostReason::TopicRecreated => "topic-recreated",
            }),
        })
    };
    json!({
        "group": group.name, "state": group.state, "members": group.members,
        "lag": group.lag(), "topics_gone": group.gone, "partitions": group.partitions.iter().map(place).collect::<Vec<_>>(),
    })
}
