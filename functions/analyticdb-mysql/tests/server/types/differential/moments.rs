//! Dates, times and moments, in UTC.

use super::Judged;

const DAYS: &str = "(0|1|2)[0-9]{3}-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])";
/// The midnight that ends a day is one to us, and no time to the server.
const CLOCK: &str = "([01][0-9]|2[0-3]|2[5-9])(:[0-6][0-9]){1,2}(\\.[0-9]{1,8})?";

/// What is finer than a microsecond the server rounds; an hour and its minutes alone it takes for
/// something else once a fraction follows.
fn is_fine(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.len() > 6 || (!fraction.is_empty() && clock.matches(':').count() == 1)
}

#[test]
fn dates() {
    // A year 0 is half of a zero date; a time of day the server would cut.
    let may_refuse = |text: &str, _: &str| text.starts_with("0000") || text.len() > 10;
    let with_time = format!("{DAYS}[T ]00:00(:00(\\.0{{1,7}})?)?");
    let with_any_time = format!("{DAYS}[T ]{CLOCK}");
    let patterns = &[DAYS, &with_time, &with_any_time];
    Judged { name: "date", declared: "date", patterns, may_refuse, ..Judged::default() }.check();
}

#[test]
fn times() {
    let patterns = &[
        CLOCK,
        "-?[0-9]{2,3}:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,8})?)?",
        "83[89]:59:59(\\.[0-9])?",
    ];
    let may_refuse = |text: &str, _: &str| is_fine(text);
    let judged = Judged { declared: "time(6)", patterns, may_refuse, ..Judged::default() };
    Judged { name: "time", ..judged }.check();
    let may_refuse = |text: &str, _: &str| text.contains('.');
    Judged { name: "time_whole", declared: "time", may_refuse, ..judged }.check();
}

#[test]
fn wall_clocks() {
    let plain = format!("{DAYS}[T ]{CLOCK}");
    let recent = format!("(19[7-9]|20[0-4])[0-9]-(0[1-9]|1[0-2])-[0-2][0-9][T ]{CLOCK}");
    let may_refuse = |text: &str, _: &str| text.starts_with("0000") || is_fine(text);
    let patterns = &[DAYS, &plain, &recent];
    let judged = Judged { patterns, may_refuse, ..Judged::default() };
    Judged { name: "datetime", declared: "datetime(6)", ..judged }.check();
    Judged { name: "timestamp", declared: "timestamp(6) null", ..judged }.check();
    let may_refuse = |text: &str, _: &str| text.starts_with("0000") || text.contains('.');
    Judged { name: "datetime_whole", declared: "datetime", may_refuse, ..judged }.check();
}

/// Not by CONVERT_TZ, which in a procedure of MariaDB's remembers the first offset.
#[test]
fn offsets() {
    let clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
    let zoned = format!(
        "(19[7-9]|20[0-2])[0-9]-(0[1-9]|1[0-2])-(0[2-9]|1[0-9]|2[0-8])[T ]{clock}[+-](0[0-9]|1[0-2]):[0-5][0-9]"
    );
    let given = "CAST(LEFT(given, 19) AS datetime(6)) - INTERVAL \
        IF(MID(given, 20, 1) = '-', -1, 1) * (MID(given, 21, 2) * 60 + MID(given, 24, 2)) MINUTE";
    let judged = Judged { patterns: &[&zoned], given, ..Judged::default() };
    Judged { name: "offset", declared: "datetime(6)", ..judged }.check();
    Judged { name: "offset_timestamp", declared: "timestamp(6) null", ..judged }.check();
}

#[test]
fn epochs() {
    let patterns = &[
        "-?[1-9][0-9]{0,12}",
        "-?[1-9][0-9]{0,11}\\.[0-9]{1,7}",
        "-?[1-9]e[0-9]{1,2}",
        "[1-9][0-9]{6,13}",
    ];
    let micros = "CAST(given AS decimal(50,10)) * 1000";
    let given = &format!(
        "IF({micros} = TRUNCATE({micros}, 0), TIMESTAMPADD(MICROSECOND, CAST({micros} AS signed), \
         CAST('1970-01-01' AS datetime(6))), NULL)"
    );
    let judged = Judged { patterns, given, are_numbers: true, ..Judged::default() };
    Judged { name: "epoch", declared: "datetime(6)", ..judged }.check();
}

#[test]
fn years() {
    // Of two digits, with zeros before them or not, the server makes another year.
    let may_refuse = |text: &str, _: &str| text.len() != 4 || text.starts_with("00");
    let patterns = &["[0-9]{1,5}", "(19|2[01])[0-9]{2}", "0000"];
    Judged { name: "year", declared: "year", patterns, may_refuse, ..Judged::default() }.check();
}
