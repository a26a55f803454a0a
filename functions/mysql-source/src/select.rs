//! The statement for a range of rows.

use mysql_async::Value;
use sluice_source::page::Range;
use sluice_source::position::{Bound, Micros, Order, Position};

use crate::catalog::{Described, quote};
use crate::moment;

/// A statement with its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// The statement for a range. `offset` is that of the timestamp column's wall clock.
pub(crate) fn select(table: &Described, range: &Range, offset: i64) -> Select {
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    let moment = |time: Micros| moment::value(time.saturating_add(offset));
    let id = table.id.as_deref().map(quote).unwrap_or_default();
    let time = table.time.as_ref().map(|time| quote(&time.name)).unwrap_or_default();
    if let Some(whole) = range.moment {
        conditions.push(format!("{time} = ?"));
        values.push(moment(whole));
    } else {
        match (range.order, range.after) {
            (Order::Unordered, _) => {}
            (Order::Id, Position { id: Some(after), .. }) => {
                conditions.push(format!("{id} > ?"));
                values.push(Value::Int(after));
            }
            (Order::Id, _) => {}
            (_, Position { time: Some(after), id: Some(last) }) => {
                // In this form an index on the timestamp serves.
                conditions.push(format!("{time} >= ? AND ({time} > ? OR {id} > ?)"));
                values.extend([moment(after), moment(after), Value::Int(last)]);
            }
            (_, Position { time: after, .. }) => {
                // Nothing is earlier than the lowest moment, save a zero date, which no calendar has.
                conditions.push(format!("{time} > ?"));
                values.push(moment(after.unwrap_or(Micros::MIN.saturating_add(offset.abs()))));
            }
        }
        match range.until {
            Bound::Id(most) => {
                conditions.push(format!("{id} <= ?"));
                values.push(Value::Int(most));
            }
            Bound::Time(end) => {
                conditions.push(format!("{time} < ?"));
                values.push(moment(end));
            }
            Bound::End => {}
        }
    }
    let mut sql = format!("SELECT * FROM {}", table.quoted());
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
