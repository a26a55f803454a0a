//! Schedules of faults that are always the same, one for each mode at least; `scripts/soak.sh` has
//! others without end.

use sluice_tests::schedule::{Schedule, perform};

async fn holds(seed: u64) {
    if let Err(findings) = perform::run(seed).await {
        panic!("{findings}");
    }
}

#[tokio::test]
async fn the_first() {
    holds(1).await;
}

#[tokio::test]
async fn the_second() {
    holds(2).await;
}

#[tokio::test]
async fn the_third() {
    holds(3).await;
}

#[tokio::test]
async fn the_fourth() {
    holds(4).await;
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    for seed in 0..100 {
        assert_eq!(Schedule::of(seed), Schedule::of(seed));
    }
    assert_ne!(Schedule::of(1).records, Schedule::of(2).records);
}
