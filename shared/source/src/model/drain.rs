//! Losing nothing that commits late: the drain.
//!
//! A *look* fixes an upper bound first, and then lists the *holders*: sessions and transactions that may still write at or below that
//! bound. When every holder is gone, each row at or below the bound is committed and visible, or will never exist. Only
//! then may rows up to the bound be read.
//!
//! Why nothing is lost: a row at or below the bound that is not visible after the drain belongs to a transaction that
//! ended after the holders were listed, or is still open. Its id was handed out, or its moment fixed, before the bound
//! was taken, by a statement that was running when the holders were listed. So its transaction was among the holders,
//! all of which are gone: it has committed and the row is visible, or it was rolled back.
//!
//! Not here: how a database lists its holders.

use std::collections::VecDeque;

use crate::model::position::Bound;

/// How many looks are kept. If the oldest ones do not drain, more of them would not help.
const LOOKS: usize = 8;

/// A bound, and the holders that were there once it had been taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look<H> {
    /// Taken first.
    pub bound: Bound,
    /// Listed after it.
    pub holders: Vec<H>,
}

/// What became of a holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<H> {
    /// It has committed or rolled back.
    Gone,
    /// It may still write, or what it wrote may still commit.
    Stays,
    /// The same work under other names: a statement that ended, whose transaction is open. If the right one among
    /// several is not known, all of them.
    Became(Vec<H>),
}

/// The looks at one table, oldest first.
#[derive(Debug, Clone)]
pub struct Drain<H> {
    looks: VecDeque<Look<H>>,
    drained: Option<Bound>,
}

impl<H> Default for Drain<H> {
    fn default() -> Self {
        Self { looks: VecDeque::new(), drained: None }
    }
}

impl<H: PartialEq> Drain<H> {
    /// The bound up to which rows may be read; `None` before the first drain.
    #[must_use]
    pub fn bound(&self) -> Option<Bound> {
        self.drained
    }

    /// Whether there is room for another look.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.looks.len() < LOOKS
    }

    /// Whether any look still waits for a holder.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.looks.is_empty()
    }

    /// A holder for which the oldest look waits.
    #[must_use]
    pub fn oldest(&self) -> Option<&H> {
        self.looks.front()?.holders.first()
    }

    /// Adds a look. One without holders is drained at once.
    pub fn add(&mut self, look: Look<H>) {
        self.looks.push_back(look);
        self.settle();
    }

    /// Asks for the fate of every holder. `fate` must answer from what was seen after the look was taken.
    pub fn watch(&mut self, fate: impl Fn(&H) -> Fate<H>) {
        for look in &mut self.looks {
            let before = std::mem::take(&mut look.holders);
            for holder in before {
                let kept = match fate(&holder) {
                    Fate::Gone => Vec::new(),
                    Fate::Stays => vec![holder],
                    Fate::Became(others) => others,
                };
                for kept in kept {
                    if !look.holders.contains(&kept) {
                        look.holders.push(kept);
                    }
                }
            }
        }
        self.settle();
    }

    /// The newest look without holders wins, also over older ones that still have some: they are about less.
    fn settle(&mut self) {
        let Some(newest) = self.looks.iter().rposition(|look| look.holders.is_empty()) else {
            return;
        };
        let bound = self.looks[newest].bound;
        self.looks.drain(..=newest);
        // A bound may be lower than an earlier one: a statement that begins to wait for a lock pulls it back. The
        // earlier one still holds.
        if self.drained.is_none_or(|drained| bound.is_after(drained)) {
            self.drained = Some(bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(bound: i64, holders: &[u32]) -> Look<u32> {
        Look { bound: Bound::Id(bound), holders: holders.to_vec() }
    }

    #[test]
    fn the_newest_drained_look_wins() {
        let mut drain = Drain::default();
        drain.add(look(1, &[7, 8]));
        drain.add(look(2, &[8]));
        drain.add(look(3, &[8, 9]));
        assert_eq!((drain.bound(), drain.oldest()), (None, Some(&7)));
        drain.watch(|holder| if *holder == 8 { Fate::Gone } else { Fate::Stays });
        assert_eq!((drain.bound(), drain.oldest()), (Some(Bound::Id(2)), Some(&9)));
        drain.watch(|_| Fate::Became(vec![5, 6]));
        assert_eq!(drain.bound(), Some(Bound::Id(2)), "it became another and is still there");
        drain.watch(|_| Fate::Gone);
        assert_eq!((drain.bound(), drain.is_waiting()), (Some(Bound::Id(3)), false));
    }

    #[test]
    fn a_bound_that_is_pulled_back_takes_nothing_away() {
        let mut drain = Drain::<u32>::default();
        drain.add(look(5, &[]));
        drain.add(look(4, &[]));
        assert_eq!(drain.bound(), Some(Bound::Id(5)));
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let mut drain = Drain::default();
        for bound in 0..LOOKS {
            assert!(drain.has_room());
            drain.add(look(i64::try_from(bound).unwrap(), &[1]));
        }
        assert!(!drain.has_room());
    }
}
