//! `sluice lag`.

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Value, json};
use sluice_trigger::group::{self, Group};

use crate::arguments::{Lag, Output};
use crate::output::{self, out};
use crate::table::{offset, table};

pub(crate) async fn run(arguments: Lag) -> Result<ExitCode, Box<dyn Error>> {
    let cluster = &arguments.cluster;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let group = group::look_up(&kafka, &arguments.group, &arguments.topics).await?;
    if group.places.is_empty() {
        return Err(unknown(&group).into());
    }
    match arguments.output {
        Output::Text => output::text(&text(&group)),
        Output::Json => out!("{}", document(&group)),
    }
    let too_far = arguments.fail_above.is_some_and(|limit| group.lag() > limit);
    Ok(ExitCode::from(u8::from(too_far)))
}

/// What to say of a group that nothing is known of.
pub(crate) fn unknown(group: &Group) -> String {
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
    let row = |at: &group::Standing| {
        let place = [at.topic.clone(), at.partition.to_string()];
        let [topic, partition] = place;
        [topic, partition, offset(at.committed), at.end.to_string(), at.lag().to_string()]
    };
    let rows: Vec<_> = group.places.iter().map(row).collect();
    title(group) + &table(["topic", "partition", "committed", "end", "lag"], &rows)
}

/// The group as one JSON object, for scripts.
pub(crate) fn document(group: &Group) -> Value {
    let place = |at: &group::Standing| {
        json!({
            "topic": at.topic, "partition": at.partition, "committed": at.committed,
            "start": at.start, "end": at.end, "lag": at.lag(),
        })
    };
    json!({
        "group": group.name, "state": group.state, "members": group.members,
        "lag": group.lag(), "partitions": group.places.iter().map(place).collect::<Vec<_>>(),
    })
}
