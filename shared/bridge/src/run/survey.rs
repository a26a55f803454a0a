//! What the records of an event are declared as, topic by topic, and the tables that `auto.create`
//! would make of them. Nothing is written.

use crate::event::reader::Event;
use crate::format::framed::gather;
use crate::format::survey::{Survey, Surveyor};
use crate::map::limit::Limits;
use crate::model::change::SchemaChange;
use crate::model::failure::SinkError;
use crate::model::table::TableName;
use crate::options::rules::Rules;
use crate::run::infer_table::design;
use crate::run::one_table::names;
use crate::run::pipeline::Registry;
use crate::sink::target::Sink;

/// The records of a topic.
#[derive(Debug)]
pub struct TopicSurvey {
    /// Its name.
    pub topic: String,
    /// The table to which its records go.
    pub table: TableName,
    /// Their keys.
    pub keys: Survey,
    /// Their values.
    pub values: Survey,
    /// The table that would be created, as if there were none; `None` if the records do not say enough.
    ///
    /// # Errors
    /// No records could.
    pub design: Result<Option<SchemaChange>, SinkError>,
}

/// Looks at all records of an event. The registry is asked for the schemas of keys and values; a
/// schema that it does not have, or that cannot be used, is why records are refused.
///
/// # Errors
/// As [`Registry::ask`].
pub async fn survey<S: Sink>(
    event: &Event<'_>,
    rules: &Rules,
    registry: &impl Registry,
) -> Result<Vec<TopicSurvey>, SinkError> {
    let mut unlearned = Vec::new();
    for record in &event.records {
        gather(record, rules.formats, true, registry.known(), &mut unlearned);
    }
    if !unlearned.is_empty() {
        for (id, answer) in registry.ask(&unlearned).await? {
            // What is not valid in it is told with the records.
            let _ = registry.known().learn(id, &answer);
        }
    }
    let mut topics: Vec<&str> = event.records.iter().map(|record| record.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    Ok(topics.into_iter().map(|topic| of_topic::<S>(event, topic, rules, registry)).collect())
}

fn of_topic<S: Sink>(
    event: &Event<'_>,
    topic: &str,
    rules: &Rules,
    registry: &impl Registry,
) -> TopicSurvey {
    let table = rules.routes.table(topic);
    let records: Vec<usize> =
        (0..event.records.len()).filter(|&index| event.records[index].topic == topic).collect();
    let mut surveyor = Surveyor::new(rules.formats, registry.known());
    let (mut keys, mut values) = (Survey::default(), Survey::default());
    for &index in &records {
        surveyor.key(&event.records[index], &mut keys);
        surveyor.value(&event.records[index], &mut values);
    }
    let limits = Limits::default();
    let names = names::<S>(None, limits.of(&table));
    let design = design(event, &records, rules, &table, names, registry.known());
    TopicSurvey { topic: topic.to_owned(), table, keys, values, design }
}
