//! Those who write: short inserts, and transactions of all sorts, some of which are rolled back or take seconds.

use fastrand::Rng;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use tokio::time::Instant;

const WRITERS: u64 = 12;

pub(super) async fn connect(url: &str) -> Conn {
    Conn::new(Opts::from_url(url).expect("a URL")).await.expect("the server answers")
}

/// Writes until then, from many sides; whether each writer came to its end.
pub(super) async fn write(url: &str, seed: u64, until: Instant) -> Vec<bool> {
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let random = Rng::with_seed(seed.wrapping_mul(WRITERS) + number);
            tokio::spawn(writer(url.to_owned(), random, until))
        })
        .collect();
    let mut ended = Vec::new();
    for writer in writers {
        ended.push(writer.await.is_ok());
    }
    ended
}

async fn writer(url: String, mut random: Rng, until: Instant) {
    let mut conn = connect(&url).await;
    conn.query_drop("SET SESSION innodb_lock_wait_timeout = 3").await.expect("a setting");
    while Instant::now() < until {
        // A deadlock or a lock waited for in vain writes nothing.
        if conn.query_drop(script(&mut random)).await.is_err() {
            conn.query_drop("ROLLBACK").await.expect("it is undone");
        }
    }
    conn.disconnect().await.expect("goodbye");
}

fn script(random: &mut Rng) -> String {
    let key = random.u32(0..60);
    let act = match random.u32(0..7) {
        0 => "INSERT INTO t (v) VALUES (1)".to_owned(),
        1 => "INSERT INTO t (v) VALUES (1), (2), (3)".to_owned(),
        2 => "INSERT INTO t (v) SELECT SLEEP(0.05) FROM u UNION ALL SELECT SLEEP(0.05) FROM u"
            .to_owned(),
        3 => format!("INSERT INTO t (k, v) VALUES ({key}, 1) ON DUPLICATE KEY UPDATE v = v + 1"),
        4 => format!("INSERT IGNORE INTO t (k, v) VALUES ({key}, 1)"),
        5 => ["INSERT INTO t (v) VALUES (1)"; 20].join(";"),
        _ => format!("UPDATE t SET v = v + 1 WHERE k = {key}"),
    };
    let end = if random.u32(0..100) < 15 { "ROLLBACK" } else { "COMMIT" };
    // Most are short; a few outlast several invocations.
    let pause = match random.u32(0..40) {
        0 => random.f64() * 6.0,
        _ => random.f64() * 0.3,
    };
    match random.bool() {
        true => act,
        false => format!("START TRANSACTION; {act}; DO SLEEP({pause}); {end}"),
    }
}
