//! Clauses about faults of which no row is the cause, and about what is durable when.

use bumpalo::Bump;
use sluice_bridge::deliver::{Delivery, Halt};
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::Mapper;
use sluice_bridge::map::row::Rows;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;

use super::{Stage, Subject};
use crate::event::EventBuilder;
use crate::invocation::{INSERT, all_written};
use crate::table::{Kind, TableSpec};

fn plain(name: &str) -> TableSpec {
    TableSpec::new(name).key("id", Kind::Integer)
}

const ONE: [&str; 1] = [r#"{"id":1}"#];

/// Begins, describes the table, loses the connection and writes one row.
async fn write_after_loss<S: Subject>(stage: &mut Stage<'_, S>) -> Fault {
    let (body, arena) =
        (EventBuilder::msk().values(&stage.table.name, 0, ONE).build(), Bump::new());
    let event = Event::decode(&body, &arena).expect("an event");
    let name = stage.rules.routes.table(&stage.table.name);
    stage.sink.begin().await.expect("the work begins");
    let table = stage.sink.table(&name).await.expect("it can be read");
    let table = table.expect("the table is there");
    stage.subject.sever().await;
    let mut mapper = Mapper::new(&stage.rules, &table).expect("the rules fit");
    let mut rows = Rows::new(table.columns.len(), &arena);
    rows.add(&mut mapper, 0, &event.records[0]).expect("the record fits");
    let mode = stage.rules.insert_mode;
    let delivery = Delivery::new(&table, &[], mode, true, rows);
    let halt = delivery.deliver(&mut stage.sink, None).await.expect_err("the write fails");
    stage.sink.abandon().await;
    match halt {
        Halt::GivenBack(given_back) => given_back.error.fault,
        Halt::OutOfOrder => panic!("nothing conflicts"),
    }
}

/// No row is the cause of a missing table: no record may become a letter for it.
pub async fn a_missing_table_is_fatal<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_missing"), INSERT).await;
    stage.subject.drop_table(&stage.table).await;
    let given_back = stage.deliver(ONE).await.expect_err("there is no table");
    assert_eq!(given_back.error.fault, Fault::Fatal, "{}", given_back.error);
    stage.subject.create(&stage.table).await;
    stage.writes(ONE).await;
    assert_eq!(stage.rows().await, [["1"]]);
}

/// The same if the table existed in the invocation before.
pub async fn a_table_that_goes_missing_is_fatal<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_gone"), INSERT).await;
    stage.writes(ONE).await;
    stage.subject.drop_table(&stage.table).await;
    let given_back = stage.deliver(ONE).await.expect_err("there is no table any more");
    assert_eq!(given_back.error.fault, Fault::Fatal, "{}", given_back.error);
    stage.subject.create(&stage.table).await;
    stage.writes(ONE).await;
    assert_eq!(stage.rows().await, [["1"]]);
}

/// A connection that is lost before a write is a transient fault, and the next attempt works.
pub async fn a_lost_connection_is_transient<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_severed"), INSERT).await;
    assert_eq!(write_after_loss(&mut stage).await, Fault::Transient);
    stage.writes(ONE).await;
    assert_eq!(stage.rows().await, [["1"]]);
}

/// The same if it is lost before a commit; then nothing of the work is there.
pub async fn a_lost_connection_at_commit_is_transient<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_commit"), INSERT).await;
    assert_eq!(stage.write(ONE).await, Ok(all_written(1)));
    stage.subject.sever().await;
    let error = stage.sink.commit().await.expect_err("the connection is gone");
    assert_eq!(error.fault, Fault::Transient, "{error}");
    stage.sink.abandon().await;
    assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
    stage.writes(ONE).await;
    assert_eq!(stage.rows().await, [["1"]]);
}

/// A connection that is lost between two invocations is opened again within `max.retries`.
pub async fn an_idle_connection_that_was_lost_costs_nothing<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_idle"), INSERT).await;
    stage.writes(ONE).await;
    stage.subject.sever().await;
    stage.writes([r#"{"id":2}"#]).await;
    assert_eq!(stage.rows().await, [["1"], ["2"]]);
}

/// Until the commit nobody else sees a row; after it everybody does.
pub async fn nothing_is_visible_before_commit<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_visible"), INSERT).await;
    assert_eq!(stage.write(ONE).await, Ok(all_written(1)));
    assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
    stage.sink.commit().await.expect("the commit succeeds");
    assert_eq!(stage.rows().await, [["1"]]);
}

/// Abandoned work leaves nothing, and the sink goes on.
pub async fn abandon_leaves_nothing<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_abandon"), INSERT).await;
    assert_eq!(stage.write(ONE).await, Ok(all_written(1)));
    stage.sink.abandon().await;
    assert_eq!(stage.rows().await, Vec::<Vec<String>>::new());
    stage.writes([r#"{"id":2}"#]).await;
    assert_eq!(stage.rows().await, [["2"]]);
}
