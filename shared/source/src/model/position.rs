//! How far a table has been read, and in which order its rows come.

/// Microseconds since 1970-01-01 00:00 UTC.
pub type Micros = i64;

/// The order in which the rows of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By an integer column whose values rise.
    Id,
    /// By a timestamp alone. Rows of one moment have the same position, so they are read together.
    Time,
    /// By a timestamp, then by an integer column; both are part of the stored offset.
    TimeThenId,
    /// By a timestamp, then by the table's integer primary key. The stored offset is the timestamp; the key is kept
    /// only while the rows of one moment are read in part.
    TimeThenKey,
    /// In any order, the whole table in one statement.
    Unordered,
}

/// The last row that was read, as far as the order needs it. Nothing was read yet if both are `None`.
///
/// A time without an id means that all rows of this moment were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The value of the timestamp column.
    pub time: Option<Micros>,
    /// The value of the integer column.
    pub id: Option<i64>,
}

impl Position {
    /// The beginning of a table.
    pub const BEGINNING: Self = Self { time: None, id: None };

    /// After the row with this id.
    #[must_use]
    pub fn at_id(id: i64) -> Self {
        Self { time: None, id: Some(id) }
    }

    /// After all rows of this moment.
    #[must_use]
    pub fn at_time(time: Micros) -> Self {
        Self { time: Some(time), id: None }
    }

    /// Whether rows were read up to an id that the table has not given yet: it was emptied or created again. Only where ids
    /// alone order the rows.
    #[must_use]
    pub fn is_beyond(self, next_id: Option<u64>) -> bool {
        let read = self.id.filter(|_| self.time.is_none()).zip(next_id);
        read.is_some_and(|(id, next)| i128::from(id) >= i128::from(next))
    }

    /// After the row with this id among the rows of this moment.
    #[must_use]
    pub fn at(time: Micros, id: i64) -> Self {
        Self { time: Some(time), id: Some(id) }
    }
}

/// Where reading must end, because rows beyond may still change their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Up to this id, the id included.
    Id(i64),
    /// Before this moment, the moment excluded.
    Time(Micros),
    /// The end of the table: rows that commit later are read by the next pass (mode bulk).
    End,
}

impl Bound {
    /// Whether no row can lie between a position and this bound.
    #[must_use]
    pub fn is_reached(self, position: Position) -> bool {
        match self {
            Bound::Id(most) => position.id.is_some_and(|id| id >= most),
            Bound::Time(end) => position.time.is_some_and(|time| {
                // All rows of `time` were read if no id is there.
                if position.id.is_some() { time >= end } else { time.saturating_add(1) >= end }
            }),
            Bound::End => false,
        }
    }

    /// Whether this bound lies behind another of the same kind.
    #[must_use]
    pub fn is_after(self, other: Self) -> bool {
        match (self, other) {
            (Bound::Id(one), Bound::Id(other)) | (Bound::Time(one), Bound::Time(other)) => {
                one > other
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_beyond_the_next_id_is_of_another_table() {
        assert!(Position::at_id(7).is_beyond(Some(7)) && Position::at_id(7).is_beyond(Some(1)));
        assert!(!Position::at_id(7).is_beyond(Some(8)) && !Position::at_id(7).is_beyond(None));
        assert!(!Position::at(1, 7).is_beyond(Some(1)) && !Position::BEGINNING.is_beyond(Some(0)));
    }

    #[test]
    fn a_bound_is_reached_when_nothing_can_lie_before_it() {
        assert!(!Bound::Id(3).is_reached(Position::BEGINNING));
        assert!(!Bound::Id(3).is_reached(Position::at_id(2)));
        assert!(Bound::Id(3).is_reached(Position::at_id(3)));
        assert!(Bound::Time(8).is_reached(Position::at_time(7)), "8 itself is excluded");
        assert!(!Bound::Time(8).is_reached(Position::at(7, 1)), "7 was read in part");
        assert!(!Bound::Time(9).is_reached(Position::at_time(7)));
        assert!(!Bound::End.is_reached(Position::at_id(i64::MAX)));
    }
}
