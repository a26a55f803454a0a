//! What somebody writes who needs a table in a topic: a page of rows, each a `serde_json::Value`, and one await for the
//! whole batch. It stores no offset and loses rows that commit late.

use std::error::Error;

use krafka::Kafka;
use krafka::producer::Record;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Row, Value as Cell};
use serde_json::{Map, Value, json};

type Failed = Box<dyn Error + Sync + Send>;

/// As many rows as the source reads at once.
const PAGE: usize = 5_000;

/// Sends all rows of the table and returns how many there were.
///
/// # Errors
/// A server does not answer.
pub(super) async fn run(url: &str, table: &str, broker: &str, topic: &str) -> Result<u64, Failed> {
    let mut conn = Conn::new(Opts::from_url(url)?).await?;
    let kafka = Kafka::builder(broker).connect().await?;
    let producer = kafka.producer().metrics_push(false).build().await?;
    let select = format!("SELECT * FROM {table} WHERE id > ? ORDER BY id LIMIT {PAGE}");
    let (mut last, mut count) = (0_i64, 0);
    loop {
        let rows: Vec<Row> = conn.exec(&select, (last,)).await?;
        let is_last = rows.len() < PAGE;
        for row in rows {
            last = row.get(0).ok_or("a row has no id")?;
            let mut record = Record::new(topic, Value::from(object(&row)).to_string());
            record.key = Some(json!({ "id": last }).to_string().into());
            drop(producer.enqueue(record).await?);
            count += 1;
        }
        producer.flush().await?;
        if is_last {
            break;
        }
    }
    producer.close().await?;
    conn.disconnect().await?;
    Ok(count)
}

fn object(row: &Row) -> Map<String, Value> {
    let columns = row.columns_ref().iter().enumerate();
    let member = |(place, column): (usize, &mysql_async::Column)| {
        let cell = row.as_ref(place).map_or(Value::Null, value);
        (column.name_str().into_owned(), cell)
    };
    columns.map(member).collect()
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::NULL => Value::Null,
        Cell::Bytes(bytes) => Value::from(String::from_utf8_lossy(bytes)),
        Cell::Int(number) => Value::from(*number),
        Cell::UInt(number) => Value::from(*number),
        Cell::Float(number) => Value::from(*number),
        Cell::Double(number) => Value::from(*number),
        Cell::Date(year, month, day, hour, minute, second, micros) => Value::from(format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}"
        )),
        Cell::Time(..) => Value::from(cell.as_sql(true)),
    }
}
