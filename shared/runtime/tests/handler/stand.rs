//! A handler between a database and a broker in memory, and what every invocation must keep.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sluice_bridge::event::EventForm;
use sluice_bridge::options::Settings;
use sluice_bridge::options::letters::ERRORS_TABLE;
use sluice_bridge::options::rules::{self, Rules};
use sluice_dead_letter::{Destination, Sender};
use sluice_kafka::Message;
use sluice_runtime::{Deadline, Failed, Handler, HandlerConfig, LambdaResponse, Log};
use sluice_testkit::{
    EventBuilder, Journal, Kind, MemoryDatabase, MemoryProducer, MemorySink, Mishap, Moment,
    Report, TableSpec,
};

/// Failures are lettered, to `dead` and `refused`.
pub(crate) const TOLERANT: &[(&str, &str)] = &[
    ("errors.tolerance", "all"),
    ("errors.deadletterqueue.topic.name", "dead"),
    ("errors.data.topic.name", "refused"),
];

/// Failures are lettered, into the table `letters`.
pub(crate) const INTO_A_TABLE: &[(&str, &str)] =
    &[("errors.tolerance", "all"), ("errors.table.name", "letters")];

/// A value the table takes, one its column refuses, one that cannot be mapped, one that cannot
/// be read.
pub(crate) const GOOD: &str = r#"{"amount":1}"#;
pub(crate) const REFUSED: &str = r#"{"amount":"seventeen"}"#;
pub(crate) const UNMAPPABLE: &str = r#"{"amount":1,"secret-key":"seventeen"}"#;
pub(crate) const NO_JSON: &str = "seventeen";

pub(crate) struct Stand {
    pub(crate) database: MemoryDatabase,
    pub(crate) producer: MemoryProducer,
    /// The brokers a producer was made for, once for each that was made.
    pub(crate) made: Rc<RefCell<Vec<String>>>,
    pub(crate) handler: Handler<MemorySink, MemoryProducer>,
    pub(crate) reports: bool,
}

/// What one invocation came to.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) answer: Result<LambdaResponse, Failed>,
    pub(crate) line: Value,
    pub(crate) text: String,
}

/// How a stand is set up.
pub(crate) struct Setting {
    pub(crate) options: &'static [(&'static str, &'static str)],
    pub(crate) reports: bool,
    pub(crate) log_failures: bool,
    pub(crate) report: Report,
}

impl Default for Setting {
    fn default() -> Self {
        Self { options: TOLERANT, reports: false, log_failures: true, report: Report::Pointer }
    }
}

impl Setting {
    pub(crate) fn stand(self) -> Stand {
        self.stand_with(|sink| sink, |_, _| None)
    }

    /// A stand with troubles of the sink and mishaps of the producer.
    pub(crate) fn stand_with(
        self,
        sink: impl FnOnce(MemorySink) -> MemorySink,
        script: impl Fn(usize, &Message) -> Option<Mishap> + 'static,
    ) -> Stand {
        let tables = ["t", "a-b", "a-b-0"].map(table);
        let database = MemoryDatabase::with(tables);
        let producer = MemoryProducer::scripted(&database.journal(), script);
        let made = Rc::new(RefCell::new(Vec::new()));
        let (servers, cluster) = (Rc::clone(&made), producer.clone());
        let connect = move |given: &str| {
            servers.borrow_mut().push(given.to_owned());
            cluster.clone()
        };
        let sink = sink(MemorySink::new(&database, self.report));
        let reports = self.reports;
        let handler = Handler::new(self.config(), sink, connect);
        Stand { database, producer, made, handler, reports }
    }

    /// What the handler is told of these options.
    pub(crate) fn config(self) -> HandlerConfig {
        let known = rules::OPTIONS.iter().chain(sluice_dead_letter::OPTIONS).copied();
        let known: Vec<_> = known.chain([&ERRORS_TABLE]).collect();
        let pairs = self.options.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut settings = Settings::new(&known, pairs);
        let rules = Rules::from_settings(&mut settings);
        let letters = Destination::from_settings(&mut settings, rules.tolerant);
        settings.check().unwrap();
        HandlerConfig {
            event: EventForm::Lambda,
            letters,
            sender: Sender {
                connector: "orders-sink".to_owned(),
                include_messages: rules.include_messages,
            },
            report_item_failures: self.reports,
            log_failures: self.log_failures,
            rules,
        }
    }
}

fn table(name: &str) -> TableSpec {
    TableSpec::new(name).column("amount", Kind::Integer).column("note", Kind::Text)
}

impl Stand {
    /// Invokes with a minute to go.
    pub(crate) async fn invoke(&mut self, event: &EventBuilder) -> Seen {
        self.invoke_within(event, Duration::from_secs(60)).await
    }

    pub(crate) async fn invoke_within(&mut self, event: &EventBuilder, left: Duration) -> Seen {
        self.invoke_raw(&event.build(), Deadline::after(left)).await
    }

    /// Invokes, and checks what holds of every invocation.
    pub(crate) async fn invoke_raw(&mut self, body: &[u8], deadline: Deadline) -> Seen {
        let earlier = self.journal().moments().len();
        let mut log = Vec::new();
        let answer = self.handler.handle(body, deadline, Log::to(&mut log)).await;
        let text = String::from_utf8(log).unwrap();
        let line = text.strip_suffix('\n').expect("the line ends");
        assert!(!line.contains('\n'), "one line, not {text}");
        let line: Value = serde_json::from_str(line).expect("the line is JSON");
        let moments = self.journal().moments().split_off(earlier);
        let seen = Seen { answer, line, text };
        seen.keeps_the_law(self.reports, &moments);
        seen
    }

    pub(crate) fn journal(&self) -> Journal {
        self.database.journal()
    }

    pub(crate) fn rows(&self) -> usize {
        self.database.rows("t").len()
    }
}

impl Seen {
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.line[name].as_u64().unwrap_or_else(|| panic!("no count {name} in {}", self.line))
    }

    /// `written, lettered, filtered, given_back`
    pub(crate) fn counts(&self) -> [u64; 4] {
        ["written", "lettered", "filtered", "given_back"].map(|name| self.count(name))
    }

    pub(crate) fn error(&self) -> &Failed {
        self.answer.as_ref().expect_err("the invocation fails")
    }

    /// The counts add up; never a success with something given back; one commit, after the
    /// letters, or none.
    fn keeps_the_law(&self, reports: bool, moments: &[Moment]) {
        assert_eq!(self.counts().iter().sum::<u64>(), self.count("received"), "{}", self.line);
        crate::metrics::assert_document(&self.line);
        let given_back = self.count("given_back");
        match &self.answer {
            Ok(LambdaResponse(answer)) => {
                let items = answer["batchItemFailures"].as_array().expect("a list");
                assert_eq!(items.is_empty(), given_back == 0, "{answer} for {}", self.line);
                assert_eq!(self.line["level"] == "INFO", items.is_empty());
                assert!(reports || items.is_empty(), "item failures nobody asked for: {answer}");
            }
            Err(failed) => {
                // Of these nobody knows which records to name.
                let nameless = ["Sluice.NotAnEvent", "Sluice.Panic"].contains(&failed.kind.name());
                assert!(nameless || !reports && given_back > 0, "{failed:?} for {}", self.line);
                assert_eq!(self.line["error_type"], failed.kind.name());
                assert_eq!(self.line["error"], failed.message.as_str());
            }
        }
        let acknowledged = moments.iter().filter(|m| matches!(m, Moment::Acknowledged(_))).count();
        let settled = self.line["level"] == "INFO";
        assert!(!settled || acknowledged as u64 == self.count("lettered"), "{moments:?}");
        let commit = moments.iter().position(|moment| *moment == Moment::Committed);
        assert!(commit.is_none_or(|at| at + 1 == moments.len()), "{moments:?}");
        assert!(!settled || commit.is_some(), "a success without a commit");
    }
}

/// Values at offsets 0, 1, … of partition 0 of the topic `t`.
pub(crate) fn event(values: &[&str]) -> EventBuilder {
    EventBuilder::msk().values("t", 0, values)
}

/// Runs with a clock that stands still while somebody works and jumps while all wait.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(test)
}

/// A judge that panics once, at its first cell, and finds every later one good.
pub(crate) fn panics_once(sink: MemorySink) -> MemorySink {
    let panicked = AtomicBool::new(false);
    sink.bad(move |_, _| {
        assert!(panicked.swap(true, Ordering::Relaxed), "scripted panic");
        false
    })
}
