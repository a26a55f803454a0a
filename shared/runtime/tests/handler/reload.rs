//! Credentials that are refused: read again once, used if they have changed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sluice_bridge::model::failure::Fault;
use sluice_kafka::SendError;
use sluice_runtime::{HandlerParts, ReloadReason};
use sluice_testkit::{MemoryProducer, MemorySink, Method, Mishap, Report, Trouble};

use crate::stand::{GOOD, INTO_A_TABLE, REFUSED, Setting, Stand, event, run};

/// What configurations are asked for, and how often.
type Asked = Rc<RefCell<Vec<ReloadReason>>>;

/// A stand whose configuration is another whenever it is asked for a refused one, as long as
/// `changes` is; then its sink is `sink`, and its producer the stand's own without mishaps.
fn reloading(stand: Stand, changes: Rc<Cell<bool>>) -> (Stand, Asked) {
    let asked = Asked::default();
    let (log, database, journal) = (Rc::clone(&asked), stand.database.clone(), stand.journal());
    let handler = stand.handler.reloading(Box::new(move |reason, _| {
        log.borrow_mut().push(reason);
        let changed = reason == ReloadReason::Refused && changes.get();
        let producer = MemoryProducer::new(&journal);
        let parts = changed.then(|| HandlerParts {
            config: Setting::default().config(),
            registry: Default::default(),
            sink: MemorySink::new(&database, Report::Pointer).durable_at_once(),
            connect: Box::new(move |_: &str| producer.clone()) as Box<dyn Fn(&str) -> _>,
        });
        Box::pin(async move { Ok(parts) })
    }));
    (Stand { handler, ..stand }, asked)
}

fn refused_logins(sink: MemorySink) -> MemorySink {
    (0..4).fold(sink, |sink, nth| {
        sink.trouble(Method::Begin, nth, Trouble::Refused(Fault::Unauthorized))
    })
}

#[test]
fn changed_credentials_heal_within_the_invocation() {
    run(async {
        let stand = Setting::default().stand_with(refused_logins, |_, _| None);
        let (mut stand, asked) = reloading(stand, Rc::new(Cell::new(true)));
        assert_eq!(stand.invoke(&event(&[GOOD])).await.counts(), [1, 0, 0, 0]);
        assert_eq!(*asked.borrow(), [ReloadReason::Age, ReloadReason::Refused]);
        assert_eq!(stand.invoke(&event(&[GOOD])).await.counts(), [1, 0, 0, 0]);
        assert_eq!(asked.borrow().len(), 3, "nothing is read again where nothing is refused");
    });
}

/// What a target without transactions has answered for is not sent again with the new login.
#[test]
fn what_is_durable_is_not_written_again_with_a_new_login() {
    run(async {
        let refused = Trouble::Refused(Fault::Unauthorized);
        let sink = |sink: MemorySink| sink.durable_at_once().trouble(Method::Write, 1, refused);
        let stand = Setting::default().stand_with(sink, |_, _| None);
        let (mut stand, asked) = reloading(stand, Rc::new(Cell::new(true)));
        let event = event(&[GOOD]).values("a-b", 0, [GOOD]);
        assert_eq!(stand.invoke(&event).await.counts(), [2, 0, 0, 0]);
        assert_eq!((stand.rows(), stand.database.rows("a-b").len()), (1, 1));
        assert_eq!(*asked.borrow(), [ReloadReason::Age, ReloadReason::Refused]);
    });
}

#[test]
fn unchanged_credentials_are_not_tried_again() {
    run(async {
        let stand = Setting::default().stand_with(refused_logins, |_, _| None);
        let (mut stand, asked) = reloading(stand, Rc::new(Cell::new(false)));
        for invocation in 1..=3 {
            let seen = stand.invoke(&event(&[GOOD])).await;
            assert_eq!(seen.error().kind.name(), "Sluice.Unauthorized");
            assert!(seen.error().message.contains("read again"), "{:?}", seen.error());
            let refusals =
                asked.borrow().iter().filter(|&&why| why == ReloadReason::Refused).count();
            assert_eq!(refusals, invocation, "once in an invocation");
        }
        let begun = stand.handler.sink().calls(Method::Begin);
        assert_eq!(begun, 3, "an account is not locked out by trying the same password twice");
    });
}

/// The sink with the new login writes the letters, and none of the rows again.
#[test]
fn letters_in_a_table_heal_too() {
    run(async {
        let refused = Trouble::Refused(Fault::Unauthorized);
        let sink = |sink: MemorySink| sink.durable_at_once().trouble(Method::Letters, 0, refused);
        let setting = Setting { options: INTO_A_TABLE, ..Setting::default() };
        let stand = setting.stand_with(sink, |_, _| None);
        let (mut stand, asked) = reloading(stand, Rc::new(Cell::new(true)));
        assert_eq!(stand.invoke(&event(&[GOOD, REFUSED])).await.counts(), [1, 1, 0, 0]);
        assert_eq!((stand.rows(), stand.journal().messages().len()), (1, 1));
        assert_eq!(*asked.borrow(), [ReloadReason::Age, ReloadReason::Refused]);
    });
}

#[test]
fn letters_heal_too_and_the_rows_under_way_stay() {
    run(async {
        let refuses = |_, _: &_| Some(Mishap::Refused(SendError::Unauthorized("no".to_owned())));
        let stand = Setting::default().stand_with(|sink| sink, refuses);
        let (mut stand, asked) = reloading(stand, Rc::new(Cell::new(true)));
        assert_eq!(stand.invoke(&event(&[GOOD, REFUSED])).await.counts(), [1, 1, 0, 0]);
        assert_eq!((stand.rows(), stand.journal().messages().len()), (1, 1));
        assert_eq!(*asked.borrow(), [ReloadReason::Age, ReloadReason::Refused]);
        // What was read for the letters holds for the target too, from the next invocation on.
        assert_eq!(stand.invoke(&event(&[GOOD])).await.counts(), [1, 0, 0, 0]);
        assert_eq!(stand.handler.sink().calls(Method::Begin), 1, "another sink");
    });
}
