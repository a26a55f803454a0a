//! What came of a schedule: the table, the topics for letters, the functions' own words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::database::session::{Row, Session};
use crate::kafka::letter::Letter;
use crate::schedule::evolve::NEW;
use crate::schedule::records::Planned;
use crate::schedule::stage::{Stage, offsets_table};
use crate::schedule::table_chain::{PARENT, name_of};
use crate::schedule::taken::Taken;
use crate::schedule::told::Told;
use crate::schedule::{Mode, Schedule};

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stored {
    /// Which of the schedule's tables it is in.
    pub topic: usize,
    /// Its key.
    pub id: i32,
    /// The number of the record it is from.
    pub n: i64,
    /// Its text.
    pub pad: Option<String>,
    /// Further columns that are not NULL.
    pub more: BTreeMap<String, String>,
    /// The transaction that inserted it; 0 where rows are upserted.
    pub transaction: i64,
}

/// Everything the laws judge by.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The source topics.
    pub topics: Vec<String>,
    /// The tables, in the order rows were inserted, where the mode is insert.
    pub rows: Vec<Stored>,
    /// The columns that were added.
    pub columns: BTreeSet<String>,
    /// The offset that each partition of each topic has reached, where the database keeps them:
    /// topic, partition, offset.
    pub reached: Vec<(usize, i32, i64)>,
    /// The topic for what cannot be decoded or mapped.
    pub dead: Vec<Letter>,
    /// The topic for what is refused.
    pub errors: Vec<Letter>,
    /// The log lines of all invocations that came to their end.
    pub lines: Vec<Value>,
    /// What else the functions said.
    pub words: Vec<String>,
    /// How many function processes there were.
    pub processes: usize,
    /// What the triggers said of offsets that the log does not hold.
    pub told: Told,
    /// What was taken away.
    pub taken: Taken,
}

impl Evidence {
    /// Asks the servers and reads the logs.
    ///
    /// # Panics
    /// They do not answer.
    pub async fn gather(stage: &Stage, schedule: &Schedule) -> Self {
        let session = stage.patient_session().await;
        let (mut rows, mut columns) = (Vec::new(), BTreeSet::new());
        for topic in 0..schedule.topics() {
            let more = further_columns(&session, stage, schedule, topic).await;
            rows.extend(table(&session, stage, schedule, topic, &more).await);
            columns.extend(more.into_iter().filter(|name| name.starts_with(NEW)));
        }
        let reached = reached(&session, stage, schedule).await;
        let (dead, errors) = stage.pipeline.letters().await;
        let logs = stage.logs("function");
        let (mut lines, mut words) = (Vec::new(), Vec::new());
        for line in logs.iter().flat_map(|log| log.lines()) {
            match serde_json::from_str::<Value>(line) {
                Ok(line) if line["message"] == "batch" => lines.push(line),
                _ => words.push(line.to_owned()),
            }
        }
        let told = Told::hear(&stage.logs("trigger"));
        let topics =
            (0..schedule.topics()).map(|topic| name_of(&stage.pipeline.name, topic)).collect();
        let (processes, taken) = (logs.len(), stage.taken());
        Self { topics, rows, columns, reached, dead, errors, lines, words, processes, told, taken }
    }

    /// Whether a record may have been lost: a trigger said that it was deleted before it was read,
    /// or it went with its topic before the group had committed it. It may have been settled all the
    /// same, where the commit of that was still to come.
    #[must_use]
    pub fn may_be_lost(&self, schedule: &Schedule, record: &Planned) -> bool {
        let unsettled = |committed: &i64| record.offset >= *committed;
        self.told.is_gone(record)
            || schedule.is_of_the_first(record)
                && self.taken.committed.get(&record.partition).is_some_and(unsettled)
    }

    /// The sum of a number over all lines.
    #[must_use]
    pub fn sum(&self, name: &str) -> i64 {
        self.lines.iter().filter_map(|line| line[name].as_i64()).sum()
    }
}

/// The columns of a table that not every one has.
async fn further_columns(
    session: &Session,
    stage: &Stage,
    schedule: &Schedule,
    topic: usize,
) -> Vec<String> {
    let query = format!(
        "SELECT column_name FROM information_schema.columns WHERE table_name = '{}' \
         AND (column_name LIKE '{NEW}%' OR column_name = '{PARENT}') ORDER BY 1",
        name_of(&stage.pipeline.name, topic)
    );
    if !schedule.evolves && schedule.table_chain.is_none() {
        return Vec::new();
    }
    let rows = session.query(&query).await.expect("the database knows its columns");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn table(
    session: &Session,
    stage: &Stage,
    schedule: &Schedule,
    topic: usize,
    more: &[String],
) -> Vec<Stored> {
    let further: String = more.iter().map(|name| format!(", {name}")).collect();
    let name = name_of(&stage.pipeline.name, topic);
    let query = match schedule.mode {
        Mode::Insert => format!("SELECT id, n, pad, tx{further} FROM {name} ORDER BY seen"),
        _ => format!("SELECT id, n, pad, 0{further} FROM {name} ORDER BY id"),
    };
    let rows = session.query(&query).await.expect("the table is there");
    let cell =
        |row: &Row, place: usize| Some((more[place].clone(), row.text(4 + place)?.to_owned()));
    let stored = |row: &Row| Stored {
        topic,
        id: row.get(0),
        n: row.get(1),
        pad: row.text(2).map(str::to_owned),
        more: (0..more.len()).filter_map(|place| cell(row, place)).collect(),
        transaction: row.get(3),
    };
    rows.iter().map(stored).collect()
}

async fn reached(session: &Session, stage: &Stage, schedule: &Schedule) -> Vec<(usize, i32, i64)> {
    let mut reached = Vec::new();
    for topic in (0..schedule.topics()).filter(|_| schedule.exactly_once) {
        let (table, name) =
            (offsets_table(&stage.pipeline.name), name_of(&stage.pipeline.name, topic));
        let query = format!(
            "SELECT o.partition, o.next_offset FROM {table} o WHERE o.topic = '{name}' ORDER BY 1"
        );
        let rows = session.query(&query).await.expect("the table of offsets is there");
        reached.extend(rows.iter().map(|row| (topic, row.get(0), row.get(1))));
    }
    reached
}
