//! Any records, reports and hiccups, for the laws.

use proptest::prelude::*;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::options::rules::InsertMode;
use sluice_bridge::run::portion::Portion;
use sluice_testkit::{Method, Report, Trouble};

use crate::RETRIES;
use crate::model::{Ask, Field, Sent};

const TRANSIENT: Trouble = Trouble::Refused(Fault::Transient);

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        3 => Just(Field::Absent),
        1 => Just(Field::Null),
        4 => (0..3_u8).prop_map(Field::Good),
        1 => Just(Field::Bad),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        8 => (field(), field()).prop_map(|(a, b)| Ask::Put { a, b }),
        3 => Just(Ask::Delete),
        1 => Just(Ask::Garbage),
        1 => Just(Ask::Keyless),
    ]
}

/// Records of few keys, partition after partition, as an event has them.
pub(crate) fn records() -> impl Strategy<Value = Vec<Sent>> {
    let sent = (0..6_u8, ask()).prop_map(|(key, ask)| Sent { key, ask });
    prop::collection::vec(sent, 1..30).prop_map(|mut records| {
        records.sort_by_key(Sent::partition);
        records
    })
}

pub(crate) fn mode() -> impl Strategy<Value = InsertMode> {
    prop::sample::select(vec![InsertMode::Insert, InsertMode::Upsert, InsertMode::Update])
}

pub(crate) fn report() -> impl Strategy<Value = Report> {
    prop::sample::select(vec![
        Report::Pointer,
        Report::WithoutPointer,
        Report::Rejected,
        Report::Suspects,
    ])
}

/// How many rows are sent before the next are mapped.
pub(crate) fn chunk() -> impl Strategy<Value = Option<usize>> {
    prop::option::of(1..8_usize)
}

/// How much of a table of so many columns is delivered at a time: a few rows, or all.
pub(crate) fn portion(columns: usize) -> impl Strategy<Value = Portion> {
    let few =
        (1..6_usize).prop_map(move |rows| Portion { cells: rows * columns, ..Portion::default() });
    prop_oneof![Just(Portion::default()), few]
}

/// The same where what is written is durable at once. An answer that is lost leaves open what was
/// written, so that only rows that can be written twice come out the same.
pub(crate) fn durable_hiccups(
    mode: InsertMode,
) -> impl Strategy<Value = Vec<(Method, usize, Trouble)>> {
    let lost = if mode == InsertMode::Upsert { Trouble::AnswerLost } else { TRANSIENT };
    let method = prop::sample::select(vec![Method::Begin, Method::Table, Method::Write]);
    let refused = (method, 0..12_usize, prop::sample::select(vec![TRANSIENT, lost]));
    let postponed = (Just(Method::Write), 0..12_usize, (1..4_usize).prop_map(Trouble::Postponed));
    let hiccup = prop_oneof![refused, postponed];
    prop::collection::vec(hiccup, 0..=RETRIES)
}

/// Up to `max.retries` calls before the commit that fail, or whose answer is lost.
pub(crate) fn hiccups() -> impl Strategy<Value = Vec<(Method, usize, Trouble)>> {
    let method = prop::sample::select(vec![Method::Begin, Method::Table, Method::Write]);
    let trouble = prop::sample::select(vec![TRANSIENT, Trouble::AnswerLost]);
    prop::collection::vec((method, 0..12_usize, trouble), 0..=RETRIES)
}
