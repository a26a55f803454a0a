//! Keeps memory between two events.
//!
//! glibc returns the top of its heap to the system once it is larger than a threshold. Then the
//! pages of the next event cause page faults, which take an eighth of the function's time. Both
//! thresholds are dynamic ("M_MMAP_THRESHOLD" and "M_TRIM_THRESHOLD" in mallopt(3)): freeing a
//! block that was mapped separately raises the first to the size of the block, and the second to
//! twice that size. With another allocator this has no effect.

use std::hint::black_box;

/// The size of a block that raises both thresholds enough for an event of 6 MB, with its body in
/// pieces and its rows.
const BLOCK: usize = 16 * 1024 * 1024;

/// Keeps the memory of one event for the next. Call it once, at the start. The block is never
/// written to, so it uses no memory.
pub fn retain_heap() {
    drop(black_box(Vec::<u8>::with_capacity(BLOCK)));
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// The number of page faults of this thread so far ("minflt" in proc(5)).
    fn faults() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // The name of the thread comes before the last parenthesis.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
        fields[8].parse().unwrap()
    }

    /// Allocates the body of an event in pieces, and as a whole.
    fn event() {
        let pieces: Vec<Vec<u8>> = (0..16).map(|piece| vec![piece + 1; 400_000]).collect();
        black_box(pieces.concat());
    }

    #[test]
    fn an_event_takes_the_pages_of_the_one_before() {
        retain_heap();
        event();
        let before = faults();
        (0..10).for_each(|_| event());
        let taken = faults() - before;
        // Without `retain_heap` there are more than three thousand.
        assert!(taken < 1000, "{taken} pages");
    }
}
