//! What came of a schedule: the table, the topics for letters, the functions' own words.

use serde_json::Value;

use crate::letter::Letter;
use crate::schedule::stage::{Stage, offsets_table};
use crate::schedule::{Mode, Schedule};
use crate::session::{Row, Session};

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub id: i32,
    /// The number of the record it is from.
    pub n: i64,
    /// Its text.
    pub pad: Option<String>,
    /// The transaction that inserted it; 0 where rows are upserted.
    pub transaction: i64,
}

/// Everything the laws judge by.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The table, in the order rows were inserted, where the mode is insert.
    pub rows: Vec<Stored>,
    /// The offset that each partition has reached, by partition, where the database keeps them.
    pub reached: Vec<(i32, i64)>,
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
}

impl Evidence {
    /// Asks the servers and reads the logs.
    ///
    /// # Panics
    /// They do not answer.
    pub async fn gather(stage: &Stage, schedule: &Schedule) -> Self {
        let columns = match schedule.mode {
            Mode::Insert => "id, n, pad, tx FROM NAME ORDER BY seen",
            _ => "id, n, pad, 0 FROM NAME ORDER BY id",
        };
        let query = format!("SELECT {}", columns.replace("NAME", &stage.road.name));
        let session = stage.patient_session().await;
        let rows = session.query(&query).await.expect("the table is there");
        let stored = |row: &Row| Stored {
            id: row.get(0),
            n: row.get(1),
            pad: row.text(2).map(str::to_owned),
            transaction: row.get(3),
        };
        let reached = if schedule.exactly_once { reached(&session, stage).await } else { vec![] };
        let (dead, errors) = stage.road.letters().await;
        let logs = stage.logs("function");
        let (mut lines, mut words) = (Vec::new(), Vec::new());
        for line in logs.iter().flat_map(|log| log.lines()) {
            match serde_json::from_str::<Value>(line) {
                Ok(line) if line["message"] == "batch" => lines.push(line),
                _ => words.push(line.to_owned()),
            }
        }
        let rows = rows.iter().map(stored).collect();
        Self { rows, reached, dead, errors, lines, words, processes: logs.len() }
    }

    /// The sum of a number over all lines.
    #[must_use]
    pub fn sum(&self, name: &str) -> i64 {
        self.lines.iter().filter_map(|line| line[name].as_i64()).sum()
    }
}

async fn reached(session: &Session, stage: &Stage) -> Vec<(i32, i64)> {
    let table = offsets_table(&stage.road.name);
    let query = format!("SELECT o.partition, o.next_offset FROM {table} o ORDER BY 1");
    let rows = session.query(&query).await.expect("the table of offsets is there");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
