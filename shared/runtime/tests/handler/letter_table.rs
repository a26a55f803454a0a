//! Letters in a table of the target: written before the commit, and if they cannot be, everything comes again.

use sluice_bridge::model::failure::Fault;
use sluice_testkit::{EventBuilder, MemorySink, Method, Moment, Trouble};

use crate::stand::{GOOD, INTO_A_TABLE, NO_JSON, REFUSED, Setting, Stand, event, run};

/// A stand whose target has this trouble with its first letters.
fn stand(trouble: Option<Trouble>) -> Stand {
    let sink = |sink: MemorySink| match trouble {
        Some(trouble) => sink.durable_at_once().trouble(Method::Letters, 0, trouble),
        None => sink.durable_at_once(),
    };
    let setting = Setting { options: INTO_A_TABLE, ..Setting::default() };
    setting.stand_with(sink, |_, _| panic!("nothing is sent to a broker"))
}

fn batch() -> EventBuilder {
    event(&[GOOD, REFUSED, NO_JSON, REFUSED])
}

/// The values of the letters, which are written before the commit.
#[track_caller]
fn letters(stand: &Stand) -> Vec<String> {
    let moments = stand.journal().moments();
    assert_eq!(moments.last(), Some(&Moment::Committed), "{moments:?}");
    let messages = stand.journal().messages();
    assert!(messages.iter().all(|message| message.topic == "letters"), "{messages:?}");
    let value = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    messages.iter().map(|message| value(message.value.as_deref().unwrap())).collect()
}

#[test]
fn letters_are_written_before_the_commit() {
    run(async {
        let mut stand = stand(None);
        assert_eq!(stand.invoke(&batch()).await.counts(), [1, 3, 0, 0]);
        assert_eq!(letters(&stand), [REFUSED, NO_JSON, REFUSED]);
        assert!(stand.made.borrow().is_empty(), "no producer was made");
        let messages = stand.journal().messages();
        let text = |name: &str| {
            let found = messages[0].headers.iter().find(|(known, _)| known == name);
            found.and_then(|(_, value)| value.clone()).map(|value| value.to_vec())
        };
        assert!(text("error_info").is_some_and(|reason| !reason.is_empty()));
        assert_eq!(text("error_class").as_deref(), Some(&b"sluice.RejectedRow"[..]));
        assert_eq!(text("connector_name").as_deref(), Some(&b"orders-sink"[..]));
    });
}

/// Those that the target takes later are written later, and no other comes twice.
#[test]
fn a_target_that_is_busy_is_asked_again() {
    for trouble in
        [Trouble::Refused(Fault::Transient), Trouble::RetryAfter(700), Trouble::Postponed(2)]
    {
        run(async {
            let mut stand = stand(Some(trouble));
            assert_eq!(stand.invoke(&batch()).await.counts(), [1, 3, 0, 0], "{trouble:?}");
            let mut letters = letters(&stand);
            letters.sort();
            assert_eq!(letters, [NO_JSON, REFUSED, REFUSED], "{trouble:?}");
        });
    }
}

/// No record is at fault if a letter is refused, and none is lost.
#[test]
fn a_table_that_takes_no_letter_gives_everything_back() {
    for (trouble, kind) in [
        (Trouble::Refused(Fault::Fatal), "Sluice.Fatal"),
        (Trouble::Refused(Fault::Data(None)), "Sluice.Fatal"),
        (Trouble::Hang, "Sluice.Transient"),
    ] {
        run(async {
            let mut stand = stand(Some(trouble));
            let seen = stand.invoke(&batch()).await;
            assert_eq!((seen.counts(), seen.error().kind.name()), ([0, 0, 0, 4], kind));
            assert!(!stand.journal().moments().contains(&Moment::Committed), "{trouble:?}");
            let again = event(&[REFUSED, NO_JSON, REFUSED]);
            assert_eq!(stand.invoke(&again).await.counts(), [0, 3, 0, 0], "{trouble:?}");
            assert_eq!(letters(&stand), [REFUSED, NO_JSON, REFUSED]);
        });
    }
}

#[test]
fn a_table_for_records_takes_no_letters() {
    run(async {
        let mut stand = stand(None);
        let batch = EventBuilder::msk().values("letters", 0, [GOOD]);
        let seen = stand.invoke(&batch).await;
        assert_eq!(seen.error().kind.name(), "Sluice.Fatal");
        assert!(seen.error().message.contains("both for records and for letters"));
    });
}
