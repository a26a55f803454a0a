//! The chart: one bar for each ratio, a line where the baseline stands. Legible on white and on
//! black.

use std::fmt::Write;

use crate::results::figures::Figure;
use crate::results::words::short;

/// What ratios are to, and the figures that tell them.
const GROUPS: [(&str, &[&str]); 6] = [
    ("PostgreSQL: psql on the same server = 1", &["append", "upsert-new", "upsert-existing"]),
    (
        "MariaDB: the best statement by hand on the same server = 1",
        &["mysql-append", "mysql-upsert-new", "mysql-upsert-existing"],
    ),
    ("a hand-written Rust Lambda = 1", &["decode-340", "decode-1400"]),
    ("PostgreSQL: Kafka Connect with Debezium's JDBC sink = 1", &["peers-append", "peers-upsert"]),
    (
        "MariaDB: Kafka Connect with Debezium's JDBC sink = 1",
        &["mysql-peers-append", "mysql-peers-upsert"],
    ),
    (
        "Tablestore: the official Java client's writer = 1",
        &["tablestore-append", "tablestore-append-slow", "tablestore-upsert"],
    ),
];

const WIDTH: usize = 760;
const LEFT: usize = 300;
const RIGHT: usize = 70;
const BAR: usize = 20;
const STEP: usize = 28;
const HEAD: usize = 46;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.head{font-weight:600}\
.bar{fill:#0b7285}.base{stroke:#c92a2a;stroke-width:2}.page{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#3bc9db}.base{stroke:#ff8787}\
.page{fill:#0d1117}}";

/// Draws what is there.
///
/// # Errors
/// Never: it writes to memory.
pub fn draw(figures: &[Figure]) -> Result<String, std::fmt::Error> {
    let mut body = String::new();
    let mut y = 8;
    for (title, ids) in GROUPS {
        let find = |id: &&str| figures.iter().find(|figure| figure.id == **id);
        let bars: Vec<&Figure> = ids.iter().filter_map(find).collect();
        if !bars.is_empty() {
            y = group(&mut body, title, &bars, y)?;
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" \
         viewBox=\"0 0 {WIDTH} {y}\" role=\"img\">\
         <title>Sluice against what it is measured with: longer is faster</title>\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n\
         {body}</svg>\n"
    ))
}

/// Draws a group from `y` on, and tells where it ends.
fn group(
    out: &mut String,
    title: &str,
    bars: &[&Figure],
    y: usize,
) -> Result<usize, std::fmt::Error> {
    let most = bars.iter().map(|figure| figure.value).fold(1.15, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) as f64 / most;
    writeln!(out, "<text class=\"head\" x=\"16\" y=\"{}\">{title}</text>", y + 24)?;
    let top = y + HEAD - 8;
    for (place, figure) in bars.iter().enumerate() {
        let y = top + place * STEP;
        let length = figure.value * scale;
        let text = y + BAR - 5;
        let what = figure.what.split(", once").next().unwrap_or_default();
        writeln!(out, "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{what}</text>", LEFT - 10)?;
        writeln!(
            out,
            "<rect class=\"bar\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\"/>"
        )?;
        let end = LEFT as f64 + length + 8.0;
        writeln!(
            out,
            "<text class=\"head\" x=\"{end:.1}\" y=\"{text}\">{}×</text>",
            short(figure.value)
        )?;
    }
    let bottom = top + bars.len() * STEP;
    let line = LEFT as f64 + scale;
    writeln!(
        out,
        "<line class=\"base\" x1=\"{line:.1}\" x2=\"{line:.1}\" y1=\"{}\" y2=\"{}\"/>",
        top - 4,
        bottom - 4
    )?;
    Ok(bottom + 6)
}
