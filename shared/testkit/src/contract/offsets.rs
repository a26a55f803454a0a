//! Clauses of `exactly.once.enabled=true` about invocations that race, and the table in which
//! offsets are stored.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;

use super::{Database, Stage};
use crate::event::EventBuilder;
use crate::invocation::{self, Options, all_written, deliver_values};
use crate::table::{Kind, TableSpec};

const ONCE: Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "once"), ("errors.tolerance", "all")];
const ROWS: [&str; 3] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#, r#"{"v":"c"}"#];

fn plain(name: &str) -> TableSpec {
    TableSpec::new(name).column("v", Kind::Text)
}

impl<'s, D: Database> Stage<'s, D> {
    async fn once(database: &'s mut D) -> Self {
        Stage::set(database, plain("t"), ONCE).await
    }

    /// The content of the table of offsets.
    async fn reached(&mut self) -> Vec<String> {
        let offsets = TableSpec::new("sluice_offsets")
            .column("topic", Kind::Text)
            .column("partition", Kind::Integer)
            .column("table", Kind::Text)
            .column("next_offset", Kind::Integer);
        let rows = self.subject.rows(&offsets).await.into_iter();
        let mut rows: Vec<String> = rows.map(|row| row.join(" ")).collect();
        rows.sort();
        rows
    }

    /// Creates the table of offsets with an event that fails.
    async fn make_offsets(&mut self) {
        let outcome = deliver_values(&mut self.sink, "nowhere", ONCE, ROWS).await;
        outcome.expect_err("there is no such table");
    }

    /// One invocation writes, and another with the same records waits for it to end.
    async fn race(&mut self, end: impl AsyncFnOnce(&mut D::Sink)) -> usize {
        self.write(ROWS).await.expect("it is written");
        let mut second = self.subject.sink().await;
        let racing = deliver_values(&mut second, "t", ONCE, ROWS);
        let ending = async {
            self.subject.waits().await;
            end(&mut self.sink).await;
        };
        let (outcome, ()) = futures_util::future::join(racing, ending).await;
        outcome.expect("the race is not a fault").written
    }
}

/// If two invocations have the first records of a partition, one of them writes them.
pub async fn a_race_for_a_new_partition_is_won_by_one<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    stage.make_offsets().await;
    let written = stage.race(async |first| first.commit().await.expect("it commits")).await;
    assert_eq!(written, 0);
    assert_eq!(stage.rows().await, [["a"], ["b"], ["c"]]);
    assert_eq!(stage.reached().await, ["t 0 \"t\" 3"]);
}

/// The same for a partition whose first records were written before, among other partitions.
pub async fn a_race_for_a_known_partition_is_won_by_one<D: Database>(database: &mut D) {
    database.create(&plain("u")).await;
    let mut stage = Stage::once(database).await;
    let event =
        EventBuilder::msk().values("t", 0, &ROWS[..1]).values("t", 1, ROWS).values("u", 0, ROWS);
    stage.deliver_event(&event).await.expect("it is written");
    let written = stage.race(async |first| first.commit().await.expect("it commits")).await;
    assert_eq!(written, 0);
    assert_eq!(stage.rows().await.len(), 6);
    assert_eq!(stage.reached().await, ["t 0 \"t\" 3", "t 1 \"t\" 3", "u 0 \"u\" 3"]);
}

/// An invocation that waited for one that fails writes the records instead.
pub async fn who_waits_for_one_that_fails_writes_instead<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    stage.make_offsets().await;
    assert_eq!(stage.race(async |first| first.abandon().await).await, 3);
    assert_eq!(stage.rows().await.len(), 3);
}

/// Invocations that all find no table of offsets create one.
pub async fn many_first_invocations_make_one_table_of_offsets<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    let rules = invocation::rules(&[ONCE, &[("max.retries", "10")]].concat());
    let mut races = Vec::new();
    for partition in 0..8 {
        let (mut sink, rules) = (stage.subject.sink().await, &rules);
        races.push(async move {
            let body = EventBuilder::msk().values("t", partition, ROWS).build();
            invocation::deliver(&mut sink, &body, rules).await
        });
    }
    let outcomes = futures_util::future::join_all(races).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(all_written(3))), "{outcomes:?}");
    assert_eq!(stage.reached().await.len(), 8);
}

/// Invocations with several partitions, in any order, do not deadlock.
pub async fn partitions_are_locked_in_one_order<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    stage.make_offsets().await;
    let rules = invocation::rules(&[ONCE, &[("max.retries", "0")]].concat());
    for round in 1..5 {
        let mut races = Vec::new();
        for nth in 0..4 {
            let (mut sink, rules) = (stage.subject.sink().await, &rules);
            races.push(async move {
                let mut partitions = [1, 2, 3, 4];
                partitions.rotate_left(nth);
                let event = partitions.into_iter().fold(EventBuilder::msk(), |event, partition| {
                    event.values("t", partition, std::iter::repeat_n(ROWS[0], round))
                });
                invocation::deliver(&mut sink, &event.build(), rules).await
            });
        }
        let outcomes = futures_util::future::join_all(races).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(stage.rows().await.len(), 4 * round);
    }
}

/// The beginning of a large event that was written before is left out of it.
pub async fn a_redelivered_beginning_is_filtered<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    assert_eq!(stage.deliver(ROWS).await, Ok(all_written(3)));
    let more = (0..2_500).map(|nth| format!(r#"{{"v":"v{nth}"}}"#));
    let outcome = stage.deliver(more).await.expect("nothing is given back");
    assert_eq!((outcome.written, outcome.filtered), (2_497, 3));
    assert_eq!(stage.reached().await, ["t 0 \"t\" 2500"]);
}

/// Each name of a connector and each table has its own offsets.
pub async fn connectors_and_tables_keep_their_own_places<D: Database>(database: &mut D) {
    database.create(&plain("u")).await;
    let mut stage = Stage::once(database).await;
    let cases: [(Options<'_>, usize); 4] =
        [(&[], 3), (&[("name", "other")], 3), (&[("table.name.format", "u")], 3), (&[], 0)];
    for (extra, written) in cases {
        let outcome = stage.deliver_by(&[ONCE, extra].concat(), ROWS).await;
        assert_eq!(outcome.expect("nothing is given back").written, written, "{extra:?}");
    }
}

/// A row that the table refuses is settled like any other.
pub async fn rows_that_are_refused_do_no_harm_to_the_offsets<D: Database>(database: &mut D) {
    let mut stage = Stage::set(database, plain("t").except("b"), ONCE).await;
    let outcome = stage.deliver(ROWS).await.expect("nothing is given back");
    assert_eq!((outcome.written, outcome.failures.len()), (2, 1));
    let outcome = stage.deliver([ROWS[1]]).await.expect("nothing is given back");
    assert_eq!((outcome.written, outcome.filtered), (0, 1));
    assert_eq!(stage.reached().await, ["t 0 \"t\" 3"]);
}

/// The table of offsets has the configured name, and an unrelated table is refused.
pub async fn the_table_of_offsets_can_be_named<D: Database>(database: &mut D) {
    let mut stage = Stage::once(database).await;
    let home = format!("{}.", stage.subject.home());
    for (place, name) in [("", "pro\"gress"), (&home, "pro`gress")] {
        let named = [("offsets.table", &*format!("{place}{name}"))];
        let outcome = stage.deliver_by(&[ONCE, &named].concat(), ROWS).await;
        assert_eq!(outcome, Ok(all_written(3)), "{named:?}");
        let offsets = TableSpec::new(name).column("next_offset", Kind::Integer);
        assert_eq!(stage.subject.rows(&offsets).await, [["3"]], "{name}");
    }
    stage.subject.create(&TableSpec::new("other").column("id", Kind::Integer)).await;
    let other = [ONCE, &[("offsets.table", "other")]].concat();
    let error = stage.deliver_by(&other, ROWS).await.expect_err("another table").error;
    assert_eq!(error.fault, Fault::Fatal, "{error}");
}
