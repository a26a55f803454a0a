//! The statement for a range of rows.

use mysql_async::Value;
use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Micros, Order, Position};

use crate::catalog::{Described, TimeColumns, quote};
use crate::moment;

/// A statement with its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// The statement for these columns of a range. `offset` is that of the timestamp column's wall clock.
pub(crate) fn select(table: &Described, range: &Range, columns: &str, offset: i64) -> Select {
    let id = table.id.as_deref().map(quote).unwrap_or_default();
    let time = table.time.as_ref().map(TimeColumns::sql).unwrap_or_default();
    let mut conditions =
        Conditions { id: &id, time: &time, offset, sql: Vec::new(), values: Vec::new() };
    match range.moment {
        Some(whole) => conditions.add(format!("{time} = ?"), [conditions.moment(whole)]),
        None => {
            conditions.after(range.order, range.after);
            conditions.until(range.until);
        }
    }
    let Conditions { sql: conditions, values, .. } = conditions;
    let mut sql = format!("SELECT {columns} FROM {}", table.sql());
    if !conditions.is_empty() {
        sql += &format!(" WHERE {}", conditions.join(" AND "));
    }
    sql += &match range.order {
        Order::Unordered => String::new(),
        Order::Id => format!(" ORDER BY {id}"),
        Order::Time => format!(" ORDER BY {time}"),
        Order::TimeThenId | Order::TimeThenKey => format!(" ORDER BY {time}, {id}"),
    };
    if let Some(limit) = range.limit {
        sql += &format!(" LIMIT {limit}");
    }
    Select { sql, values }
}

/// What the rows of a range fulfil.
struct Conditions<'a> {
    /// The columns in SQL.
    id: &'a str,
    time: &'a str,
    offset: i64,
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions<'_> {
    fn add(&mut self, sql: String, values: impl IntoIterator<Item = Value>) {
        self.sql.push(sql);
        self.values.extend(values);
    }

    fn moment(&self, time: Micros) -> Value {
        moment::value(time.saturating_add(self.offset))
    }

    fn after(&mut self, order: Order, after: Position) {
        let Self { id, time, .. } = *self;
        match (order, after) {
            (Order::Unordered, _) | (Order::Id, Position { id: None, .. }) => {}
            (Order::Id, Position { id: Some(after), .. }) => {
                self.add(format!("{id} > ?"), [Value::Int(after)]);
            }
            (_, Position { time: Some(after), id: Some(last) }) => {
                let after = self.moment(after);
                // In this form an index on the timestamp serves.
                self.add(
                    format!("{time} >= ? AND ({time} > ? OR {id} > ?)"),
                    [after.clone(), after, Value::Int(last)],
                );
            }
            (_, Position { time: after, .. }) => {
                // Nothing is earlier than the lowest moment, except a zero date, which is not in the calendar.
                let lowest = Micros::MIN.saturating_add(self.offset.abs());
                let after = self.moment(after.unwrap_or(lowest));
                self.add(format!("{time} > ?"), [after]);
            }
        }
    }

    fn until(&mut self, until: Bound) {
        let Self { id, time, .. } = *self;
        match until {
            Bound::Id(most) => self.add(format!("{id} <= ?"), [Value::Int(most)]),
            Bound::Time(end) => self.add(format!("{time} < ?"), [self.moment(end)]),
            Bound::End => {}
        }
    }
}
