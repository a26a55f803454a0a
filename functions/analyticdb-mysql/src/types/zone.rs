//! `db.timezone`: the zone of local times in columns without a zone, and the `time_zone` of the session. The
//! zones are those of the IANA database, which is part of the function.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::values::moment;
use sluice_bridge::values::number::Reason;

/// `db.timezone`
pub(crate) const DB_TIMEZONE: Opt = Opt::new(
    "db.timezone",
    "The time zone of DATETIME columns and of text without an offset: `UTC`, an offset such as `+08:00`, or a name such as `Asia/Shanghai`.",
)
.or("UTC");

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const OUT_OF_RANGE: Reason = "out of range";

/// A zone. All times are in microseconds since 1970-01-01; an instant is in UTC, a wall time is local.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Zone {
    /// A fixed offset in microseconds east of UTC.
    Fixed(i64),
    /// A zone whose offset changes.
    Named(TimeZone),
}

impl Zone {
    /// Reads the option, and reports a problem with it.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let given = settings.text(&DB_TIMEZONE).unwrap_or_default().trim().to_owned();
        Self::parse(&given).unwrap_or_else(|| {
            settings.problem(format!(
                "{} must be UTC, an offset such as +08:00 or a name such as Asia/Shanghai, not `{given}`",
                DB_TIMEZONE.name
            ));
            Zone::Fixed(0)
        })
    }

    /// `None` if no such zone exists.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.as_bytes();
        match rest {
            [b'+' | b'-', ..] => {
                let minutes = moment::offset(&mut rest).ok().flatten()?;
                rest.is_empty().then_some(Zone::Fixed(minutes * MINUTE))
            }
            _ if ["utc", "z"].contains(&text.to_ascii_lowercase().as_str()) => Some(Zone::Fixed(0)),
            _ => TimeZoneDatabase::bundled().get(text).ok().map(Zone::Named),
        }
    }

    /// The local time at an instant.
    ///
    /// # Errors
    /// The time is out of range.
    #[inline]
    pub(crate) fn wall(&self, instant: i64) -> Result<i64, Reason> {
        let offset = match self {
            Zone::Fixed(offset) => *offset,
            Zone::Named(zone) => {
                let instant = Timestamp::from_microsecond(instant).map_err(|_| OUT_OF_RANGE)?;
                i64::from(zone.to_offset(instant).seconds()) * SECOND
            }
        };
        instant.checked_add(offset).ok_or(OUT_OF_RANGE)
    }

    /// The instant at which this local time occurs.
    ///
    /// # Errors
    /// The zone skips this local time or has it twice; or as [`Zone::wall`].
    #[inline]
    pub(crate) fn instant(&self, wall: i64) -> Result<i64, Reason> {
        let offset = match self {
            Zone::Fixed(offset) => *offset,
            Zone::Named(zone) => {
                let shown = Timestamp::from_microsecond(wall).map_err(|_| OUT_OF_RANGE)?;
                let shown = Offset::UTC.to_datetime(shown);
                match zone.to_ambiguous_timestamp(shown).offset() {
                    AmbiguousOffset::Unambiguous { offset } => i64::from(offset.seconds()) * SECOND,
                    AmbiguousOffset::Gap { .. } => {
                        return Err("db.timezone skips this local time");
                    }
                    AmbiguousOffset::Fold { .. } => {
                        return Err(
                            "db.timezone has this local time twice: use a time with an offset",
                        );
                    }
                }
            }
        };
        wall.checked_sub(offset).ok_or(OUT_OF_RANGE)
    }

    /// The clock of a session that begins now.
    pub(crate) fn clock(&self, now: SystemTime) -> SessionClock {
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let instant = i64::try_from(since_1970.as_micros()).unwrap_or_default();
        // A session's offset is in whole minutes.
        let offset = self.wall(instant).map_or(0, |wall| wall - instant) / MINUTE * MINUTE;
        SessionClock { zone: self.clone(), offset }
    }
}

/// The zone and the offset of one session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SessionClock {
    /// The zone of columns without a zone.
    pub(crate) zone: Zone,
    /// The session's `time_zone`, for instants: microseconds east of UTC, the zone's offset when the session
    /// began. It is constant, so that no hour is skipped or comes twice within a session.
    offset: i64,
}

impl SessionClock {
    /// The session's `time_zone`.
    pub(crate) fn session_offset(&self) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / MINUTE;
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// The local time of the session at an instant.
    #[inline]
    pub(crate) fn to_session_time(&self, instant: i64) -> Result<i64, Reason> {
        instant.checked_add(self.offset).ok_or(OUT_OF_RANGE)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: i64 = 60 * MINUTE;
    /// 2026-03-29 01:00 UTC, when the clocks of Berlin go from 02:00 to 03:00.
    const SPRING: i64 = 1_774_746_000 * SECOND;
    /// 2026-10-25 01:00 UTC, when they go from 03:00 back to 02:00.
    const AUTUMN: i64 = 1_792_890_000 * SECOND;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    #[test]
    fn zones_are_read() {
        assert_eq!(zone("utc"), Zone::Fixed(0));
        assert_eq!(zone("+08:00"), Zone::Fixed(8 * HOUR));
        assert_eq!(zone("-0330"), Zone::Fixed(-3 * HOUR - 30 * MINUTE));
        assert_eq!(zone("Asia/Shanghai").wall(0), Ok(8 * HOUR));
        for wrong in ["", "Mars/Olympus", "+8", "+08:00x", "SYSTEM", "+16:00"] {
            assert_eq!(Zone::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_problem_names_the_option() {
        let pairs = [("db.timezone".to_owned(), "Berlin".to_owned())];
        let mut settings = Settings::new(&[&DB_TIMEZONE], pairs);
        Zone::from_settings(&mut settings);
        let problems = settings.check().unwrap_err().to_string();
        assert!(problems.contains("db.timezone must be UTC") && problems.contains("Berlin"));
    }

    #[test]
    fn clocks_that_skip_and_repeat() {
        let berlin = zone("Europe/Berlin");
        assert_eq!(berlin.wall(SPRING - 1), Ok(SPRING - 1 + HOUR));
        assert_eq!(berlin.wall(SPRING), Ok(SPRING + 2 * HOUR));
        assert_eq!(berlin.instant(SPRING + HOUR - 1), Ok(SPRING - 1));
        assert!(berlin.instant(SPRING + HOUR).unwrap_err().contains("skips"));
        assert!(berlin.instant(SPRING + 2 * HOUR - 1).unwrap_err().contains("skips"));
        assert_eq!(berlin.instant(SPRING + 2 * HOUR), Ok(SPRING));
        assert_eq!(berlin.instant(AUTUMN + HOUR - 1), Ok(AUTUMN - HOUR - 1));
        assert!(berlin.instant(AUTUMN + HOUR).unwrap_err().contains("twice"));
        assert!(berlin.instant(AUTUMN + 2 * HOUR - 1).unwrap_err().contains("twice"));
        assert_eq!(berlin.instant(AUTUMN + 2 * HOUR), Ok(AUTUMN + HOUR));
        assert_eq!(berlin.wall(i64::MAX), Err(OUT_OF_RANGE));
    }

    #[test]
    fn a_session_speaks_in_the_offset_of_its_beginning() {
        let at = |instant: i64| UNIX_EPOCH + Duration::from_micros(instant.unsigned_abs());
        let (winter, summer) = (zone("Europe/Berlin"), zone("America/St_Johns"));
        let clock = winter.clock(at(SPRING - 1));
        assert_eq!(clock.session_offset(), "+01:00");
        assert_eq!(clock.to_session_time(SPRING), Ok(SPRING + HOUR));
        assert_eq!(winter.clock(at(SPRING)).session_offset(), "+02:00");
        assert_eq!(summer.clock(at(SPRING)).session_offset(), "-02:30");
        assert_eq!(zone("UTC").clock(at(0)).session_offset(), "+00:00");
    }
}
