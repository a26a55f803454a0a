//! How soon a function is there: from the start of its process to its first request for work, and
//! to its first durable row. And how large its binary is.

use std::error::Error;
use std::time::Instant;

use sluice_tests::services::binary;

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::setting::database::{Database, SCHEMA};
use crate::setting::event;
use crate::setting::lambda::Function;
use crate::setting::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

const RUNS: usize = 31;

/// Starts a function many times and hands it one record each time.
///
/// # Errors
/// It does not start, or does not write.
pub async fn measure(database: &Database) -> Result<Vec<Figure>, Failed> {
    let table = format!("{SCHEMA}.started");
    database.create_orders("started", "").await?;
    let events = event::events([Order::new(1, 340).json()]);
    let options = [("connection.url", database.url.as_str()), ("table.name.format", &table)];
    let (mut ready, mut durable) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut function = Function::start(database.target, &options).await?;
        function.invoke_all(&events).await?;
        durable.push(start.elapsed().as_secs_f64() * 1e3);
        ready.push(function.ready_after.as_secs_f64() * 1e3);
    }
    let found = database.number(&format!("SELECT count(*) FROM {table}")).await?;
    if found != RUNS as i64 {
        return Err(format!("{found} rows are there").into());
    }
    let figure = |id: &str, what: &str, runs: Vec<f64>| {
        let Spread { median, least, most } = Spread::of(runs);
        Figure::new(id, what, median, "ms")
            .detail(format!("{least:.1}–{most:.1} ms, {RUNS} starts"))
    };
    let size = std::fs::metadata(binary(database.target.connector()))?.len() as f64 / 1e6;
    Ok(vec![
        figure("ready", "process start → first request for work", ready).at_most(5.0, 3.0),
        figure("durable", "process start → first durable row, over TLS", durable)
            .at_most(25.0, 15.0),
        Figure::new("binary", "binary, stripped", size, "MB").at_most(7.0, 6.0),
    ])
}
