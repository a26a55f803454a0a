//! What is printed of a path: counts, letters by their reason, and the rows of each table.

use std::collections::BTreeMap;

use krafka::Kafka;
use sluice_tests::kafka::letter;

use crate::compare::{Compared, What};
use crate::copy::Copy;
use crate::kind::{Failed, Kind};
use crate::limits::Limits;

/// Rows that differ are shown up to this number for each table.
const SHOWN: usize = 20;

/// Prints a path, and tells whether everything that differs is a known limit.
pub(crate) async fn path(
    kafka: &Kafka,
    source: Kind,
    copy: &Copy,
    tables: &[Compared],
    limits: &Limits,
) -> Result<bool, Failed> {
    let counts = copy.counts();
    println!("\n{} -> {}", source.name(), copy.kind.name());
    println!(
        "records: {} written, {} letters, {} filtered",
        counts.written, counts.lettered, counts.filtered
    );
    letters(kafka, copy).await?;
    println!("{:<14} {:>7} {:>7} {:>10}", "table", "equal", "known", "DIFFERENT");
    let (mut equal, mut known, mut strange) = (0, 0, 0);
    for table in tables {
        let (of_limits, others) = split(table, limits);
        println!(
            "{:<14} {:>7} {:>7} {:>10}",
            table.table,
            table.equal,
            of_limits.values().sum::<usize>(),
            others.len()
        );
        equal += table.equal;
        known += of_limits.values().sum::<usize>();
        strange += others.len();
        of_limits.iter().for_each(|(reason, count)| println!("    {count} known: {reason}"));
        others.iter().take(SHOWN).for_each(|line| println!("    DIFFERENT: {line}"));
        if others.len() > SHOWN {
            println!("    and {} more", others.len() - SHOWN);
        }
    }
    println!("{:<14} {equal:>7} {known:>7} {strange:>10}", "all");
    Ok(strange == 0)
}

/// The rows that differ by known reasons, counted, and all others in words.
fn split<'l>(table: &Compared, limits: &'l Limits) -> (BTreeMap<&'l str, usize>, Vec<String>) {
    let (mut known, mut others) = (BTreeMap::new(), Vec::new());
    for row in &table.unequal {
        if let Some(reason) = limits.reason(&table.table, row) {
            *known.entry(reason).or_default() += 1;
            continue;
        }
        let short = |value: &str| value.chars().take(60).collect::<String>();
        let show = |value: &Option<String>| value.as_deref().map_or("NULL".to_owned(), short);
        let what = match &row.what {
            What::Missing => {
                let values =
                    row.source.iter().map(|(name, value)| format!("{name}={}", short(value)));
                format!("missing, source has {}", values.collect::<Vec<_>>().join(" "))
            }
            What::Extra => "only in the copy".to_owned(),
            What::Changed(columns) => {
                let columns = columns.iter().map(|(name, source, copy)| {
                    format!("{name}: source {} copy {}", show(source), show(copy))
                });
                columns.collect::<Vec<_>>().join(", ")
            }
        };
        others.push(format!("{}: {what}", short(&row.key)));
    }
    (known, others)
}

/// Letters by topic, column and reason.
async fn letters(kafka: &Kafka, copy: &Copy) -> Result<(), Failed> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for letter in letter::read(kafka, &copy.letters).await {
        let table = letter.origin().0.rsplit('.').next().unwrap_or_default().to_owned();
        *reasons.entry(format!("{table}: {}", letter.message())).or_default() += 1;
    }
    for (reason, count) in reasons {
        println!("    {count} letters of {reason}");
    }
    Ok(())
}
