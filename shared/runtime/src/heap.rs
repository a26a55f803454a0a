//! What becomes of memory between two events.
//!
//! glibc hands the top of its heap back to the system once it is larger than a threshold, and the
//! pages of the next event are faulted in one by one: an eighth of the function's time. Both
//! thresholds follow what is freed ("M_MMAP_THRESHOLD" and "M_TRIM_THRESHOLD" in mallopt(3)): a
//! block that was mapped on its own raises the first to its size and the second to twice that.
//! Where another allocator is linked nothing comes of it.

use std::hint::black_box;

/// Of a block that raises both far enough for an event of 6 MB, its body in pieces and its rows.
const BLOCK: usize = 16 * 1024 * 1024;

/// Keeps the memory of one event for the next. To be called once, before there is much: the block is
/// never written to, and so takes up none.
pub fn retain_heap() {
    drop(black_box(Vec::<u8>::with_capacity(BLOCK)));
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// Pages this thread was given so far ("minflt" in proc(5)).
    fn faults() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // The name before it may have anything in it but this.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
        fields[8].parse().unwrap()
    }

    /// Pieces as they come, and all of them in one.
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
        // They are more than three thousand where nothing is kept.
        assert!(taken < 1000, "{taken} pages");
    }
}
