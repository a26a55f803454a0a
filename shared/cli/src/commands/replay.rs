//! `sluice replay`.

use std::cell::Cell;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::HumanCount;
use sluice_trigger::replay::{self, Reason, ReplayReport, ReplayTarget};
use sluice_trigger::{FunctionConfig, Observer};

use crate::arguments::{Replay, SOURCE, SummaryFormat};
use crate::display::output::{self, UNABLE, out};
use crate::display::screen::Screen;
use crate::display::table::table;
use crate::function::environment;
use crate::process::stop::Stop;

const INTERRUPTED: u8 = 130;
/// How often the progress is printed.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// The largest number of reasons in the text output; the JSON has all.
const SHOWN: usize = 20;
/// The largest length of a reason in the text output, in characters.
const WIDTH: usize = 72;

pub(crate) async fn run(arguments: Replay) -> Result<ExitCode, Box<dyn Error>> {
    arguments.check()?;
    let mut stop = Stop::listen()?;
    let screen = Arc::new(Screen::plain());
    let stop_requested = AtomicBool::new(false);
    let report = tokio::select! {
        report = work(&arguments, &screen, &stop_requested) => report,
        () = async {
            stop.signalled().await;
            stop_requested.store(true, Ordering::Relaxed);
            stop.signalled().await;
        } => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let report = report?;
    match arguments.summary {
        SummaryFormat::Json => out!("{}", report.to_json()),
        SummaryFormat::Text => print(&report),
    }
    if let Some(failure) = &report.failure {
        screen.say(failure);
        return Ok(ExitCode::from(UNABLE));
    }
    Ok(ExitCode::from(u8::from(report.executed && report.is_short() || report.interrupted)))
}

async fn work(
    arguments: &Replay,
    screen: &Arc<Screen>,
    stop_requested: &AtomicBool,
) -> Result<ReplayReport, sluice_trigger::Error> {
    let cluster = &arguments.cluster;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let reported_at = Cell::new(Instant::now());
    let report_progress = |report: &ReplayReport| {
        if reported_at.get().elapsed() >= REPORT_EVERY {
            reported_at.set(Instant::now());
            let (letters, replayed) = (HumanCount(report.letters), HumanCount(report.replayed));
            screen.say(&format!("{letters} letters read, {replayed} replayed"));
        }
    };
    let observer: Arc<dyn Observer> = Arc::clone(screen) as _;
    let stop = || stop_requested.load(Ordering::Relaxed);
    replay(arguments).run(&kafka, observer, stop, report_progress).await
}

fn replay(arguments: &Replay) -> replay::Replay {
    let to = match &arguments.function {
        Some(program) => ReplayTarget::Function(FunctionConfig {
            program: program.clone(),
            timeout: arguments.timeout,
            environment: environment::changes(&arguments.cluster, None),
        }),
        None if arguments.to == SOURCE => ReplayTarget::Source,
        None => ReplayTarget::Topic(arguments.to.clone()),
    };
    replay::Replay {
        from: arguments.from.clone(),
        to,
        filter: arguments.conditions.filter(),
        replayed: arguments.conditions.replayed,
        group: arguments.group(),
        again: arguments.again,
        limit: arguments.limit,
        window: arguments.window,
        execute: arguments.execute,
        bootstrap: arguments.cluster.bootstrap.clone(),
        batch_size: arguments.batch_size,
        retries: arguments.max_retries,
    }
}

fn print(report: &ReplayReport) {
    reasons(report);
    let mut counts = vec![("letters", report.letters), ("to replay", report.selected)];
    if report.executed {
        counts.push(("replayed", report.replayed));
    }
    let outcome = report.outcome.unwrap_or_default();
    let others = [
        ("  written", outcome.written),
        ("  lettered", outcome.lettered),
        ("  filtered", outcome.filtered),
        ("given back", report.given_back.as_ref().map_or(0, |(count, _)| *count)),
        ("failed again", report.failed_again()),
        ("other rounds", report.other_rounds()),
        ("refused", report.left),
        ("vanished", report.vanished),
        ("for later", report.later),
        ("filtered out", report.filtered_out),
        ("repeated", report.repeated),
        ("not letters", report.not_letters),
        ("done before", report.done_before),
    ];
    counts.extend(others.into_iter().filter(|(_, count)| *count > 0));
    for (name, count) in counts {
        out!("  {name:<12} {}", HumanCount(count));
    }
    for (obstacle, count) in &report.stuck {
        out!("{} letters {obstacle}", HumanCount(*count));
    }
    print_refused(report);
    if let Some((count, reason)) = &report.given_back {
        out!(
            "{} letters were not replayed, because the function gives them back: {reason}",
            HumanCount(*count)
        );
    }
    if outcome.filtered > 0 {
        out!(
            "the function filtered records: with exactly.once.enabled it leaves out offsets that it \
             has already passed; without --function a replayed record gets a new offset"
        );
    }
    let group = &report.group;
    if !report.executed {
        out!("group {group}: dry run, nothing was sent; add --execute to send");
    } else if report.given_back.is_some() || report.interrupted || report.failure.is_some() {
        out!("group {group}: run the same command again to continue");
    }
}

/// Names the letters that were refused. Their headers can contain any text.
fn print_refused(report: &ReplayReport) {
    for left in &report.named {
        let (record, letter) = (cut_line(&left.record), cut_line(&left.letter));
        out!("refused: {record} (letter {letter}): {}", one_line(&left.reason));
    }
    if let Some(more) = report.left.checked_sub(report.named.len() as u64).filter(|more| *more > 0)
    {
        out!("and {} more refused letters", HumanCount(more));
    }
    if report.left > 0 {
        out!(
            "the next replay skips refused letters: use --source-topic, --partition and --offsets for them"
        );
    }
    if report.vanished > 0 {
        let count = HumanCount(report.vanished);
        out!("{count} letters were deleted from their topic before they could be sent");
    }
}

fn reasons(report: &ReplayReport) {
    let mut reasons: Vec<_> = report.reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let row = |(reason, count): &(&Reason, &u64)| {
        let cell = |text: &str| if text.is_empty() { "-".to_owned() } else { cut_line(text) };
        let Reason { topic, stage, column, code, text } = reason;
        let count = HumanCount(**count).to_string();
        [cell(text), cell(topic), cell(stage), cell(column), cell(code), count]
    };
    let rows: Vec<_> = reasons.iter().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        return;
    }
    output::text(&table(["reason", "source", "stage", "column", "code", "letters"], &rows));
    if let Some(more) = reasons.get(SHOWN..).filter(|more| !more.is_empty()) {
        out!("and {} more reasons", more.len());
    }
    out!();
}

/// Text for a terminal, on one line and without control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The text of a header for a terminal: one line, without control characters, cut to the width.
fn cut_line(text: &str) -> String {
    let text: Vec<char> = one_line(text).chars().collect();
    if text.len() <= WIDTH {
        return text.into_iter().collect();
    }
    text[..WIDTH - 1].iter().chain(&['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_without_surprises() {
        assert_eq!(cut_line("a\u{1b}[2Jb\nc"), "a [2Jb c");
        let long = cut_line(&"é".repeat(100));
        assert_eq!((long.chars().count(), long.ends_with('…')), (WIDTH, true));
        assert_eq!(cut_line(&"x".repeat(WIDTH)), "x".repeat(WIDTH));
    }
}
