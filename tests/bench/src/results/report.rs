//! The measured part of `BENCHMARKS.md`, written between two marks, and the chart beside us.

use std::error::Error;
use std::fmt::Write;

use sluice_tests::database::target::Target;
use sluice_tests::services::repository;

use crate::results::chart;
use crate::results::figures::{
    DATABEND, Figure, Run, TABLESTORE, Verdict, connector_prefix, prefix,
};
use crate::results::words::short;

type Failed = Box<dyn Error + Sync + Send>;

const BEGIN: &str = "<!-- measured: written by scripts/bench.sh, do not edit -->";
const END: &str = "<!-- end of measured -->";

/// The tables, and the figures of each by how their ids begin.
const TABLES: [(&str, &[&str]); 6] = [
    ("Speed", &["decode", "formats", "append", "upsert", "peers"]),
    ("Start and size", &["ready", "durable", "binary", "rss-idle", "rss-peak"]),
    ("Bad rows", &["bad"]),
    ("From a table into a topic, mysql-source", &["source"]),
    ("Growth", &["topic", "partitions", "rss-growth"]),
    ("Where the time goes", &["share"]),
];

/// Writes both.
///
/// # Errors
/// A file cannot be written, or `BENCHMARKS.md` has lost its marks.
pub fn write(figures: &[Figure]) -> Result<(), Failed> {
    let path = repository().join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&path)?;
    let parts =
        text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or("BENCHMARKS.md has lost the marks of its measured part")?;
    let measured = tables(figures)?;
    std::fs::write(path, format!("{before}{BEGIN}\n{measured}{END}{after}"))?;
    std::fs::write(repository().join("tests/bench/chart.svg"), chart::draw(figures)?)?;
    Ok(())
}

/// One figure as a line for the screen.
#[must_use]
pub fn line(figure: &Figure) -> String {
    let verdict = verdict(figure);
    let value = value(figure);
    format!("{:<66} {value:>18}  {verdict:<8} {}", figure.what, figure.detail)
}

fn tables(figures: &[Figure]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let mut runs: Vec<&Run> = Vec::new();
    let targets = Target::ALL.map(|target| (prefix(target).to_owned(), target.connector()));
    let others = [DATABEND, TABLESTORE].map(|connector| (connector_prefix(connector), connector));
    let connectors = targets.iter().chain(&others);
    let all = connectors.flat_map(|connector| TABLES.map(|table| (connector, table)));
    for ((prefix, connector), (title, prefixes)) in all {
        let ours = |figure: &&Figure| {
            let id = figure.id.strip_prefix(prefix).unwrap_or_default();
            prefixes.iter().any(|prefix| id.starts_with(prefix))
        };
        let mut rows = figures.iter().filter(ours).peekable();
        if rows.peek().is_none() {
            continue;
        }
        writeln!(out, "\n### {title}: {connector}\n")?;
        writeln!(out, "| what | against | measured | must | aim | | behind it | run |")?;
        writeln!(out, "|---|---|--:|--:|--:|---|---|---|")?;
        for figure in rows {
            let run = runs.iter().position(|run| **run == figure.run).unwrap_or_else(|| {
                runs.push(&figure.run);
                runs.len() - 1
            });
            row(&mut out, figure, run + 1)?;
        }
    }
    writeln!(out, "\n### Runs\n")?;
    for (index, Run { date, command, machine }) in runs.iter().enumerate() {
        let (hardware, software) = (&machine.hardware, &machine.software);
        writeln!(out, "{}. {date} UTC, `{command}`, {hardware}; {software}", index + 1)?;
    }
    writeln!(out)?;
    Ok(out)
}

fn row(out: &mut String, figure: &Figure, run: usize) -> std::fmt::Result {
    let Figure { what, against, unit, goal, detail, .. } = figure;
    let goals = goal.map(|goal| (short(goal.must), short(goal.aim))).unwrap_or_default();
    let (must, aim) = if unit.starts_with('×') {
        let times = |goal: String| if goal.is_empty() { goal } else { format!("{goal}×") };
        (times(goals.0), times(goals.1))
    } else {
        goals
    };
    let (value, verdict) = (value(figure), verdict(figure));
    writeln!(
        out,
        "| {what} | {against} | **{value}** | {must} | {aim} | {verdict} | {detail} | {run} |"
    )
}

fn value(figure: &Figure) -> String {
    match figure.unit.strip_prefix('×') {
        Some(rest) => format!("{}×{rest}", short(figure.value)),
        None => format!("{} {}", short(figure.value), figure.unit),
    }
}

fn verdict(figure: &Figure) -> &'static str {
    match figure.goal.map(|goal| goal.judge(figure.value)) {
        Some(Verdict::Aim) => "aim",
        Some(Verdict::Must) => "must",
        Some(Verdict::Short) => "short",
        None => "",
    }
}
