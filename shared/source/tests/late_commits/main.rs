//! No committed row is lost, whatever the order in which a database hands out ids, fixes moments, locks and commits.
//! And the model is good enough to know: each rule of the drain that is left out loses rows in it.

mod model;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sluice_source::model::drain::{Fate, Look};
use sluice_source::model::page::Page;
use sluice_source::model::position::{Bound, Order, Position};
use sluice_source::poll::turn::Turn;
use sluice_source::source::{Seen, Table};

use model::{Action, Database};

/// How the poller looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Drain,
    /// The bound alone.
    Naive,
    /// The holders are listed before the bound is taken.
    HoldersFirst,
    /// Statements that wait for their lock are left out.
    WithoutOpeners,
}

/// The poller, which does one small step at a time too.
struct Poller {
    way: Way,
    order: Order,
    limit: u32,
    step: u8,
    turn: Turn<u64>,
    now: i64,
    opener: Option<i64>,
    holders: Vec<u64>,
    /// Id and moment, in the order in which they were told.
    told: Vec<(i64, i64)>,
}

impl Poller {
    fn new(way: Way, order: Order, limit: u32) -> Self {
        let table = Table { name: "d.t".into(), short: "t".into(), order, is_pass: false };
        let turn = Turn::new(table, Position::BEGINNING);
        let (holders, told) = (Vec::new(), Vec::new());
        Self { way, order, limit, step: 0, turn, now: 0, opener: None, holders, told }
    }

    fn bound(&self, database: &Database) -> Option<i64> {
        match self.order {
            Order::Id => database.rows.keys().max().copied(),
            _ => Some(database.now),
        }
    }

    /// Others act between any two of these.
    fn act(&mut self, database: &Database) {
        let bound = self.bound(database);
        match self.step {
            0 if self.way == Way::HoldersFirst => self.holders = database.holders(),
            0 => self.now = bound.unwrap_or(0),
            1 if self.way == Way::HoldersFirst => self.now = bound.unwrap_or(0),
            1 => self.opener = database.earliest_opener().filter(|_| self.order != Order::Id),
            2 => self.look(database),
            3 => {
                let held = database.holders();
                let fate = |lock: &u64| match held.contains(lock) {
                    true => Fate::Stays,
                    false => Fate::Gone,
                };
                self.turn.drain.watch(fate);
            }
            _ => self.read(database),
        }
        self.step = (self.step + 1) % 5;
    }

    fn look(&mut self, database: &Database) {
        let bound = match self.way {
            Way::Drain | Way::HoldersFirst => self.opener.map_or(self.now, |at| at.min(self.now)),
            Way::Naive | Way::WithoutOpeners => self.now,
        };
        let holders = match self.way {
            Way::Naive => Vec::new(),
            Way::HoldersFirst => std::mem::take(&mut self.holders),
            Way::Drain | Way::WithoutOpeners => database.holders(),
        };
        let bound = match self.order {
            Order::Id => Bound::Id(bound),
            _ => Bound::Time(bound),
        };
        if self.turn.wants_look() {
            let (look, now) = (Some(Look { bound, holders }), database.now);
            let seen = Seen { look, held_back: None, next_id: None, now };
            self.turn.saw(seen, false).expect("a look");
        }
    }

    fn read(&mut self, database: &Database) {
        let Some(range) = self.turn.range(self.limit) else { return };
        let (mut page, mut released) = (Page::new(range), Vec::new());
        for (at, row) in database.select(&range) {
            page.take(at, row, &mut released);
        }
        let end = page.end(&mut released);
        self.turn.read(&range, end);
        self.told.append(&mut released);
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Writer(usize, Action),
    Poller,
}

const WRITERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        2 => Just(Action::Tick),
        3 => Just(Action::Begin),
        3 => Just(Action::Lock),
        3 => Just(Action::Number),
        3 => Just(Action::Write),
        1 => (0..9usize).prop_map(Action::Touch),
        3 => Just(Action::End),
        2 => Just(Action::Commit),
        1 => Just(Action::Rollback),
        2 => Just(Action::Insert),
    ];
    prop_oneof![
        4 => (0..WRITERS, action).prop_map(|(who, action)| Step::Writer(who, action)),
        1 => Just(Step::Poller),
    ]
}

/// Runs a schedule, lets everybody finish, and says what is wrong with what was told.
fn run(way: Way, order: Order, limit: u32, steps: &[Step]) -> Result<(), String> {
    let mut database = Database::new(WRITERS);
    let mut poller = Poller::new(way, order, limit);
    for step in steps {
        match *step {
            // By id alone updates are not seen.
            Step::Writer(_, Action::Touch(_)) if order == Order::Id => {}
            Step::Writer(who, action) => database.act(who, action),
            Step::Poller => poller.act(&database),
        }
    }
    database.finish();
    let rounds = 12 + 2 * database.rows.len();
    (0..5 * rounds).for_each(|_| poller.act(&database));
    let told: BTreeSet<_> = poller.told.iter().copied().collect();
    let lost: Vec<_> =
        database.rows.iter().filter(|(id, at)| !told.contains(&(**id, **at))).collect();
    if !lost.is_empty() {
        return Err(format!("lost: {lost:?}"));
    }
    if told.len() != poller.told.len() {
        return Err(format!("told twice: {:?}", poller.told));
    }
    let place = |(id, time): &(i64, i64)| if order == Order::Id { *id } else { *time };
    match poller.told.is_sorted_by_key(place) && poller.turn.is_done() {
        true => Ok(()),
        false => Err(format!("not in order, or not done: {:?}", poller.told)),
    }
}

const ORDERS: [Order; 4] = [Order::Id, Order::Time, Order::TimeThenId, Order::TimeThenKey];

proptest! {
    #![proptest_config(Config { cases: 3_000, ..Config::default() })]

    #[test]
    fn the_drain_loses_nothing(
        order in proptest::sample::select(&ORDERS[..]),
        limit in 1..4u32,
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        run(Way::Drain, order, limit, &steps).map_err(TestCaseError::fail)?;
    }
}

/// The first loss among many schedules.
fn loss(way: Way, order: Order) -> Option<String> {
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: 20_000,
            max_shrink_iters: 0,
            failure_persistence: None,
            ..Config::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let steps = proptest::collection::vec(step(), 0..120);
    let ran = runner.run(&steps, |steps| run(way, order, 2, &steps).map_err(TestCaseError::fail));
    ran.err().map(|error| error.to_string())
}

#[test]
fn a_bound_alone_loses_rows() {
    for order in ORDERS {
        let told = loss(Way::Naive, order).unwrap_or_default();
        assert!(told.contains("lost: ["), "{order:?}: {told}");
    }
}

#[test]
fn holders_that_are_listed_too_early_lose_rows() {
    for order in ORDERS {
        let told = loss(Way::HoldersFirst, order).unwrap_or_default();
        assert!(told.contains("lost: ["), "{order:?}: {told}");
    }
}

#[test]
fn statements_that_wait_for_their_lock_must_count() {
    for order in [Order::Time, Order::TimeThenId, Order::TimeThenKey] {
        let told = loss(Way::WithoutOpeners, order).unwrap_or_default();
        assert!(told.contains("lost: ["), "{order:?}: {told}");
    }
}
