//! Whoever keeps the function waiting: the answer comes in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_bridge::model::failure::Fault;
use sluice_runtime::Deadline;
use sluice_testkit::{MemorySink, Method, Mishap, Trouble};
use tokio::time::Instant;

use crate::stand::{GOOD, REFUSED, Setting, TOLERANT, event, run};

/// What of `left` is kept for letters and commit, and for the answer.
fn reserve(left: Duration) -> (Duration, Duration) {
    let answer = Duration::from_millis(300);
    (((left - answer) / 5).min(Duration::from_secs(5)), answer)
}

#[test]
fn a_sink_that_hangs_is_left_and_the_next_invocation_works() {
    for method in [Method::Begin, Method::Table, Method::Write, Method::Commit] {
        for left in [Duration::from_secs(60), Duration::from_secs(3)] {
            run(async {
                let sink = |sink: MemorySink| sink.trouble(method, 0, Trouble::Hang);
                let mut stand = Setting::default().stand_with(sink, |_, _| None);
                let start = Instant::now();
                let seen = stand.invoke_within(&event(&[GOOD, REFUSED]), left).await;
                let (settle, answer) = reserve(left);
                let by =
                    if method == Method::Commit { left - answer } else { left - answer - settle };
                let late = start.elapsed().saturating_sub(by);
                assert!(start.elapsed() >= by && late <= Duration::from_millis(2), "{late:?} late");
                assert_eq!(seen.error().kind.name(), "Sluice.Transient");
                assert_eq!((seen.counts(), stand.rows()), ([0, 0, 0, 2], 0), "{method:?}");
                let seen = stand.invoke(&event(&[GOOD, REFUSED])).await;
                assert_eq!((seen.counts(), stand.rows()), ([1, 1, 0, 0], 1), "{method:?}");
            });
        }
    }
}

/// What is committed is not given back because the sink does not get ready.
#[test]
fn a_sink_that_never_gets_ready_has_committed() {
    run(async {
        let sink = |sink: MemorySink| sink.trouble(Method::Tidy, 0, Trouble::Hang);
        let mut stand = Setting::default().stand_with(sink, |_, _| None);
        let (start, left) = (Instant::now(), Duration::from_secs(10));
        let seen = stand.invoke_within(&event(&[GOOD]), left).await;
        let (_, answer) = reserve(left);
        assert!(start.elapsed() <= left - answer + Duration::from_millis(2));
        assert_eq!((seen.counts(), stand.rows()), ([1, 0, 0, 0], 1));
        let seen = stand.invoke(&event(&[GOOD])).await;
        assert_eq!((seen.counts(), stand.handler.sink().calls(Method::Tidy)), ([1, 0, 0, 0], 2));
    });
}

#[test]
fn a_broker_that_is_silent_leaves_time_for_the_answer() {
    run(async {
        let silent = |call, _: &_| (call == 0).then_some(Mishap::Hang);
        let mut stand = Setting::default().stand_with(|sink| sink, silent);
        let start = Instant::now();
        let seen = stand.invoke_within(&event(&[REFUSED]), Duration::from_secs(10)).await;
        assert!(start.elapsed() <= Duration::from_millis(9_902), "{:?}", start.elapsed());
        assert!(seen.error().message.contains("silent"), "{:?}", seen.error());
        assert_eq!(stand.handler.sink().calls(Method::Commit), 0);
    });
}

#[test]
fn retries_stop_before_the_deadline_and_say_why_they_were() {
    const PATIENT: &[(&str, &str)] =
        &[("errors.tolerance", "none"), ("max.retries", "1000"), ("retry.backoff.ms", "200")];
    run(async {
        let sink = |sink| {
            let transient = Trouble::Refused(Fault::Transient);
            (0..100).fold(sink, |sink: MemorySink, nth| sink.trouble(Method::Begin, nth, transient))
        };
        let setting = Setting { options: PATIENT, ..Setting::default() };
        let mut stand = setting.stand_with(sink, |_, _| None);
        let (start, left) = (Instant::now(), Duration::from_secs(10));
        let seen = stand.invoke_within(&event(&[GOOD]), left).await;
        let (settle, answer) = reserve(left);
        assert!(start.elapsed() < left - answer - settle, "{:?}", start.elapsed());
        // 0.2 + 0.4 + 0.8 + 1.6 + 3.2 s; the next pause would be 6.4 s.
        assert_eq!(start.elapsed().as_millis() / 10, 620);
        assert_eq!(seen.count("retries"), 5);
        assert_eq!(seen.error().message, "scripted");
    });
}

#[test]
fn retries_are_as_many_as_allowed() {
    run(async {
        let sink = |sink| {
            let transient = Trouble::Refused(Fault::Transient);
            (0..4).fold(sink, |sink: MemorySink, nth| sink.trouble(Method::Write, nth, transient))
        };
        let setting = Setting { options: TOLERANT, ..Setting::default() };
        let mut stand = setting.stand_with(sink, |_, _| None);
        let seen = stand.invoke(&event(&[GOOD])).await;
        assert_eq!((seen.count("retries"), seen.counts()), (3, [0, 0, 0, 1]));
        let seen = stand.invoke(&event(&[GOOD])).await;
        assert_eq!((seen.count("retries"), seen.counts()), (0, [1, 0, 0, 0]));
    });
}

fn left(deadline: &Deadline) -> Duration {
    deadline.settle() - Instant::now()
}

#[test]
fn a_deadline_in_1970_is_none_and_a_later_one_in_the_past_has_passed() {
    run(async {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let at =
            |time: Duration| Deadline::from_epoch_millis(u64::try_from(time.as_millis()).unwrap());
        for none in [Duration::ZERO, Duration::from_secs(1)] {
            assert_eq!(left(&at(none)), Duration::from_millis(299_700));
        }
        for passed in [Duration::from_secs(1), Duration::from_secs(3600)] {
            assert_eq!(left(&at(now - passed)), Duration::ZERO);
        }
        let soon = left(&at(now + Duration::from_secs(30)));
        assert!(soon > Duration::from_secs(25) && soon < Duration::from_secs(30), "{soon:?}");
    });
}

#[test]
fn a_deadline_too_near_or_too_far_does_no_harm() {
    run(async {
        let mut stand = Setting::default().stand();
        let far = Deadline::from_epoch_millis(u64::MAX);
        let seen = stand.invoke_raw(&event(&[GOOD, REFUSED]).build(), far).await;
        assert_eq!(seen.counts(), [1, 1, 0, 0]);
        for near in [Duration::ZERO, Duration::from_millis(99), Duration::from_millis(101)] {
            let hang = |sink: MemorySink| sink.trouble(Method::Write, 0, Trouble::Hang);
            let mut stand = Setting::default().stand_with(hang, |_, _| None);
            let start = Instant::now();
            let seen = stand.invoke_within(&event(&[GOOD]), near).await;
            assert_eq!(seen.counts(), [0, 0, 0, 1]);
            assert!(start.elapsed() <= near + Duration::from_millis(2), "{:?}", start.elapsed());
        }
    });
}
