//! What becomes of speed with more partitions, and of memory with more records.

use std::error::Error;

use crate::parts::topic;
use crate::results::figures::Figure;
use crate::results::words::thousands;
use crate::setting::database::{Database, SCHEMA};
use crate::setting::event;
use crate::setting::lambda::Function;
use crate::setting::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

const TOPIC: &str = "sluice-bench-growth";
const PARTITIONS: [i32; 4] = [1, 2, 4, 8];
/// Records through one process, and how often its memory is looked at.
const RECORDS: u64 = 10_000_000;
const LOOKS: u64 = 10;
/// As many as the events that are sent again and again hold.
const DISTINCT: u64 = 100_000;

/// Rows a second from a topic of 1, 2, 4 and 8 partitions, with a function process for each.
///
/// # Errors
/// A server or a process fails, or rows are missing.
pub async fn partitions(database: &Database) -> Result<Vec<Figure>, Failed> {
    let mut figures = Vec::new();
    for partitions in PARTITIONS {
        let topic = format!("{TOPIC}-{partitions}");
        topic::fill(database.target, &topic, partitions).await?;
        let table = topic::table(database, "grown", "").await?;
        let pace = topic::drain(database, &topic, &table, partitions as usize, &[]).await?;
        crate::setting::kafka::delete(&sluice_tests::services::kafka(), &topic).await?;
        let what = match partitions {
            1 => "1 partition, 1 process".to_owned(),
            many => format!("{many} partitions, {many} processes"),
        };
        let detail =
            format!("{} rows/s; {:.2} s in all", thousands(pace.rate()), pace.whole.as_secs_f64());
        figures.push(
            Figure::new(&format!("partitions-{partitions}"), what, pace.rate(), "rows/s")
                .detail(detail),
        );
    }
    Ok(figures)
}

/// Memory of one process over ten million records.
///
/// # Errors
/// A server or the function fails.
pub async fn memory(database: &Database) -> Result<Vec<Figure>, Failed> {
    let table = format!("{SCHEMA}.many");
    database.create_orders("many", "").await?;
    let options = [("connection.url", database.url.as_str()), ("table.name.format", &table)];
    let mut function = Function::start(database.target, &options).await?;
    let events = event::events((0..DISTINCT).map(|id| Order::new(id, 340).json()));
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        for _ in 0..RECORDS / LOOKS / DISTINCT {
            function.invoke_all(&events).await?;
        }
        looks.push(function.memory()?.0 as f64 / 1e6);
        database.run(&format!("TRUNCATE TABLE {table}")).await?;
    }
    let shown: Vec<String> = looks.iter().map(|look| format!("{look:.1}")).collect();
    let detail = format!("MB after each million: {}", shown.join(", "));
    let growth = looks[looks.len() - 1] - looks[0];
    let what = "memory (RSS) gained from the first to the tenth million records";
    Ok(vec![Figure::new("rss-growth", what, growth, "MB").detail(detail)])
}
