//! Schedules of faults that are always the same; `scripts/soak.sh` has others without end.

mod ideal;
mod laws;
mod scenarios;

use std::collections::BTreeSet;

use sluice_tests::database::target::Target;
use sluice_tests::schedule::fault::Fault;
use sluice_tests::schedule::{Mode, Schedule, perform};

/// All modes are among the first four, exactly once and not, and most faults. Of the others each has
/// something besides: records are lost, the topic is made again, replays that are killed and not, new
/// columns, children that wait for their parents for a time and for ever.
const SEEDS: [u64; 10] = [9, 45, 107, 16, 61, 103, 62, 8, 109, 18];

async fn holds(target: Target, seed: u64) {
    if let Err(findings) = perform::run(target, seed).await {
        panic!("{findings}");
    }
}

/// A law for each seed, by its place among [`SEEDS`].
macro_rules! each_seed {
    ($($name:ident $place:literal),+ $(,)?) => {
        $(async fn $name(target: Target) {
            holds(target, SEEDS[$place]).await;
        })+

        sluice_tests::on_each_target! { $($name),+ }
    };
}

each_seed! {
    the_first 0, the_second 1, the_third 2, the_fourth 3, records_are_lost 4, a_topic_is_made_again 5,
    letters_are_replayed 6, columns_are_added 7, children_wait 8, children_wait_for_ever 9,
}

#[test]
fn the_seeds_hold_every_mode_and_many_faults() {
    let schedules = SEEDS.map(|seed| Schedule::of(seed, Target::Postgres));
    for mode in [Mode::Insert, Mode::Upsert, Mode::UpsertAndDelete] {
        assert!(schedules.iter().any(|schedule| schedule.mode == mode), "{mode:?}");
    }
    let strictest = |schedule: &&Schedule| schedule.mode == Mode::Insert && schedule.exactly_once;
    assert!(schedules.iter().find(strictest).is_some_and(Schedule::may_redeliver));
    assert!(schedules.iter().any(|schedule| !schedule.exactly_once && !schedule.may_redeliver()));
    let names = schedules.iter().flat_map(|schedule| &schedule.faults);
    let names: BTreeSet<String> = names.map(|(_, fault)| name(fault)).collect();
    assert!(names.len() >= 10, "{names:?}");
}

/// Every fault comes up sooner or later.
#[test]
fn a_thousand_seeds_hold_every_fault() {
    let schedules = (0..1000).map(|seed| Schedule::of(seed, Target::Postgres));
    let faults = schedules.flat_map(|schedule| schedule.faults);
    let names: BTreeSet<String> = faults.map(|(_, fault)| name(&fault)).collect();
    assert_eq!(names.len(), 25, "{names:?}");
}

fn name(fault: &impl std::fmt::Display) -> String {
    fault.to_string().split([' ', '(']).next().unwrap_or_default().to_owned()
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    let of = |seed| Schedule::of(seed, Target::Mariadb);
    for seed in 0..100 {
        assert_eq!(of(seed), of(seed));
    }
    assert_ne!(of(1).records, of(2).records);
}

/// What schedules have besides faults is among the fixed ones, and the topic changes in each way sooner
/// or later.
#[test]
fn every_scenario_comes_up() {
    let schedules = SEEDS.map(|seed| Schedule::of(seed, Target::Postgres));
    assert!(schedules.iter().any(|it| it.remade.is_some_and(|remade| !remade.settled)));
    let outlasts = |(_, fault): &(_, Fault)| matches!(fault, Fault::Outlast(_));
    assert!(schedules.iter().any(|it| it.faults.iter().any(outlasts)));
    assert!(schedules.iter().any(|it| it.evolves && it.mode == Mode::Insert));
    assert!(schedules.iter().any(|it| it.function_compute), "both platforms");
    let killed = |it: &Schedule| {
        it.replay_phase.is_some_and(|replay_phase| replay_phase.killed_after.is_some())
    };
    assert!(schedules.iter().any(killed));
    for for_ever in [false, true] {
        let waits = |it: &Schedule| {
            it.table_chain.is_some_and(|table_chain| (table_chain.patience < 0) == for_ever)
        };
        assert!(schedules.iter().any(waits), "{for_ever}");
    }
    let mut all = (0..1000).map(|seed| Schedule::of(seed, Target::Postgres));
    let both = all.clone();
    assert!(all.any(|it| it.remade.is_some_and(|remade| remade.settled) && it.exactly_once));
    let mut both = both.filter(|it| it.partitions_at_first < it.partitions);
    assert!(both.any(|it| it.faults_hold(Fault::Grow)));
}
