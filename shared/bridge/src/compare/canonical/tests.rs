use super::*;

const EXACT: Tolerance = Tolerance { time_digits: None, float_digits: None, blanks: false };

fn with(item: Item<'_>, class: Class, tolerance: Tolerance) -> String {
    let mut out = Vec::new();
    write(item, class, tolerance, &mut out);
    String::from_utf8(out).unwrap()
}

fn text(item: Item<'_>, class: Class) -> String {
    with(item, class, EXACT)
}

/// Every item represents the same value in another way.
fn all_are(one: &str, class: Class, items: &[Item<'_>]) {
    for item in items {
        assert_eq!(text(*item, class), one, "{item:?} as {class:?}");
    }
}

#[test]
fn equal_values_of_different_types_have_one_text() {
    all_are(
        "1",
        Class::Number,
        &[
            Item::Integer(1),
            Item::Boolean(true),
            Item::Decimal("1.00"),
            Item::Bits("0001"),
            Item::Text("1.0"),
        ],
    );
    all_are("1", Class::Boolean, &[Item::Boolean(true), Item::Text("true"), Item::Text("T")]);
    all_are("0.1", Class::Float, &[Item::Single(0.1), Item::Double(0.1), Item::Decimal("0.10")]);
    let uuid = *b"\x01\x89\xf0\xc4\x00\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\xff";
    all_are(
        "0189f0c4-0000-7000-8000-0000000000ff",
        Class::Uuid,
        &[Item::Uuid(uuid), Item::Bytes(&uuid), Item::Text("0189F0C4-0000-7000-8000-0000000000FF")],
    );
    all_are(
        "2026-11-20T00:00:00Z",
        Class::Moment,
        &[
            Item::Moment(1_795_132_800_000_000),
            Item::Date(20_777),
            Item::Text("2026-11-20 00:00:00"),
            Item::Text("2026-11-20T08:00:00+08:00"),
        ],
    );
    all_are("2026-11-20", Class::Date, &[Item::Date(20_777), Item::Text("2026-11-20")]);
    all_are("10:15:30.5", Class::Time, &[Item::Time(36_930_500_000), Item::Text("10:15:30.500")]);
    all_are("-00:00:01", Class::Time, &[Item::Time(-1_000_000), Item::Text("-00:00:01")]);
    all_are("c3a9", Class::Bytes, &[Item::Bytes(&[0xc3, 0xa9]), Item::Text("é")]);
    all_are("[1,null]", Class::Json, &[Item::Json("[1, null]"), Item::Text("[1.0,null]")]);
    all_are("a", Class::Char, &[Item::Text("a"), Item::Text("a  ")]);
}

#[test]
fn what_is_not_of_the_class_keeps_its_own_text() {
    for (item, class, own) in [
        (Item::Text("x"), Class::Number, "x"),
        (Item::Integer(2), Class::Boolean, "2"),
        (Item::Text("soon"), Class::Moment, "soon"),
        (Item::Words("infinity"), Class::Moment, "infinity"),
        (Item::Text("{"), Class::Json, "{"),
        (Item::Text("no uuid"), Class::Uuid, "no uuid"),
        (Item::Bytes(&[1, 2]), Class::Uuid, "0102"),
        (Item::Text("a "), Class::Text, "a "),
        (Item::Bits("0101"), Class::Bits, "0101"),
    ] {
        assert_eq!(text(item, class), own);
    }
    let interval = Item::Interval { months: 14, days: -3, micros: -90_500_000 };
    assert_eq!(text(interval, Class::Interval), "P14M-3DT-90.5S");
}

#[test]
fn only_what_is_asked_for_is_let_pass() {
    let tolerance = Tolerance { time_digits: Some(3), float_digits: Some(6), blanks: true };
    let tolerant = |item, class| with(item, class, tolerance);
    assert_eq!(tolerant(Item::Moment(1_999), Class::Moment), "1970-01-01T00:00:00.001Z");
    assert_eq!(tolerant(Item::Moment(-1), Class::Moment), "1969-12-31T23:59:59.999Z");
    assert_eq!(tolerant(Item::Time(-1_999), Class::Time), "-00:00:00.001");
    assert_eq!(tolerant(Item::Double(0.100_000_001_490_116_12), Class::Float), "0.1");
    assert_eq!(tolerant(Item::Decimal("0.1000000019"), Class::Float), "0.1");
    assert_eq!(tolerant(Item::Decimal("0.1000000019"), Class::Number), "0.1000000019");
    assert_eq!(tolerant(Item::Text("a  "), Class::Text), "a");
}
