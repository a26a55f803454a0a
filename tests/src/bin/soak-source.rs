//! `soak-source [MINUTES] [SEED]`: storms of writers beside the source, from SEED on, on MariaDB and MySQL in turn, until
//! the time is over; with 0 minutes the one of SEED on both. Ends at the first that loses or doubles a row.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sluice_tests::storm::Storm;

const SERVERS: [&str; 2] = ["TEST_MARIADB", "TEST_MYSQL"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(minutes), Ok(first)) =
        (arguments.next().unwrap_or(Ok(10)), arguments.next().unwrap_or_else(|| Ok(any())))
    else {
        eprintln!("usage: soak-source [MINUTES] [SEED]");
        return ExitCode::from(2);
    };
    let (start, time) = (Instant::now(), Duration::from_secs(60 * minutes));
    let (mut rows, mut killed) = (0, 0);
    for seed in first.. {
        for server in SERVERS {
            let Ok(home) = std::env::var(server) else {
                eprintln!("{server} is not set: run scripts/soak.sh source");
                return ExitCode::from(2);
            };
            let outcome = Storm::new(server, seed).run(&home).await;
            println!("{server} seed {seed}: {outcome:?}");
            if outcome.lost + outcome.doubled > 0 {
                eprintln!("again: scripts/soak.sh source 0 {seed}");
                return ExitCode::FAILURE;
            }
            (rows, killed) = (rows + outcome.rows, killed + outcome.killed);
        }
        if start.elapsed() >= time {
            println!("{rows} rows once each, {killed} invocations killed, from seed {first} on");
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::SUCCESS
}

/// A seed nobody has chosen.
fn any() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}
