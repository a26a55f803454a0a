//! Which parts there are, and the run of some of them.

use std::error::Error;

use sluice_tests::database::target::Target;

use crate::parts::{
    bad, databend, formats, growth, peers, pure, source, start, tablestore, topic, writing,
};
use crate::results::figures::{self, Figure, Run};
use crate::results::report;
use crate::setting::database::Database;
use crate::setting::machine::{Machine, said};

type Failed = Box<dyn Error + Sync + Send>;

/// The parts of a run without arguments, and those that take their time.
const SHORT: [&str; 7] = ["decode", "formats", "append", "upsert", "start", "bad", "topic"];
const LONG: [&str; 3] = ["growth", "peers", SOURCE];
/// Not of MariaDB: the path without its end is the same.
const PURE: [&str; 2] = ["decode", "formats"];
/// Only of MariaDB.
const SOURCE: &str = "source";

/// Runs the parts named, or the short ones, and keeps what they measure. The first word may be
/// `mysql`, or `databend` or `tablestore`, which have no parts; otherwise it is PostgreSQL.
///
/// # Errors
/// A part is unknown, or something fails.
pub async fn run(arguments: &[String]) -> Result<(), Failed> {
    if arguments == ["databend"] {
        return databend::run(command(arguments)).await;
    }
    if arguments == ["tablestore"] {
        return tablestore::run(command(arguments)).await;
    }
    let (target, parts) = match arguments {
        [first, rest @ ..] if first == "mysql" => (Target::Mariadb, rest),
        all => (Target::Postgres, all),
    };
    let of_target = |part: &&str| match target {
        Target::Postgres => *part != SOURCE,
        Target::Mariadb => !PURE.contains(part),
    };
    let known = || SHORT.into_iter().chain(LONG).filter(of_target);
    if let Some(unknown) = parts.iter().find(|part| known().all(|known| known != *part)) {
        let known: Vec<_> = known().collect();
        return Err(format!("there is no part {unknown}; there are {}", known.join(", ")).into());
    }
    let database = Database::connect(target).await?;
    let run = describe(&database, arguments).await?;
    for part in known() {
        let asked = if parts.is_empty() {
            SHORT.contains(&part)
        } else {
            parts.iter().any(|asked| asked == part)
        };
        if asked {
            let measured = measure(&database, part).await?;
            for figure in &measured {
                println!("{}", report::line(figure));
            }
            if part == SOURCE && !source::rows().1 {
                println!("not kept: BENCH_ROWS is set");
                continue;
            }
            let measured = measured.into_iter().map(|figure| figure.of(target)).collect();
            report::write(&figures::keep(measured, &run)?)?;
        }
    }
    database.leave().await
}

async fn measure(database: &Database, part: &str) -> Result<Vec<Figure>, Failed> {
    match part {
        "decode" => pure::figures(database).await,
        "formats" => formats::figures(database).await,
        "append" => writing::append(database).await,
        "upsert" => writing::upsert(database).await,
        "start" => start::measure(database).await,
        "bad" => bad::measure(database).await,
        "topic" => topic::measure(database).await,
        SOURCE => source::measure(database).await,
        "growth" => {
            let mut figures = growth::partitions(database).await?;
            figures.extend(growth::memory(database).await?);
            Ok(figures)
        }
        _ => peers::measure(database).await,
    }
}

async fn describe(database: &Database, arguments: &[String]) -> Result<Run, Failed> {
    Ok(Run {
        date: said("date", &["-u", "+%Y-%m-%d %H:%M"]),
        command: command(arguments),
        machine: Machine::here(&format!("{} with its defaults", database.version().await?)),
    })
}

fn command(arguments: &[String]) -> String {
    [&["scripts/bench.sh".to_owned()], arguments].concat().join(" ")
}
