//! The function is killed in each gap between its steps. The trigger starts it again, and the
//! end is right: no record missing, none written twice unless its commit was never answered.

use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::step::Step;
use sluice_tests::run::Run;
use sluice_tests::services::{self, until};
use sluice_tests::wire::hold::Held;
use sluice_tests::wire::proxy::{Proxy, Side};

const GOOD: i64 = 50;
const UNDECODABLE: &str = "{\"id\":\"cut off";

/// A pipeline with a proxy before either server, and a record for each of its ends.
struct Wired {
    pipeline: Pipeline,
    database: Proxy,
    kafka: Proxy,
}

impl Wired {
    /// Into a table without a key, where a row written twice shows.
    async fn inserting(target: Target, what: &str) -> Self {
        Self::before(Pipeline::to(target, what, 2, "id int, n int").await).await
    }

    async fn upserting(target: Target, what: &str) -> Self {
        let pipeline = Pipeline::to(target, what, 2, "id int PRIMARY KEY, n int").await;
        Self::before(pipeline.upserting()).await
    }

    /// The offsets reached are kept with the rows.
    fn exactly_once(mut self) -> Self {
        let offsets = format!("{}_offsets", self.pipeline.name);
        self.pipeline.set("exactly.once.enabled", "true");
        self.pipeline.set("offsets.table", &offsets);
        self
    }

    fn is_exactly_once(&self) -> bool {
        self.pipeline.options().contains_key("SLUICE_EXACTLY_ONCE_ENABLED")
    }

    async fn before(pipeline: Pipeline) -> Self {
        let database = Proxy::before(&pipeline.target.address()).await;
        let kafka = Proxy::before(&services::kafka()).await;
        let pipeline = pipeline.through(&database).letters_through(&kafka);
        let good = (0..GOOD).map(|id| format!("{{\"id\":{id},\"n\":{id}}}"));
        pipeline
            .send_values(good.chain([UNDECODABLE, "{\"id\":-1,\"n\":\"x\"}"].map(str::to_owned)))
            .await;
        Self { pipeline, database, kafka }
    }

    fn hold(&self, step: Step) -> Held {
        step.hold(&self.pipeline, &self.database)
    }

    /// Runs until this comes, kills the function there, and lets the trigger go on.
    async fn killed_at(&self, mut held: Held) -> Run {
        let running = self.pipeline.start(&["--once"]);
        held.caught().await;
        self.kill();
        self.restarted(running.ended().await)
    }

    /// The dead do not speak: what they had not said is lost, and the servers hear them hang up.
    fn kill(&self) {
        self.pipeline.kill_function();
        self.database.cut();
        self.kafka.cut();
    }

    fn restarted(&self, run: Run) -> Run {
        run.assert_settled();
        assert_eq!((self.pipeline.starts().len(), run.count("retries")), (2, 1), "{run:#?}");
        run
    }

    /// How often each row stands there; the same for all.
    async fn times(&self) -> i64 {
        let counts = self.pipeline.query("SELECT id, n, count(*) FROM TABLE GROUP BY 1, 2").await;
        let mut ids: Vec<i32> = counts.iter().map(|row| row.get(0)).collect();
        ids.sort_unstable();
        assert!(ids.iter().copied().eq(0..GOOD as i32), "a row is missing: {ids:?}");
        let times: i64 = counts[0].get(2);
        assert!(counts.iter().all(|row| row.get::<i64>(2) == times), "half a transaction");
        times
    }

    /// How often the one letter of each topic came.
    async fn letters(&self) -> [usize; 2] {
        let (dead, errors) = self.pipeline.letters().await;
        for letters in [&dead, &errors] {
            assert!(letters.iter().all(|letter| same_record(letter, &letters[0])), "{letters:?}");
        }
        assert!(dead.iter().all(|letter| letter.value.as_deref() == Some(UNDECODABLE.as_bytes())));
        [dead.len(), errors.len()]
    }
}

fn same_record(one: &Letter, other: &Letter) -> bool {
    let timestamp = |letter: &Letter| letter.reason("__sluice.errors.timestamp").to_owned();
    let whole = |letter: &Letter| (letter.key.clone(), letter.value.clone(), timestamp(letter));
    one.origin() == other.origin() && whole(one) == whole(other)
}

async fn before_the_first_write(target: Target) {
    for wired in
        [Wired::inserting(target, "write_i").await, Wired::upserting(target, "write_u").await]
    {
        wired.killed_at(wired.hold(Step::Write)).await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
    }
}

async fn between_rows_and_letters(target: Target) {
    for wired in
        [Wired::inserting(target, "letters_i").await, Wired::upserting(target, "letters_u").await]
    {
        wired.killed_at(wired.kafka.hold(Side::Client, b"")).await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
    }
}

async fn between_letters_and_commit(target: Target) {
    for wired in
        [Wired::inserting(target, "commit_i").await, Wired::upserting(target, "commit_u").await]
    {
        wired.killed_at(wired.hold(Step::Commit)).await;
        assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));
    }
}

/// The broker has the letters, the function never hears of it.
async fn between_letters_and_their_acknowledgement(target: Target) {
    let wired = Wired::inserting(target, "acknowledged").await;
    let mut letter = wired.kafka.hold(Side::Client, UNDECODABLE.as_bytes());
    let running = wired.pipeline.start(&["--once"]);
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
async fn between_commit_and_answer(target: Target) {
    let wired = Wired::inserting(target, "answer_i").await;
    wired.killed_at(wired.hold(Step::Answer)).await;
    assert_eq!((wired.times().await, wired.letters().await), (2, [2, 2]));

    let wired = Wired::upserting(target, "answer_u").await;
    wired.killed_at(wired.hold(Step::Answer)).await;
    assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));

    let wired = Wired::inserting(target, "answer_o").await.exactly_once();
    wired.killed_at(wired.hold(Step::Answer)).await;
    assert_eq!((wired.times().await, wired.letters().await), (1, [1, 1]));
}

/// Nobody dies: the connection is cut after the letters arrived, before the broker says so.
async fn letters_whose_acknowledgement_is_lost(target: Target) {
    let wired = Wired::inserting(target, "unheard").await;
    let mut letter = wired.kafka.hold(Side::Client, UNDECODABLE.as_bytes());
    let running = wired.pipeline.start(&["--once", "--timeout", "5s"]);
    letter.caught().await;
    let mut acknowledgement = wired.kafka.hold(Side::Server, b"");
    letter.release();
    acknowledgement.caught().await;
    assert_eq!(wired.pipeline.rows().await, 0, "nothing is committed before its letters are safe");
    wired.kafka.cut();
    running.ended().await.assert_settled();
    assert_eq!((wired.times().await, wired.pipeline.starts().len()), (1, 1));
    assert!(wired.letters().await.iter().all(|count| *count >= 1));
}

/// Nobody dies: the connection is cut after the commit, before its answer. Where that can be done,
/// the function asks the database what became of its transaction; elsewhere it does as if it had
/// been killed.
async fn a_commit_whose_answer_is_lost(target: Target) {
    let again = usize::from(!target.knows_transactions());
    for (wired, doubled) in [
        (Wired::inserting(target, "lost_i").await, again as i64),
        (Wired::upserting(target, "lost_u").await, 0),
        (Wired::inserting(target, "lost_o").await.exactly_once(), 0),
    ] {
        let mut answer = wired.hold(Step::Answer);
        let running = wired.pipeline.start(&["--once"]);
        answer.caught().await;
        assert_eq!(wired.times().await, 1, "it is committed");
        wired.database.cut();
        let run = running.ended().await;
        run.assert_settled();
        assert_eq!(
            (run.count("retries"), wired.pipeline.starts().len()),
            (again as u64, 1),
            "{run:#?}"
        );
        let letters = if wired.is_exactly_once() { 1 } else { 1 + again };
        assert_eq!((wired.times().await, wired.letters().await), (1 + doubled, [letters; 2]));
    }
}

/// The same, but the commit never reached the database.
async fn a_commit_that_is_lost(target: Target) {
    let wired = Wired::inserting(target, "never").await;
    let mut commit = wired.hold(Step::Commit);
    let running = wired.pipeline.start(&["--once"]);
    commit.caught().await;
    wired.database.cut();
    let run = running.ended().await;
    run.assert_settled();
    assert_eq!((run.count("retries"), wired.pipeline.starts().len()), (1, 1), "{run:#?}");
    assert_eq!((wired.times().await, wired.letters().await), (1, [2, 2]));
}

/// The function gives up on a commit that arrives later all the same.
async fn a_commit_that_comes_late(target: Target) {
    let wired = Wired::upserting(target, "late").await;
    let mut commit = wired.hold(Step::Commit);
    let running = wired.pipeline.start(&["--once", "--timeout", "2s"]);
    commit.caught().await;
    until("the function gives up", async || wired.pipeline.log().contains("in time")).await;
    commit.release();
    running.ended().await.assert_settled();
    assert_eq!((wired.times().await, wired.pipeline.starts().len()), (1, 1));
}

/// The trigger itself is killed: the next one goes on where offsets were committed.
async fn the_trigger_is_killed(target: Target) {
    let wired = Wired::upserting(target, "trigger").await;
    let mut commit = wired.hold(Step::Commit);
    let session = ["--session-timeout", "6s"];
    let running = wired.pipeline.start(&session);
    commit.caught().await;
    running.kill().await;
    wired.kill();
    let run = wired.pipeline.drain(&session).await;
    run.assert_settled();
    assert_eq!((run.count("records"), wired.times().await), (GOOD as u64 + 2, 1));
}

sluice_tests::on_each_target! {
    before_the_first_write,
    between_rows_and_letters,
    between_letters_and_commit,
    between_letters_and_their_acknowledgement,
    between_commit_and_answer,
    letters_whose_acknowledgement_is_lost,
    a_commit_whose_answer_is_lost,
    a_commit_that_is_lost,
    a_commit_that_comes_late,
    the_trigger_is_killed,
}
