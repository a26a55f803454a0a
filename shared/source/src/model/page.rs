//! The rows of one statement: which are asked for, and which of those that came may be sent.

use crate::model::position::{Bound, Micros, Order, Position};

/// The rows that one statement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The order of the rows.
    pub order: Order,
    /// Where to begin.
    pub after: Position,
    /// Where to end.
    pub until: Bound,
    /// How many rows at most; `None` for all of them.
    pub limit: Option<u32>,
    /// Only the rows of this moment, all of them: they did not fit into a page.
    pub moment: Option<Micros>,
}

/// What a page turned out to be, once its last row was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Rows were released, and reading goes on after this position.
    More(Position),
    /// All rows up to the bound are released; `None` if there was none.
    Bound(Option<Position>),
    /// All rows are of one moment and do not fit into a page: they must be read together.
    Moment(Micros),
}

/// Releases the rows of a page as they come, so that a page never ends between two rows of the same position.
#[derive(Debug)]
pub struct Page<R> {
    range: Range,
    came: u32,
    last: Option<Position>,
    /// Rows of the moment under way, under [`Order::Time`].
    held: Vec<R>,
    released: Option<Position>,
    /// Whether it ends before the rows that are held, as if it were full.
    is_cut: bool,
}

impl<R> Page<R> {
    /// An empty page.
    #[must_use]
    pub fn new(range: Range) -> Self {
        Self { range, came: 0, last: None, held: Vec::new(), released: None, is_cut: false }
    }

    /// Ends the page before the rows that are held: they are too large. Rows that still come are not taken.
    pub fn cut(&mut self) {
        self.is_cut = true;
        self.held = Vec::new();
    }

    /// Whether it takes no more rows.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Takes the next row, and hands to `release` those that may be sent.
    pub fn take(&mut self, at: Position, row: R, release: &mut Vec<R>) {
        if self.is_cut {
            return;
        }
        self.came += 1;
        let holds = self.range.order == Order::Time && self.range.moment.is_none();
        if !holds {
            self.released = Some(at);
            release.push(row);
        } else {
            if self.last.is_some_and(|last| last.time != at.time) {
                self.released = self.last;
                release.append(&mut self.held);
            }
            self.held.push(row);
        }
        self.last = Some(at);
    }

    /// Ends the page after its last row.
    pub fn end(mut self, release: &mut Vec<R>) -> End {
        let is_full = self.is_cut || self.range.limit.is_some_and(|limit| self.came >= limit);
        match (is_full, self.released, self.last.and_then(|last| last.time)) {
            (true, Some(released), _) => End::More(released),
            (true, None, Some(moment)) => End::Moment(moment),
            _ => {
                release.append(&mut self.held);
                End::Bound(self.last.map(|last| self.completed(last)))
            }
        }
    }

    /// Ends the page before a row that stops it: where reading goes on once that row is dealt with. `None` if nothing
    /// was released, or if what was released has no position of its own.
    #[must_use]
    pub fn stop(self) -> Option<Position> {
        let has_place = self.range.order != Order::Unordered && self.range.moment.is_none();
        self.released.filter(|_| has_place)
    }

    /// After the last row before the bound, its moment is complete.
    fn completed(&self, last: Position) -> Position {
        match (self.range.order, self.range.until) {
            (Order::Time | Order::TimeThenKey, Bound::Time(_)) => Position { id: None, ..last },
            _ => last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: Order, limit: u32, rows: &[(i64, i64)]) -> (Vec<i64>, End) {
        let until = if order == Order::Id { Bound::Id(99) } else { Bound::Time(99) };
        let limit = Some(limit);
        let mut page =
            Page::new(Range { order, after: Position::BEGINNING, until, limit, moment: None });
        let mut released = Vec::new();
        for (time, id) in rows {
            let at = match order {
                Order::Id => Position::at_id(*id),
                Order::Time => Position::at_time(*time),
                _ => Position::at(*time, *id),
            };
            page.take(at, *id, &mut released);
        }
        let end = page.end(&mut released);
        (released, end)
    }

    #[test]
    fn a_page_by_id_ends_anywhere() {
        let rows = [(0, 1), (0, 2)];
        assert_eq!(read(Order::Id, 2, &rows), (vec![1, 2], End::More(Position::at_id(2))));
        assert_eq!(read(Order::Id, 3, &rows), (vec![1, 2], End::Bound(Some(Position::at_id(2)))));
        assert_eq!(read(Order::Id, 3, &[]), (vec![], End::Bound(None)));
    }

    #[test]
    fn a_page_by_time_never_ends_within_a_moment() {
        let rows = [(1, 1), (1, 2), (2, 3), (2, 4)];
        let (one, two) = (Position::at_time(1), Position::at_time(2));
        assert_eq!(read(Order::Time, 4, &rows), (vec![1, 2], End::More(one)));
        assert_eq!(read(Order::Time, 5, &rows), (vec![1, 2, 3, 4], End::Bound(Some(two))));
        assert_eq!(read(Order::Time, 2, &rows[..2]), (vec![], End::Moment(1)));
    }

    #[test]
    fn a_page_that_is_cut_ends_before_what_it_holds() {
        let cut = |rows: &[i64]| {
            let (order, after, until) = (Order::Time, Position::BEGINNING, Bound::Time(99));
            let mut page = Page::new(Range { order, after, until, limit: Some(9), moment: None });
            let mut released = Vec::new();
            rows.iter().for_each(|time| page.take(Position::at_time(*time), *time, &mut released));
            page.cut();
            page.take(Position::at_time(8), 8, &mut released);
            let end = page.end(&mut released);
            (released, end)
        };
        assert_eq!(cut(&[1, 2, 2]), (vec![1], End::More(Position::at_time(1))));
        assert_eq!(cut(&[2, 2]), (vec![], End::Moment(2)), "it is read whole");
    }

    #[test]
    fn a_page_that_is_stopped_goes_on_behind_what_was_released() {
        let stopped = |order, moment, rows: &[(i64, i64)]| {
            let (after, until, limit) = (Position::BEGINNING, Bound::Time(99), Some(9));
            let mut page = Page::new(Range { order, after, until, limit, moment });
            let mut released = Vec::new();
            for (time, id) in rows {
                let id = (order != Order::Time).then_some(*id);
                page.take(Position { time: Some(*time), id }, (), &mut released);
            }
            (released.len(), page.stop())
        };
        let rows = [(1, 1), (1, 2), (2, 3)];
        assert_eq!(stopped(Order::TimeThenId, None, &rows), (3, Some(Position::at(2, 3))));
        assert_eq!(stopped(Order::Time, None, &rows), (2, Some(Position::at_time(1))));
        assert_eq!(stopped(Order::Time, None, &rows[..2]), (0, None));
        assert_eq!(stopped(Order::Time, Some(1), &rows[..2]).1, None, "its moment is not complete");
        assert_eq!(stopped(Order::Unordered, None, &rows).1, None);
    }

    #[test]
    fn a_moment_is_complete_at_the_bound() {
        let rows = [(1, 1), (1, 2)];
        let within = Position::at(1, 2);
        assert_eq!(read(Order::TimeThenKey, 2, &rows).1, End::More(within));
        let complete = Position::at_time(1);
        assert_eq!(read(Order::TimeThenKey, 3, &rows).1, End::Bound(Some(complete)));
        assert_eq!(read(Order::TimeThenId, 3, &rows).1, End::Bound(Some(within)));
    }
}
