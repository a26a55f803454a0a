//! Schedules of faults that are always the same; `scripts/soak.sh` has others without end.

mod laws;

use std::collections::BTreeSet;

use sluice_tests::schedule::{Mode, Schedule, perform};
use sluice_tests::target::Target;

/// All modes are among them, exactly once and not, and most faults.
const SEEDS: [u64; 4] = [9, 45, 107, 16];

async fn holds(target: Target, seed: u64) {
    if let Err(findings) = perform::run(target, seed).await {
        panic!("{findings}");
    }
}

async fn the_first(target: Target) {
    holds(target, SEEDS[0]).await;
}

async fn the_second(target: Target) {
    holds(target, SEEDS[1]).await;
}

async fn the_third(target: Target) {
    holds(target, SEEDS[2]).await;
}

async fn the_fourth(target: Target) {
    holds(target, SEEDS[3]).await;
}

sluice_tests::on_each_target! { the_first, the_second, the_third, the_fourth }

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
    assert_eq!(names.len(), 19, "{names:?}");
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
