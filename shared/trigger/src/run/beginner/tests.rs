//! Which partitions are new.

use super::*;

#[test]
fn a_partition_is_new_if_it_was_not_there_when_the_run_began() {
    let identity = |byte| Identity::of([byte; 16]);
    let is_new = |partition, known, now: u8| {
        let place = Place { topic: "orders".into(), partition };
        let asked = Asked { place, known, before: None };
        asked.is_new(identity(now).as_ref())
    };
    let known = |byte| Some(Topic { identity: identity(byte), partitions: 4 });
    assert!(is_new(0, None, 1) && is_new(4, known(1), 1) && is_new(0, known(1), 2));
    assert!(!is_new(3, known(1), 1) && !is_new(3, known(0), 1) && !is_new(3, known(1), 0));
}
