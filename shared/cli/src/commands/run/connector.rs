//! A connector of the file: a sink's mapping or a source's schedule, and the environment of its function.

use std::path::PathBuf;
use std::time::Duration;

use sluice_bridge::options::PREFIX;
use sluice_trigger::{FunctionConfig, Mapping, Mode, OutOfRange, Settings};

use super::section::{Options, Problem, Section};
use crate::function::environment::{self, REPORT, SERVERS, Variable, kafka_option, variable};
use crate::function::query;
use crate::process::reference::resolve;

/// References that only a running function resolves.
const REMOTE: [&str; 2] = ["${secretsmanager:", "${ssm:"];

/// One connector of the file.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) name: String,
    pub(super) bootstrap: String,
    pub(super) kafka: Vec<(String, String)>,
    pub(super) work: Work,
    /// The positions of its options, and of its section, in the file.
    places: Vec<(String, usize)>,
    at: usize,
}

/// What a connector does.
#[derive(Debug)]
pub(super) enum Work {
    /// It writes what its consumer group reads.
    Sink(Box<Mapping>),
    /// It is invoked again and again.
    Source(Schedule),
}

/// When a source is invoked.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) function: FunctionConfig,
    /// From the beginning of an invocation to that of the next one.
    pub(super) every: Duration,
}

impl Connector {
    fn function(&self) -> &FunctionConfig {
        match &self.work {
            Work::Sink(mapping) => &mapping.function,
            Work::Source(schedule) => &schedule.function,
        }
    }

    /// Lets the function check its options. Returns the problems, each with its position, and
    /// messages about options that were not checked.
    pub(super) async fn check_options(&self) -> (Vec<Problem>, Vec<String>) {
        let (function, name) = (self.function(), &self.name);
        let Some(verdict) =
            query::check_configuration(&function.path(), &function.environment).await
        else {
            let program = function.program.display();
            let text = format!(
                "{name}: the options are not checked: {program} does not support \
                 --check-configuration"
            );
            return (Vec::new(), vec![text]);
        };
        let problem = |text: String| {
            let mentioned = self.places.iter().filter(|(option, _)| {
                text.contains(option.as_str()) || text.contains(&variable(option))
            });
            let at =
                mentioned.max_by_key(|(option, _)| option.len()).map_or(self.at, |(_, at)| *at);
            Problem::new(at, format!("{name}: {text}"))
        };
        let unchecked = verdict.unchecked.into_iter().map(|what| format!("{name}: {what}"));
        (verdict.problems.into_iter().map(problem).collect(), unchecked.collect())
    }
}

/// The connector that `section` describes, unless it has a problem.
pub(super) fn of(name: &str, section: &Section, problems: &mut Vec<Problem>) -> Option<Connector> {
    if section.has("poll-interval") {
        return source(name, section, problems);
    }
    let before = problems.len();
    let mut settings = settings(section, problems);
    required(section, &["function", "bootstrap", "topics", "group"], problems);
    settings.kafka = connection(section, problems);
    let reports = settings.report_item_failures.unwrap_or(settings.mode == Mode::Provisioned);
    settings.environment = environment(name, section, Some(reports), problems);
    settings.own_topics = environment::letter_topics(&settings.environment);
    if let Some(topic) = environment::letter_loop(&settings.topics, &settings.environment) {
        let text = format!("topics {}", environment::loop_message(&topic));
        problems.push(Problem::new(section.place("topics"), text));
    }
    if problems.len() == before {
        problems.extend(unreachable(section, &settings));
    }
    let (bootstrap, kafka) = (settings.bootstrap.clone(), settings.kafka.clone());
    match settings.mapping() {
        Ok(mapping) if problems.len() == before => {
            let (name, at) = (name.to_owned(), section.place(""));
            let work = Work::Sink(Box::new(mapping));
            Some(Connector { name, bootstrap, kafka, work, places: places(section), at })
        }
        Ok(_) => None,
        Err(found) => {
            // Missing settings were reported before.
            let found = found.into_iter().filter(|problem| section.has(problem.setting));
            problems.extend(found.map(|problem| {
                let at = section.place(problem.setting);
                Problem::new(at, format!("{} {}", problem.setting, problem.text))
            }));
            None
        }
    }
}

/// What is wrong with the connection options.
fn unreachable(section: &Section, settings: &Settings) -> Option<Problem> {
    let error = sluice_trigger::access(&settings.bootstrap, &settings.kafka).err()?;
    let at = section.kafka.values().map(|(at, _)| *at).min();
    let at = at.unwrap_or_else(|| section.place("bootstrap"));
    Some(Problem::new(at, error.to_string()))
}

/// A source: it has no topics to read, and its offsets are its own.
fn source(name: &str, section: &Section, problems: &mut Vec<Problem>) -> Option<Connector> {
    let before = problems.len();
    required(section, &["function", "bootstrap"], problems);
    problems.extend(section.only_of_sinks().map(|setting| {
        let text =
            format!("{setting} is a setting of sinks, and poll-interval makes a source of it");
        Problem::new(section.place(setting), text)
    }));
    let every = section.time("poll-interval", problems).unwrap_or_default();
    if every.is_zero() {
        let text = "poll-interval must be longer than nothing";
        problems.push(Problem::new(section.place("poll-interval"), text));
    }
    let unset = Settings::default();
    let function = FunctionConfig {
        program: program(section, problems),
        timeout: section.time("timeout", problems).unwrap_or(unset.timeout),
        environment: environment(name, section, None, problems),
    };
    let bootstrap = section.text("bootstrap", problems).unwrap_or_default();
    let (name, at) = (name.to_owned(), section.place(""));
    let work = Work::Source(Schedule { function, every });
    let (kafka, places) = (Vec::new(), places(section));
    (problems.len() == before).then_some(Connector { name, bootstrap, kafka, work, places, at })
}

/// The positions of a section's options.
fn places(section: &Section) -> Vec<(String, usize)> {
    let of = |(option, (at, _)): (&String, &(usize, String))| (option.clone(), *at);
    let kafka_places = section.kafka.iter().map(of);
    let kafka_places = kafka_places.map(|(option, at)| (kafka_option(&option), at));
    section.options.iter().map(of).chain(kafka_places).collect()
}

fn required(section: &Section, names: &[&str], problems: &mut Vec<Problem>) {
    for name in names.iter().copied() {
        let by_pattern = name == "topics" && section.has("topics-regex");
        if !section.has(name) && !by_pattern {
            let text = format!("{name} is missing, here and in [defaults]");
            problems.push(Problem::new(section.place(name), text));
        }
    }
}

fn settings(section: &Section, problems: &mut Vec<Problem>) -> Settings {
    let unset = Settings::default();
    let mode = section.text("mode", problems);
    Settings {
        function: program(section, problems),
        bootstrap: section.text("bootstrap", problems).unwrap_or_default(),
        topics: section.list("topics", problems).unwrap_or_default(),
        topics_regex: section.text("topics-regex", problems),
        group: section.text("group", problems).unwrap_or_default(),
        mode: match mode.as_deref() {
            None | Some("provisioned") => Mode::Provisioned,
            Some("on-demand") => Mode::OnDemand,
            Some(_) => {
                let text = "mode must be \"provisioned\" or \"on-demand\"";
                problems.push(Problem::new(section.place("mode"), text));
                Mode::Provisioned
            }
        },
        starting_position: section
            .position("starting-position", problems)
            .unwrap_or(unset.starting_position),
        out_of_range: match section.text("on-offset-out-of-range", problems).as_deref() {
            None => unset.out_of_range,
            Some("starting-position") => OutOfRange::StartingPosition,
            Some("stop") => OutOfRange::Stop,
            Some(_) => {
                let text = "on-offset-out-of-range must be \"starting-position\" or \"stop\"";
                problems.push(Problem::new(section.place("on-offset-out-of-range"), text));
                unset.out_of_range
            }
        },
        metadata_max_age: section
            .time("metadata-max-age", problems)
            .unwrap_or(unset.metadata_max_age),
        batch_size: section.size("batch-size", problems).unwrap_or(unset.batch_size),
        batch_window: section.time("batch-window", problems).unwrap_or(unset.batch_window),
        payload_limit: section.size("payload-limit", problems).unwrap_or(unset.payload_limit),
        filters: section.list("filter", problems).unwrap_or_default(),
        max_retries: section.number("max-retries", problems),
        max_record_age: section.age("max-record-age", problems),
        bisect: section.flag("bisect", problems).unwrap_or_default(),
        on_failure: section.text("on-failure", problems),
        report_item_failures: section.flag("report-batch-item-failures", problems),
        concurrency: section.size("concurrency", problems).unwrap_or(unset.concurrency),
        timeout: section.time("timeout", problems).unwrap_or(unset.timeout),
        session_timeout: section.time("session-timeout", problems).unwrap_or(unset.session_timeout),
        ..unset
    }
}

fn program(section: &Section, problems: &mut Vec<Problem>) -> PathBuf {
    let program = PathBuf::from(section.text("function", problems).unwrap_or_default());
    if section.has("function") && !program.is_file() {
        let text = format!("function {} is not a file", program.display());
        problems.push(Problem::new(section.place("function"), text));
    }
    program
}

/// The connection options, their references replaced.
fn connection(section: &Section, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let mut resolved = Vec::new();
    for (name, (at, text)) in &section.kafka {
        match resolve(text) {
            Ok(text) => resolved.push((name.clone(), text)),
            Err(problem) => problems.push(Problem::new(*at, format!("kafka.{name}: {problem}"))),
        }
    }
    resolved
}

/// The environment of the function: its options as written, because it replaces references itself, the connection options,
/// and none of the `SLUICE_` variables of our environment. `reports` is the mapping's setting; a source has none, and needs
/// the brokers, which no event names.
fn environment(
    name: &str,
    section: &Section,
    reports: Option<bool>,
    problems: &mut Vec<Problem>,
) -> Vec<Variable> {
    let inherited = environment::inherited().into_iter().map(|(name, _)| name);
    let mut environment: Vec<Variable> =
        inherited.filter(|name| name.starts_with(PREFIX)).map(|name| (name, None)).collect();
    let mut set = |option: &str, value: &str| {
        environment.push((variable(option), Some(value.to_owned())));
    };
    set("name", name);
    match reports {
        Some(reports) => set(REPORT, &reports.to_string()),
        None => set(SERVERS, &section.text("bootstrap", problems).unwrap_or_default()),
    }
    for (option, (_, value)) in &section.kafka {
        set(&kafka_option(option), value);
    }
    for (option, (at, value)) in &section.options {
        if let Some(reports) = reports.filter(|_| option == REPORT)
            && value != &reports.to_string()
        {
            let text = format!(
                "{REPORT} must equal report-batch-item-failures, which is {reports}: remove it"
            );
            problems.push(Problem::new(*at, text));
        }
        set(option, value);
    }
    unresolved(&section.options, problems);
    environment
}

/// Checks references to variables and files before the function starts.
fn unresolved(options: &Options, problems: &mut Vec<Problem>) {
    for (option, (at, value)) in options {
        if REMOTE.iter().any(|remote| value.contains(remote)) {
            continue;
        }
        if let Err(problem) = resolve(value) {
            problems.push(Problem::new(*at, format!("options.{option}: {problem}")));
        }
    }
}
