//! The time of a signature.

use std::time::{SystemTime, UNIX_EPOCH};

use sluice_bridge::values::calendar::civil;

/// `YYYYMMDD` and `YYYYMMDDTHHMMSSZ`.
pub(crate) fn timestamp(now: SystemTime) -> (String, String) {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days.cast_signed());
    let day = format!("{year:04}{month:02}{day:02}");
    let moment = format!("{day}T{:02}{:02}{:02}Z", time / 3_600, time / 60 % 60, time % 60);
    (day, moment)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (seconds, expected) in [
            (0, "19700101"),
            (951_782_400, "20000229"),
            (951_868_800, "20000301"),
            (1_735_603_200, "20241231"),
            (4_107_542_400, "21000301"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)).0, expected);
        }
    }
}
