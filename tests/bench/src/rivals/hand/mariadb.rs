//! MariaDB: statements of many rows as text, prepared, or by its bulk protocol, over a connection
//! like the function's (TLS, strict SQL mode, time in UTC) that is there when the clock starts; and
//! the server's own client with a file.

use std::fmt::Write;
use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts, Value};

use super::rows::{COLUMNS, Cells, Failed, Rows};

/// Rows of a statement in the file.
const IN_FILE: usize = 1000;

/// The file for the client. It has what the others do, but is ready before the clock starts.
pub(super) fn file(rows: &Rows) -> String {
    let mut script = String::new();
    for event in &rows.cells {
        script.push_str("BEGIN;\n");
        for cells in event.chunks(IN_FILE) {
            script += &literal(rows, cells);
            script.push_str(";\n");
        }
        script.push_str("COMMIT;\n");
    }
    script
}

/// Gives it to the client.
pub(super) fn feed(url: &str, rows: &Rows) -> Result<Duration, Failed> {
    let opts = Opts::from_url(url)?;
    let mut client = Command::new("mariadb");
    client.args(["--no-defaults", "--ssl", "-h", opts.ip_or_hostname()]);
    client.args(["-P", &opts.tcp_port().to_string(), "-u", opts.user().unwrap_or_default()]);
    client.env("MYSQL_PWD", opts.pass().unwrap_or_default()).stdin(File::open(&rows.file)?);
    let start = Instant::now();
    if !client.status()?.success() {
        return Err("mariadb failed, and said why above".into());
    }
    Ok(start.elapsed())
}

pub(super) async fn text(url: &str, rows: &Rows, many: usize) -> Result<Duration, Failed> {
    let mut session = session(url).await?;
    let start = Instant::now();
    for event in &rows.cells {
        session.query_drop("BEGIN").await?;
        for cells in event.chunks(many) {
            session.query_drop(literal(rows, cells)).await?;
        }
        session.query_drop("COMMIT").await?;
    }
    Ok(start.elapsed())
}

pub(super) async fn prepared(url: &str, rows: &Rows, many: usize) -> Result<Duration, Failed> {
    let mut session = session(url).await?;
    let start = Instant::now();
    for event in &rows.cells {
        session.query_drop("BEGIN").await?;
        for cells in event.chunks(many) {
            let places = vec!["(?,?,?,?,?,?,?)"; cells.len()].join(",");
            // Prepared once: the client keeps what was prepared.
            let statement = session.prep(statement(rows, &places)).await?;
            let values: Vec<Value> = cells.iter().flatten().map(Value::from).collect();
            session.exec_drop(&statement, values).await?;
        }
        session.query_drop("COMMIT").await?;
    }
    Ok(start.elapsed())
}

pub(super) async fn bulk(url: &str, rows: &Rows) -> Result<Duration, Failed> {
    let mut session = session(url).await?;
    let start = Instant::now();
    for event in &rows.cells {
        session.query_drop("BEGIN").await?;
        let row = |cells: &Cells| cells.iter().map(Value::from).collect::<Vec<_>>();
        session.exec_batch(statement(rows, "(?,?,?,?,?,?,?)"), event.iter().map(row)).await?;
        session.query_drop("COMMIT").await?;
    }
    Ok(start.elapsed())
}

async fn session(url: &str) -> Result<Conn, Failed> {
    // As the function's default: encrypted, whoever answers.
    let tls = SslOpts::default().with_danger_accept_invalid_certs(true);
    let mut session =
        Conn::new(OptsBuilder::from_opts(Opts::from_url(url)?).ssl_opts(Some(tls))).await?;
    session
        .query_drop("SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'")
        .await?;
    Ok(session)
}

fn literal(rows: &Rows, all: &[Cells]) -> String {
    let mut values = String::with_capacity(all.len() * 400);
    for (place, cells) in all.iter().enumerate() {
        let [id, customer, amount, currency, created_at, note, items] = cells;
        let comma = if place == 0 { "" } else { "," };
        // No cell of ours has a quote or a backslash in it.
        let _ = write!(
            values,
            "{comma}({id},'{customer}',{amount},'{currency}','{created_at}','{note}','{items}')"
        );
    }
    statement(rows, &values)
}

fn statement(rows: &Rows, values: &str) -> String {
    let statement = format!("INSERT INTO {} ({}) VALUES {values}", rows.table, COLUMNS.join(","));
    if !rows.upsert {
        return statement;
    }
    let set = COLUMNS[1..].iter().map(|column| format!("{column}=VALUES({column})"));
    let set: Vec<_> = set.collect();
    format!("{statement} ON DUPLICATE KEY UPDATE {}", set.join(","))
}
