//! PostgreSQL: COPY from a text file, in `psql`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::rows::{COLUMNS, Failed, Rows};

/// COPY's text format. No cell of ours has anything in it that would have to be escaped.
pub(super) fn file(rows: &Rows) -> String {
    rows.cells.iter().flatten().map(|cells| cells.join("\t") + "\n").collect()
}

pub(super) fn write(url: &str, rows: &Rows) -> Result<Duration, Failed> {
    let Rows { table, file, .. } = rows;
    let copy = |table: &str| format!("\\copy {table} FROM '{}'", file.display());
    if !rows.upsert {
        return run(url, &copy(table));
    }
    let set = COLUMNS[1..].iter().map(|column| format!("{column} = EXCLUDED.{column}"));
    let set: Vec<_> = set.collect();
    run(
        url,
        &format!(
            "BEGIN;\nCREATE TEMPORARY TABLE stage (LIKE {table}) ON COMMIT DROP;\n{}\n\
             INSERT INTO {table} SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET {};\nCOMMIT;",
            copy("stage"),
            set.join(", ")
        ),
    )
}

/// Runs a script and tells what its statements took, by the clock of `psql`.
fn run(url: &str, script: &str) -> Result<Duration, Failed> {
    let mut psql = Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = psql.stdin.take() {
        write!(input, "\\timing on\n{script}\n")?;
    }
    let output = psql.wait_with_output()?;
    if !output.status.success() {
        return Err("psql failed, and said why above".into());
    }
    let said = String::from_utf8(output.stdout)?;
    let times = said.lines().filter_map(|line| {
        line.strip_prefix("Time: ")?.split_whitespace().next()?.parse::<f64>().ok()
    });
    Ok(Duration::from_secs_f64(times.sum::<f64>() / 1000.0))
}
