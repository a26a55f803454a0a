//! A database in memory, one small step at a time: ids are handed out before their rows exist, a statement's moment
//! is fixed before it has the table's lock, and transactions commit in any order.

use std::collections::BTreeMap;

use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Order, Position};

/// One step of one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Time goes on.
    Tick,
    /// A statement arrives: its moment is fixed.
    Begin,
    /// It gets the table's lock, which its transaction keeps.
    Lock,
    /// It is given the next id.
    Number,
    /// It writes the row of an id that it was given.
    Write,
    /// It changes a committed row that nobody else is changing.
    Touch(usize),
    /// It ends; ids without a row are burned.
    End,
    /// Its transaction commits.
    Commit,
    /// Its transaction is rolled back.
    Rollback,
    /// A row is inserted and committed at once.
    Insert,
}

#[derive(Debug, Default)]
struct Connection {
    /// The moment of the statement, and whether it has the lock.
    statement: Option<(i64, bool)>,
    ids: Vec<i64>,
    wrote: Vec<(i64, i64)>,
    /// Which acquisition of the lock this is.
    lock: Option<u64>,
}

/// The database.
#[derive(Debug)]
pub(crate) struct Database {
    /// The clock.
    pub(crate) now: i64,
    next_id: i64,
    locks: u64,
    /// Committed rows: id and moment.
    pub(crate) rows: BTreeMap<i64, i64>,
    connections: Vec<Connection>,
}

impl Database {
    pub(crate) fn new(connections: usize) -> Self {
        let connections = (0..connections).map(|_| Connection::default()).collect();
        Self { now: 1, next_id: 1, locks: 0, rows: BTreeMap::new(), connections }
    }

    /// Does a step, if the connection can.
    pub(crate) fn act(&mut self, who: usize, action: Action) {
        if let Action::Insert = action {
            use Action::{Begin, Commit, End, Lock, Number, Write};
            return [Begin, Lock, Number, Write, End, Commit]
                .map(|one| self.act(who, one))
                .into_iter()
                .collect();
        }
        let is_free = |id: &i64| {
            let mut touched = self.connections.iter().flat_map(|other| &other.wrote);
            touched.all(|(other, _)| other != id)
        };
        let free: Vec<i64> = self.rows.keys().copied().filter(is_free).collect();
        let connection = &mut self.connections[who];
        match (action, connection.statement) {
            (Action::Tick, _) => self.now += 1,
            (Action::Begin, None) => {
                connection.statement = Some((self.now, connection.lock.is_some()));
            }
            (Action::Lock, Some((now, false))) => {
                self.locks += 1;
                connection.lock = Some(self.locks);
                connection.statement = Some((now, true));
            }
            (Action::Number, Some((_, true))) => {
                connection.ids.push(self.next_id);
                self.next_id += 1;
            }
            (Action::Write, Some((now, true))) if !connection.ids.is_empty() => {
                connection.wrote.push((connection.ids.remove(0), now));
            }
            (Action::Touch(pick), Some((now, true))) if !free.is_empty() => {
                connection.wrote.push((free[pick % free.len()], now));
            }
            (Action::End, Some(_)) => {
                connection.statement = None;
                connection.ids.clear();
            }
            (Action::Commit, None) => {
                self.rows.extend(connection.wrote.drain(..));
                connection.lock = None;
            }
            (Action::Rollback, None) => {
                connection.wrote.clear();
                connection.lock = None;
            }
            _ => {}
        }
    }

    /// Lets everybody finish.
    pub(crate) fn finish(&mut self) {
        for who in 0..self.connections.len() {
            self.act(who, Action::End);
            self.act(who, Action::Commit);
        }
        self.now += 1;
    }

    /// The acquisitions of the table's lock that are held.
    pub(crate) fn holders(&self) -> Vec<u64> {
        self.connections.iter().filter_map(|connection| connection.lock).collect()
    }

    /// The earliest moment of a statement that does not have the lock yet.
    pub(crate) fn earliest_opener(&self) -> Option<i64> {
        let statements = self.connections.iter().filter_map(|connection| connection.statement);
        statements.filter(|(_, locked)| !locked).map(|(now, _)| now).min()
    }

    /// The committed rows of a range, in its order.
    pub(crate) fn select(&self, range: &Range) -> Vec<(Position, (i64, i64))> {
        let at = |(id, time): (&i64, &i64)| match range.order {
            Order::Id => Position::at_id(*id),
            Order::Time => Position::at_time(*time),
            _ => Position::at(*time, *id),
        };
        let is_after = |position: &Position| match (range.moment, range.after) {
            (Some(moment), _) => position.time == Some(moment),
            (None, Position { time: Some(time), id: None }) => position.time > Some(time),
            // Nothing is before the first id.
            (None, after) => (position.time, position.id) > (after.time, after.id),
        };
        let is_before = |position: &Position| match range.until {
            Bound::Id(most) => position.id <= Some(most),
            Bound::Time(end) => position.time < Some(end),
            Bound::End => true,
        };
        let mut found: Vec<_> = self.rows.iter().map(|row| (at(row), (*row.0, *row.1))).collect();
        found.retain(|(position, _)| is_after(position) && is_before(position));
        found.sort_by_key(|(position, _)| (position.time, position.id));
        found.truncate(range.limit.map_or(usize::MAX, |limit| limit as usize));
        found
    }
}
