//! Rows that cannot be written as a record, and what becomes of them.
//!
//! Not here: what a letter (a dead-letter record) looks like.

use bytes::Bytes;
use sluice_bridge::options::{Opt, Settings};

use crate::error::SourceError;

/// `errors.tolerance`
pub const ERRORS_TOLERANCE: Opt = Opt::new(
    "errors.tolerance",
    "`none`: a row that cannot be written as a record, or whose record is too large for its topic, stops its table, with its key and its column in the error; `all`: it becomes a letter, and the other rows are read.",
)
.or("none");
/// `errors.deadletterqueue.topic.name`
pub const LETTERS_TOPIC: Opt = Opt::new(
    "errors.deadletterqueue.topic.name",
    "The topic for letters about rows that cannot be written as a record. A letter has the row's key, its other columns as value unless it would be too large, and the reason in its headers. Required with `errors.tolerance=all`; it must exist.",
);

/// The topic for letters; without one, such a row stops its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters(Option<String>);

/// A row of which one column cannot be written, or whose record is too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRow {
    /// The key of its record, if it has one that can be written.
    pub key: Option<Bytes>,
    /// The value of its record, without the column.
    pub value: Bytes,
    /// The column; `None` if the record as a whole is at fault.
    pub column: Option<String>,
    /// Why not. It has no value of the row.
    pub reason: String,
}

/// A failed row, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The table, with its database.
    pub table: String,
    /// The topic to which the record would have been sent.
    pub topic: String,
    /// The row.
    pub row: FailedRow,
}

impl Letters {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let tolerates = settings.choice(&ERRORS_TOLERANCE, &[("none", false), ("all", true)]);
        let topic = settings.given(&LETTERS_TOPIC).map(str::to_owned);
        let name = LETTERS_TOPIC.name;
        match (tolerates, &topic) {
            (true, None) => settings.problem(format!(
                "errors.tolerance=all needs {name}: a row that cannot be written would be lost"
            )),
            (false, Some(_)) => settings.problem(format!(
                "{name} is set but errors.tolerance is none: nothing would ever be sent there"
            )),
            _ => {}
        }
        Self(topic.filter(|_| tolerates))
    }

    /// The topic for letters.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl FailedRow {
    /// The row as a reason to stop. A person needs the key to find the row.
    #[must_use]
    pub fn error(&self) -> SourceError {
        let Self { key, column, reason, .. } = self;
        let row = match key {
            Some(key) => format!("the row {}", String::from_utf8_lossy(key)),
            None => "a row without a key".to_owned(),
        };
        let column = column.as_ref().map_or(String::new(), |column| format!("column `{column}`: "));
        SourceError::stop(format!(
            "{row} cannot be written as a record: {column}{reason}; change the row, or set errors.tolerance=all"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Letters, String) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(&[&ERRORS_TOLERANCE, &LETTERS_TOPIC], pairs);
        let letters = Letters::from_settings(&mut settings);
        (letters, settings.check().err().map_or(String::new(), |problems| problems.to_string()))
    }

    #[test]
    fn letters_need_a_topic_and_a_topic_needs_letters() {
        let topic = ("errors.deadletterqueue.topic.name", "dead");
        assert_eq!(read(&[]).0.topic(), None);
        assert_eq!(read(&[("errors.tolerance", "all"), topic]).0.topic(), Some("dead"));
        assert!(read(&[("errors.tolerance", "all")]).1.contains("would be lost"));
        assert!(read(&[topic]).1.contains("nothing would ever be sent there"));
    }

    #[test]
    fn an_error_names_the_row_and_the_column() {
        let key = Some(Bytes::from_static(br#"{"id":7}"#));
        let (column, reason) = (Some("day".to_owned()), "it is not in the calendar".to_owned());
        let row = FailedRow { key, value: Bytes::new(), column, reason };
        let told = row.error().message;
        assert!(
            told.starts_with(r#"the row {"id":7} cannot be written as a record: column `day`"#)
        );
        let told = FailedRow { key: None, column: None, ..row }.error().message;
        let whole = "a row without a key cannot be written as a record: it is not in the calendar;";
        assert!(told.starts_with(whole), "{told}");
    }
}
