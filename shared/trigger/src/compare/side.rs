//! One function of a comparison, and its answers.

use std::future::Future;
use std::sync::Arc;

use serde_json::Value;
use sluice_bridge::compare::{Class, Described, Description};
use uuid::Uuid;

use crate::compare::comparison::Table;
use crate::compare::question::{Question, body, describe};
use crate::error::FailureKind;
use crate::function::Function;
use crate::function::output::FunctionCounts;
use crate::observer::Observer;

/// The number of rows in a bucket, and the sum of their hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    sum: u128,
}

/// The canonical texts of a row's key; `None` for a null.
pub(super) type Key = Vec<Option<String>>;

/// The `errorType` with which a function refuses a question for good. It never changes.
const REFUSED: &str = "Sluice.Fatal";

/// Why there is no answer, as a sentence.
enum NoAnswer {
    /// The function or its server refuses the question.
    Refused(String),
    /// Every other failure.
    Failed(String),
}

impl NoAnswer {
    fn message(self) -> String {
        match self {
            Self::Refused(message) | Self::Failed(message) => message,
        }
    }
}

/// A side of the comparison.
pub(super) struct Side {
    name: &'static str,
    table: String,
    function: Function,
}

impl Side {
    pub(super) fn new(name: &'static str, table: &Table, observer: &Arc<dyn Observer>) -> Self {
        let function = Function::new(
            table.function.clone(),
            Arc::clone(observer),
            Arc::new(FunctionCounts::default()),
        );
        Self { name, table: table.name.clone(), function }
    }

    pub(super) async fn stop(self) {
        self.function.stop().await;
    }

    /// Describes its table.
    pub(super) async fn describe(&mut self) -> Result<Description, String> {
        let answer = self.ask(&describe(&self.table)).await.map_err(NoAnswer::message)?;
        let column = |column: &Value| {
            Some(Described {
                name: column["name"].as_str()?.to_owned(),
                shown: column["type"].as_str()?.to_owned(),
                class: Class::parse(column["class"].as_str()?)?,
            })
        };
        let read = || {
            let columns = answer["columns"].as_array()?.iter().map(column);
            let key = answer["key"].as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            Some(Description {
                columns: columns.collect::<Option<_>>()?,
                key: key.collect::<Option<_>>()?,
                rows: answer["rows"].as_u64()?,
            })
        };
        read().ok_or_else(|| self.unknown())
    }

    /// The sums of all buckets of the whole table.
    pub(super) async fn sums(&mut self, question: &Question) -> Result<Vec<Sum>, String> {
        let mut sums = vec![Sum::default(); question.buckets as usize];
        self.each(question, |found| {
            let digits = found.as_str()?;
            for at in (0..digits.len()).step_by(44) {
                let part =
                    |range: std::ops::Range<usize>| digits.get(at + range.start..at + range.end);
                let bucket = usize::from_str_radix(part(0..4)?, 16).ok()?;
                let sum = sums.get_mut(bucket)?;
                sum.rows += u64::from_str_radix(part(4..12)?, 16).ok()?;
                sum.sum = sum.sum.wrapping_add(u128::from_str_radix(part(12..44)?, 16).ok()?);
            }
            Some(())
        })
        .await
        .map_err(NoAnswer::message)?;
        Ok(sums)
    }

    /// The key and the hash of each row.
    pub(super) async fn rows(&mut self, question: &Question) -> Result<Vec<(Key, u128)>, String> {
        let mut rows = Vec::new();
        let asked = self.each(question, |found| {
            for row in found.as_array()? {
                rows.push((texts(&row[0])?, u128::from_str_radix(row[1].as_str()?, 16).ok()?));
            }
            Some(())
        });
        asked.await.map_err(NoAnswer::message)?;
        Ok(rows)
    }

    /// The key and the columns of rows; the columns are hashes or texts. `None` if the server
    /// refuses these keys, for example a number that is too large for its column.
    pub(super) async fn look(
        &mut self,
        question: &Question,
    ) -> Result<Option<Vec<(Key, Key)>>, String> {
        let mut rows = Vec::new();
        let asked = self.each(question, |found| {
            for row in found.as_array()? {
                rows.push((texts(&row[0])?, texts(&row[1])?));
            }
            Some(())
        });
        match asked.await {
            Ok(()) => Ok(Some(rows)),
            Err(NoAnswer::Refused(_)) => Ok(None),
            Err(NoAnswer::Failed(message)) => Err(message),
        }
    }

    /// Repeats the question until all rows are read; each answer says where the next one continues.
    async fn each(
        &mut self,
        question: &Question,
        mut take: impl FnMut(&Value) -> Option<()>,
    ) -> Result<(), NoAnswer> {
        let mut question = question.json.clone();
        loop {
            let mut answer = self.ask(&question).await?;
            take(&answer["found"]).ok_or_else(|| NoAnswer::Failed(self.unknown()))?;
            match answer["after"].take() {
                Value::Null => return Ok(()),
                after => question["after"] = after,
            }
        }
    }

    async fn ask(&mut self, question: &Value) -> Result<Value, NoAnswer> {
        let answer = self.function.invoke(Uuid::new_v4().to_string(), body(question)).await;
        let answer = answer.map_err(|failure| {
            let message = format!("{}: {failure}", self.name);
            let is_refused =
                failure.kind == FailureKind::Error && failure.message.starts_with(REFUSED);
            if is_refused { NoAnswer::Refused(message) } else { NoAnswer::Failed(message) }
        })?;
        serde_json::from_slice(&answer).map_err(|_| NoAnswer::Failed(self.unknown()))
    }

    fn unknown(&self) -> String {
        format!("{}: the function does not support comparisons", self.name)
    }
}

fn texts(values: &Value) -> Option<Key> {
    let text = |value: &Value| match value {
        Value::Null => Some(None),
        value => value.as_str().map(|text| Some(text.to_owned())),
    };
    values.as_array()?.iter().map(text).collect()
}

/// Asks both sides at the same time, so that their snapshots are close to each other.
pub(super) async fn both<T>(
    source: impl Future<Output = Result<T, String>>,
    copy: impl Future<Output = Result<T, String>>,
) -> Result<(T, T), String> {
    tokio::try_join!(source, copy)
}
