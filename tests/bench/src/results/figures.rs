//! What was measured, kept from run to run: a run replaces its own figures and leaves the others.

use std::error::Error;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sluice_tests::database::target::Target;
use sluice_tests::services::repository;

use crate::setting::machine::Machine;

type Failed = Box<dyn Error + Sync + Send>;

/// One line of the table: a number, what it must be and what it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What it is known by.
    pub id: String,
    /// What was measured.
    pub what: String,
    /// Against what; empty where the number stands for itself.
    pub against: String,
    /// The number.
    pub value: f64,
    /// Its unit; `×` for a ratio of speeds, more being better.
    pub unit: String,
    /// What it must be and what it should be, where that was set before measuring.
    pub goal: Option<Goal>,
    /// The numbers behind it.
    pub detail: String,
    /// When, where and by which command.
    #[serde(default)]
    pub run: Run,
}

/// What a number must be and what it should be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Goal {
    /// What is acceptable.
    pub must: f64,
    /// What it should be.
    pub aim: f64,
    /// Whether less is better.
    pub less: bool,
}

/// When, where and how a figure was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// UTC, to the minute.
    pub date: String,
    /// The command.
    pub command: String,
    /// The machine.
    pub machine: Machine,
}

/// How a number stands to its goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Aim,
    /// As it must be.
    Must,
    /// Neither.
    Short,
}

impl Goal {
    /// How a number stands to it.
    #[must_use]
    pub fn judge(&self, value: f64) -> Verdict {
        let reaches = |goal: f64| if self.less { value <= goal } else { value >= goal };
        match (reaches(self.aim), reaches(self.must)) {
            (true, _) => Verdict::Aim,
            (_, true) => Verdict::Must,
            _ => Verdict::Short,
        }
    }
}

impl Figure {
    /// A number without a goal.
    pub fn new(id: &str, what: impl Into<String>, value: f64, unit: &str) -> Self {
        Self {
            id: id.to_owned(),
            what: what.into(),
            against: String::new(),
            value,
            unit: unit.to_owned(),
            goal: None,
            detail: String::new(),
            run: Run::default(),
        }
    }

    /// Against something measured in the same run.
    #[must_use]
    pub fn against(self, what: impl Into<String>) -> Self {
        Self { against: what.into(), ..self }
    }

    /// To be at least so much.
    #[must_use]
    pub fn at_least(self, must: f64, aim: f64) -> Self {
        Self { goal: Some(Goal { must, aim, less: false }), ..self }
    }

    /// To be at most so much.
    #[must_use]
    pub fn at_most(self, must: f64, aim: f64) -> Self {
        Self { goal: Some(Goal { must, aim, less: true }), ..self }
    }

    /// Of a target. PostgreSQL's are known by their names alone.
    #[must_use]
    pub fn of(self, target: Target) -> Self {
        Self { id: format!("{}{}", prefix(target), self.id), ..self }
    }

    /// Of the connector of a service that is no [`Target`].
    #[must_use]
    pub fn of_connector(self, connector: &str) -> Self {
        Self { id: connector_prefix(connector) + &self.id, ..self }
    }

    /// With the numbers behind it.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// How the ids of a target's figures begin.
#[must_use]
pub fn prefix(target: Target) -> &'static str {
    match target {
        Target::Postgres => "",
        Target::Mariadb => "mysql-",
    }
}

/// The connectors of services that are no [`Target`]. The ids of their figures begin with their names.
pub const DATABEND: &str = "databend";
/// See [`DATABEND`].
pub const TABLESTORE: &str = "tablestore";

/// How the ids of such a connector's figures begin.
#[must_use]
pub fn connector_prefix(connector: &str) -> String {
    format!("{connector}-")
}

/// Where figures are kept.
fn file() -> PathBuf {
    repository().join("tests/bench/figures.json")
}

/// The figures of earlier runs.
///
/// # Errors
/// The file is there and cannot be read.
pub fn load() -> Result<Vec<Figure>, Failed> {
    if !file().exists() {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_str(&std::fs::read_to_string(file())?)?)
}

/// Lays the figures of a run over those of earlier ones and keeps all.
///
/// # Errors
/// The file cannot be read or written.
pub fn keep(new: Vec<Figure>, run: &Run) -> Result<Vec<Figure>, Failed> {
    let mut all = load()?;
    for figure in new {
        let figure = Figure { run: run.clone(), ..figure };
        match all.iter_mut().find(|known| known.id == figure.id) {
            Some(known) => *known = figure,
            None => all.push(figure),
        }
    }
    std::fs::write(file(), serde_json::to_string_pretty(&all)? + "\n")?;
    Ok(all)
}
