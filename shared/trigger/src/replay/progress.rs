//! How far a replay has come: offsets committed for a group that nobody joins.
//!
//! Two runs of the same replay at the same time are noticed by what the other has committed.

use std::collections::BTreeMap;

use krafka::Kafka;

use crate::error::Error;
use crate::group::{self, Group, Move, Standing};

pub(super) struct Progress<'k> {
    kafka: &'k Kafka,
    group: &'k str,
    /// What is committed, as far as this run knows.
    committed: BTreeMap<(String, i32), i64>,
}

impl<'k> Progress<'k> {
    /// Takes the place of a group without members.
    pub(super) fn new(kafka: &'k Kafka, group: &'k Group) -> Result<Self, Error> {
        if group.is_active() {
            return Err(Error::Group(format!(
                "group {} has members: it belongs to somebody else, name another with --group",
                group.name
            )));
        }
        let known = |at: &Standing| Some(((at.topic.clone(), at.partition), at.committed?));
        let committed = group.places.iter().filter_map(known).collect();
        Ok(Self { kafka, group: &group.name, committed })
    }

    /// Makes sure that nobody else has moved on since.
    pub(super) async fn claim(&self, topic: &str, partition: i32) -> Result<(), Error> {
        let place = (topic.to_owned(), partition);
        let now = group::committed(self.kafka, self.group).await?;
        if now.get(&place) == self.committed.get(&place) {
            return Ok(());
        }
        Err(Error::Group(format!(
            "group {} has moved in {topic}-{partition} meanwhile: the same replay runs elsewhere",
            self.group
        )))
    }

    /// Commits that everything before `to` is dealt with.
    pub(super) async fn advance(
        &mut self,
        topic: &str,
        partition: i32,
        to: i64,
    ) -> Result<(), Error> {
        let place = (topic.to_owned(), partition);
        let from = self.committed.get(&place).copied();
        if from == Some(to) {
            return Ok(());
        }
        // Two that began together would otherwise go on side by side.
        self.claim(topic, partition).await?;
        let step = Move { topic: topic.to_owned(), partition, from, to };
        group::carry_out(self.kafka, self.group, &[step]).await?;
        self.committed.insert(place, to);
        Ok(())
    }
}
