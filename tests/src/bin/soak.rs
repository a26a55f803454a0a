//! `soak [mysql] [MINUTES] [SEED]`: schedules of faults one after the other, from SEED on, until the
//! time is over; with 0 minutes the one of SEED. Ends at the first that does not hold. The rows go to
//! PostgreSQL, unless it is to be MariaDB.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sluice_tests::database::target::Target;
use sluice_tests::schedule::perform;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let mysql = arguments.next_if(|first| first == "mysql");
    let target = if mysql.is_some() { Target::Mariadb } else { Target::Postgres };
    let mut arguments = arguments.map(|argument| argument.parse::<u64>());
    let (Ok(minutes), Ok(first)) =
        (arguments.next().unwrap_or(Ok(10)), arguments.next().unwrap_or_else(|| Ok(any())))
    else {
        eprintln!("usage: soak [mysql] [MINUTES] [SEED]");
        return ExitCode::from(2);
    };
    let (start, time) = (Instant::now(), Duration::from_secs(60 * minutes));
    for seed in first.. {
        let began = Instant::now();
        match perform::run(target, seed).await {
            Ok(schedule) => println!("{schedule}  held, {:.1?}", began.elapsed()),
            Err(findings) => {
                eprintln!("{findings}");
                return ExitCode::FAILURE;
            }
        }
        if start.elapsed() >= time {
            println!("{} schedules held, from seed {first} on", seed - first + 1);
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::SUCCESS
}

/// A seed nobody has chosen.
fn any() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}
