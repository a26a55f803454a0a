//! One table within one invocation: what to do next, and whether anything is left.

use std::fmt::Display;

use crate::error::SourceError;
use crate::model::drain::{Drain, Look};
use crate::model::page::{End, Range};
use crate::model::position::{Bound, Micros, Position};
use crate::source::{HeldBack, Seen, Table};

/// How far a table is.
#[derive(Debug)]
pub struct Turn<H> {
    /// The table.
    pub table: Table,
    /// The last row that is committed to Kafka.
    pub position: Position,
    /// Its looks.
    pub drain: Drain<H>,
    /// Up to where it was read to the end.
    read_to: Option<Bound>,
    moment: Option<Micros>,
    /// The newest bound that was seen.
    newest: Option<Bound>,
    /// Whether a pass came to its end.
    has_passed: bool,
    /// Who keeps visible rows from being read, without a lock on the table.
    held_back: Option<HeldBack>,
}

impl<H: PartialEq> Turn<H> {
    /// A table of which `position` was reached by an earlier invocation.
    #[must_use]
    pub fn new(table: Table, position: Position) -> Self {
        Self {
            table,
            position,
            drain: Drain::default(),
            read_to: None,
            moment: None,
            newest: None,
            has_passed: false,
            held_back: None,
        }
    }

    /// Whether another look is useful.
    #[must_use]
    pub fn wants_look(&self) -> bool {
        !self.table.is_pass && self.drain.has_room()
    }

    /// Takes what a look showed.
    ///
    /// # Errors
    /// The ids of the table begin below the offset again and `restarts` is not set, or the server's clock went back.
    pub fn saw(&mut self, seen: Seen<H>, restarts: bool) -> Result<(), SourceError> {
        if let (true, Some(id), Some(next)) =
            (self.position.is_beyond(seen.next_id), self.position.id, seen.next_id)
        {
            if !restarts {
                return Err(SourceError::stop(format!(
                    "its next id is {next}, but rows were read up to id {id}: it was emptied or created again; \
                     reset the offset or set table.recreated=restart"
                )));
            }
            self.position = Position::BEGINNING;
            self.drain = Drain::default();
            (self.read_to, self.newest) = (None, None);
        }
        if let Some(time) = self.position.time.filter(|time| *time > seen.now) {
            let seconds = (time - seen.now) / 1_000_000;
            return Err(SourceError::stop(format!(
                "the server's clock is {seconds} s behind the offset: rows that are written now would be missed"
            )));
        }
        if let Some(look) = seen.look {
            self.take(look);
        }
        self.held_back = seen.held_back;
        Ok(())
    }

    /// A look at nothing new is not worth waiting for.
    fn take(&mut self, look: Look<H>) {
        if look.bound.is_reached(self.position) {
            return;
        }
        let is_newer = self.newest.is_none_or(|newest| look.bound.is_after(newest));
        if is_newer {
            self.newest = Some(look.bound);
        }
        // Of looks with one bound the first drains first.
        if is_newer || !self.drain.is_waiting() {
            self.drain.add(look);
        }
    }

    /// Who reading waits for.
    #[must_use]
    pub fn waits_for(&self) -> Option<String>
    where
        H: Display,
    {
        let held_back = || self.held_back.as_ref().map(|held_back| held_back.by.clone());
        self.drain.oldest().map(ToString::to_string).or_else(held_back)
    }

    /// The rows to read now, if any may be read.
    #[must_use]
    pub fn range(&self, page_rows: u32) -> Option<Range> {
        let until = match self.table.is_pass {
            true if self.has_passed => return None,
            true => Bound::End,
            false => self.drain.bound()?,
        };
        if until.is_reached(self.position) || self.read_to == Some(until) {
            return None;
        }
        let order = self.table.order;
        let is_whole = self.moment.is_some() || order == crate::model::position::Order::Unordered;
        let limit = (!is_whole).then_some(page_rows);
        Some(Range { order, after: self.position, until, limit, moment: self.moment })
    }

    /// Takes note of a page whose rows are committed to Kafka.
    pub fn read(&mut self, range: &Range, end: End) {
        if let Some(moment) = self.moment.take() {
            self.position = Position::at_time(moment);
            return;
        }
        match end {
            End::More(position) => self.position = position,
            End::Moment(moment) => self.moment = Some(moment),
            End::Bound(position) => {
                self.position = position.unwrap_or(self.position);
                self.read_to = Some(range.until);
                self.has_passed = self.table.is_pass;
            }
        }
    }

    /// Whether nothing is left to read that was seen.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.drain.is_waiting() && self.held_back.is_none() && self.range(1).is_none()
    }

    /// How far the newest bound lies ahead of what was read: ids, or microseconds. `None` if nothing lies ahead, or
    /// if nothing was read yet.
    #[must_use]
    pub fn behind(&self) -> Option<u64> {
        let held_back = self.held_back.as_ref().map(|held_back| held_back.bound);
        let newest = held_back.or(self.newest)?;
        if newest.is_reached(self.position) || self.read_to == Some(newest) {
            return None;
        }
        match (newest, self.position) {
            (Bound::Id(newest), Position { id: Some(id), .. }) => Some(newest.abs_diff(id)),
            (Bound::Time(newest), Position { time: Some(time), .. }) => Some(newest.abs_diff(time)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::position::Order;

    fn turn(order: Order, position: Position) -> Turn<u32> {
        let (name, short) = ("d.t".to_owned(), "t".to_owned());
        Turn::new(Table { name, short, order, is_pass: false }, position)
    }

    fn seen(bound: Bound, holders: &[u32]) -> Seen<u32> {
        let look = Some(Look { bound, holders: holders.to_vec() });
        Seen { look, held_back: None, next_id: None, now: 1_000 }
    }

    #[test]
    fn rows_are_read_when_the_drain_allows_it() {
        let mut turn = turn(Order::Id, Position::at_id(3));
        turn.saw(seen(Bound::Id(3), &[1]), false).unwrap();
        assert!(turn.is_done(), "nothing is waited for if nothing is new");
        turn.saw(seen(Bound::Id(9), &[1]), false).unwrap();
        assert!(!turn.is_done() && turn.range(2).is_none());
        assert_eq!(turn.behind(), Some(6));
        turn.drain.watch(|_| crate::model::drain::Fate::Gone);
        let range = turn.range(2).unwrap();
        assert_eq!((range.until, range.limit), (Bound::Id(9), Some(2)));
        turn.read(&range, End::Bound(Some(Position::at_id(8))));
        assert!(turn.is_done() && turn.behind().is_none(), "row 9 was rolled back");
    }

    #[test]
    fn a_moment_that_fills_a_page_is_read_whole() {
        let mut turn = turn(Order::Time, Position::at_time(1));
        turn.saw(seen(Bound::Time(900), &[]), false).unwrap();
        let page = turn.range(2).unwrap();
        turn.read(&page, End::Moment(5));
        let whole = turn.range(2).unwrap();
        assert_eq!((whole.moment, whole.limit), (Some(5), None));
        turn.read(&whole, End::Bound(Some(Position::at_time(5))));
        assert_eq!(turn.position, Position::at_time(5));
        assert!(turn.range(2).is_some(), "reading goes on behind it");
    }

    #[test]
    fn a_table_that_begins_again_is_noticed() {
        let emptied = || Seen { look: None, held_back: None, next_id: Some(1), now: 0 };
        let mut turn = turn(Order::Id, Position::at_id(7));
        let told = turn.saw(emptied(), false).unwrap_err().message;
        assert!(told.contains("next id is 1, but rows were read up to id 7"), "{told}");
        turn.saw(emptied(), true).unwrap();
        assert_eq!(turn.position, Position::BEGINNING);
        let deleted = Seen { next_id: Some(8), ..emptied() };
        turn.position = Position::at_id(7);
        turn.saw(deleted, false).unwrap();
        assert_eq!(turn.position, Position::at_id(7), "rows that are deleted change nothing");
    }

    #[test]
    fn rows_that_are_held_back_are_not_nothing() {
        let mut turn = turn(Order::Time, Position::at_time(300));
        let held = HeldBack { bound: Bound::Time(900), by: "a statement".to_owned() };
        let held = Seen { look: None, held_back: Some(held), next_id: None, now: 1_000 };
        turn.saw(held.clone(), false).unwrap();
        assert_eq!((turn.is_done(), turn.waits_for().as_deref()), (false, Some("a statement")));
        assert_eq!((turn.behind(), turn.range(2)), (Some(600), None));
        turn.saw(Seen { held_back: None, ..held }, false).unwrap();
        assert_eq!((turn.is_done(), turn.waits_for(), turn.behind()), (true, None, None));
    }

    #[test]
    fn a_clock_that_goes_back_is_noticed() {
        let mut turn = turn(Order::Time, Position::at_time(3_000_000));
        let told = turn.saw(seen(Bound::Time(900), &[]), false).unwrap_err().message;
        assert!(told.contains("clock is 2 s behind the offset"), "{told}");
    }
}
