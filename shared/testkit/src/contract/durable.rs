//! Clauses of a target without transactions: what it writes is durable at once, and nothing undoes it.

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

/// The sink says that it is durable at once; otherwise it would have to undo work.
pub async fn it_says_that_it_is_durable_at_once<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_says"), INSERT).await;
    stage.sink.begin().await.expect("the work begins");
    assert!(stage.sink.is_durable_at_once());
    stage.sink.abandon().await;
}

/// Everybody sees a row before the commit, and `abandon` takes nothing back.
pub async fn what_is_written_is_durable_before_commit<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_at_once"), INSERT).await;
    assert_eq!(stage.write([r#"{"id":1}"#]).await, Ok(all_written(1)));
    assert_eq!(stage.rows().await, [["1"]]);
    stage.sink.abandon().await;
    assert_eq!(stage.rows().await, [["1"]]);
    // Another invocation.
    stage.sink = stage.subject.sink().await;
    stage.writes([r#"{"id":2}"#]).await;
    assert_eq!(stage.rows().await, [["1"], ["2"]]);
}

/// If a connection is lost between two batches, the first stays written, and the second is a
/// transient fault.
pub async fn a_lost_connection_leaves_what_was_written<S: Subject>(subject: &mut S) {
    let mut stage = Stage::set(subject, plain("contract_kept"), INSERT).await;
    let values = [r#"{"id":1}"#, r#"{"id":2}"#];
    let (body, arena) =
        (EventBuilder::msk().values(&stage.table.name, 0, values).build(), Bump::new());
    let event = Event::decode(&body, &arena).expect("an event");
    let name = stage.rules.routes.table(&stage.table.name);
    stage.sink.begin().await.expect("the work begins");
    let table = stage.sink.table(&name).await.expect("it can be read");
    let table = table.expect("the table is there");
    let mut answers = Vec::new();
    for (index, record) in event.records.iter().enumerate() {
        let mut mapper = Mapper::new(&stage.rules, &table).expect("the rules fit");
        let mut rows = Rows::new(table.columns.len(), &arena);
        rows.add(&mut mapper, index, record).expect("the record fits");
        let delivery = Delivery::new(&table, &[], stage.rules.insert_mode, true, rows);
        answers.push(delivery.deliver(&mut stage.sink, None).await);
        stage.subject.sever().await;
    }
    let lost = answers.pop().expect("two answers").expect_err("the connection is gone");
    let Halt::GivenBack(lost) = lost else { panic!("nothing conflicts") };
    assert_eq!(lost.error.fault, Fault::Transient, "{}", lost.error);
    assert!(answers[0].is_ok());
    stage.sink.abandon().await;
    assert_eq!(stage.rows().await, [["1"]]);
}
