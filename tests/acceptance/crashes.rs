//! The function is killed in each gap between its steps. The trigger starts it again, and the
//! end is right: no record missing, none written twice unless its commit was never answered.

use sluice_tests::letter::Letter;
use sluice_tests::proxy::{Proxy, Side};
use sluice_tests::road::Road;
use sluice_tests::run::Run;
use sluice_tests::services::{self, until};

const GOOD: i64 = 50;
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";
const FIRST_ROWS: &[u8] = b"SAVEPOINT sluice";
const UNDECODABLE: &str = "{\"id\":\"cut off";

/// A road with a proxy before either server, and a record for each of its ends.
struct Wired {
    road: Road,
    postgres: Proxy,
    kafka: Proxy,
}

impl Wired {
    /// Into a table without a key, where a row written twice shows.
    async fn inserting(what: &str) -> Self {
        Self::before(Road::new(what, 2, "id int, n int").await).await
    }

    async fn upserting(what: &str) -> Self {
        Self::before(Road::new(what, 2, "id int PRIMARY KEY, n int").await.upserting()).await
    }

    async fn before(road: Road) -> Self {
        let postgres = Proxy::before(&services::postgres_address()).await;
        let kafka = Proxy::before(&services::kafka()).await;
        let road = road.through(&postgres).letters_through(&kafka);
        let good = (0..GOOD).map(|id| format!("{{\"id\":{id},\"n\":{id}}}"));
        road.send_values(good.chain([UNDECODABLE, "{\"id\":-1,\"n\":\"x\"}"].map(str::to_owned)))
            .await;
        Self { road, postgres, kafka }
    }

    /// Runs until `held` comes, kills the function there, and lets the trigger go on.
    async fn killed_at(&self, proxy: &Proxy, from: Side, needle: &[u8]) -> Run {
        let mut held = proxy.hold(from, needle);
        let running = self.road.start(&["--once"]);
        held.caught().await;
        self.kill();
        self.restarted(running.ended().await)
    }

    /// The dead do not speak: what they had not said is lost, and the servers hear them hang up.
    fn kill(&self) {
        self.road.kill_function();
        self.postgres.cut();
        self.kafka.cut();
    }

    fn restarted(&self, run: Run) -> Run {
        run.assert_settled();
        assert_eq!((self.road.starts().len(), run.count("retries")), (2, 1), "{run:#?}");
        run
    }

    /// How often each row stands there; the same for all.
    async fn times(&self) -> i64 {
        let counts = self.road.query("SELECT id, n, count(*) FROM TABLE GROUP BY 1, 2").await;
        let mut ids: Vec<i32> = counts.iter().map(|row| row.get(0)).collect();
        ids.sort_unstable();
        assert!(ids.iter().copied().eq(0..GOOD as i32), "a row is missing: {ids:?}");
        let times: i64 = counts[0].get(2);
        assert!(counts.iter().all(|row| row.get::<_, i64>(2) == times), "half a transaction");
        times
    }

    /// How often the one letter of each topic came.
    async fn letters(&self) -> [usize; 2] {
        let (dead, errors) = self.road.letters().await;
        for letters in [&dead, &errors] {
            assert!(letters.iter().all(|letter| same_record(letter, &letters[0])), "{letters:?}");
        }
        assert!(dead.iter().all(|letter| letter.value.as_deref() == Some(UNDECODABLE.as_bytes())));
        [dead.len(), errors.len()]
    }
}

fn same_record(one: &Letter, other: &Letter) -> bool {
    let whole = |letter: &Letter| (letter.key.clone(), letter.value.clone(), letter.timestamp);
    one.origin() == other.origin() && whole(one) == whole(other)
}

#[tokio::test]
async fn before_the_first_write() {
    for wired in [Wired::inserting("write_i").await, Wired::upserting("write_u").await] {
        wired.killed_at(&wired.postgres, Side::Client, FIRST_ROWS).await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
    }
}

#[tokio::test]
async fn between_rows_and_letters() {
    for wired in [Wired::inserting("letters_i").await, Wired::upserting("letters_u").await] {
        wired.killed_at(&wired.kafka, Side::Client, b"").await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
    }
}

#[tokio::test]
async fn between_letters_and_commit() {
    for wired in [Wired::inserting("commit_i").await, Wired::upserting("commit_u").await] {
        wired.killed_at(&wired.postgres, Side::Client, COMMIT).await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));
    }
}

/// The broker has the letters, the function never hears of it.
#[tokio::test]
async fn between_letters_and_their_acknowledgement() {
    let wired = Wired::inserting("acknowledged").await;
    let mut letter = wired.kafka.hold(Side::Client, UNDECODABLE.as_bytes());
    let running = wired.road.start(&["--once"]);
    letter.caught().await;
    let mut acknowledgement = wired.kafka.hold(Side::Server, b"");
    letter.release();
    acknowledgement.caught().await;
    wired.kill();
    wired.restarted(running.ended().await);
    assert_eq!(wired.times().await, 1);
    let [dead, errors] = wired.letters().await;
    assert!(dead + errors > 2, "the letters had arrived: {dead}, {errors}");
}

/// The one gap that doubles rows, and only where nothing tells them apart.
#[tokio::test]
async fn between_commit_and_answer() {
    let wired = Wired::inserting("answer_i").await;
    wired.killed_at(&wired.postgres, Side::Server, COMMITTED).await;
    assert_eq!((wired.times().await, wired.letters().await), (2, [2, 2]));

    let wired = Wired::upserting("answer_u").await;
    wired.killed_at(&wired.postgres, Side::Server, COMMITTED).await;
    assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));
}

/// Nobody dies: the connection is cut after the letters arrived, before the broker says so.
#[tokio::test]
async fn letters_whose_acknowledgement_is_lost() {
    let wired = Wired::inserting("unheard").await;
    let mut letter = wired.kafka.hold(Side::Client, UNDECODABLE.as_bytes());
    let running = wired.road.start(&["--once", "--timeout", "5s"]);
    letter.caught().await;
    let mut acknowledgement = wired.kafka.hold(Side::Server, b"");
    letter.release();
    acknowledgement.caught().await;
    assert_eq!(wired.road.rows().await, 0, "nothing is committed before its letters are safe");
    wired.kafka.cut();
    running.ended().await.assert_settled();
    assert_eq!((wired.times().await, wired.road.starts().len()), (1, 1));
    assert!(wired.letters().await.iter().all(|count| *count >= 1));
}

/// Nobody dies: the connection is cut after the commit, before its answer. The function asks the
/// database what became of its transaction.
#[tokio::test]
async fn a_commit_whose_answer_is_lost() {
    for wired in [Wired::inserting("lost_i").await, Wired::upserting("lost_u").await] {
        let mut answer = wired.postgres.hold(Side::Server, COMMITTED);
        let running = wired.road.start(&["--once"]);
        answer.caught().await;
        assert_eq!(wired.times().await, 1, "it is committed");
        wired.postgres.cut();
        let run = running.ended().await;
        run.assert_settled();
        assert_eq!((run.count("retries"), wired.road.starts().len()), (0, 1), "{run:#?}");
        assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
    }
}

/// The same, but the commit never reached the database.
#[tokio::test]
async fn a_commit_that_is_lost() {
    let wired = Wired::inserting("never").await;
    let mut commit = wired.postgres.hold(Side::Client, COMMIT);
    let running = wired.road.start(&["--once"]);
    commit.caught().await;
    wired.postgres.cut();
    let run = running.ended().await;
    run.assert_settled();
    assert_eq!((run.count("retries"), wired.road.starts().len()), (1, 1), "{run:#?}");
    assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));
}

/// The function gives up on a commit that arrives later all the same.
#[tokio::test]
async fn a_commit_that_comes_late() {
    let wired = Wired::upserting("late").await;
    let mut commit = wired.postgres.hold(Side::Client, COMMIT);
    let running = wired.road.start(&["--once", "--timeout", "2s"]);
    commit.caught().await;
    until("the function gives up", async || wired.road.log().contains("in time")).await;
    commit.release();
    running.ended().await.assert_settled();
    assert_eq!((wired.times().await, wired.road.starts().len()), (1, 1));
}

/// The trigger itself is killed: the next one goes on where offsets were committed.
#[tokio::test]
async fn the_trigger_is_killed() {
    let wired = Wired::upserting("trigger").await;
    let mut commit = wired.postgres.hold(Side::Client, COMMIT);
    let session = ["--session-timeout", "6s"];
    let running = wired.road.start(&session);
    commit.caught().await;
    running.kill().await;
    wired.kill();
    let run = wired.road.drain(&session).await;
    run.assert_settled();
    assert_eq!((run.count("records"), wired.times().await), (GOOD as u64 + 2, 1));
}
