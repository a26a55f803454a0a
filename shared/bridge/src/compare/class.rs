//! The kinds of values that columns have, independent of the database's types, and the kind by
//! which two columns of different types are compared.

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Integers and decimals.
    Number,
    /// Binary floating point.
    Float,
    /// True and false; their text is `1` and `0`.
    Boolean,
    /// Text that keeps its blanks.
    Text,
    /// Text of a fixed length: blanks at its end mean nothing.
    Char,
    /// Bytes.
    Bytes,
    /// UUIDs.
    Uuid,
    /// Days.
    Date,
    /// Times of day, or lengths of time.
    Time,
    /// Days with a time of day; where a zone is known, in UTC.
    Moment,
    /// Months, days and microseconds.
    Interval,
    /// JSON documents.
    Json,
    /// Arrays, which are compared as JSON.
    Array,
    /// Strings of bits.
    Bits,
    /// Anything else, as the database spells it.
    Other,
}

const NAMES: [(Class, &str); 15] = [
    (Class::Number, "number"),
    (Class::Float, "float"),
    (Class::Boolean, "boolean"),
    (Class::Text, "text"),
    (Class::Char, "char"),
    (Class::Bytes, "bytes"),
    (Class::Uuid, "uuid"),
    (Class::Date, "date"),
    (Class::Time, "time"),
    (Class::Moment, "moment"),
    (Class::Interval, "interval"),
    (Class::Json, "json"),
    (Class::Array, "array"),
    (Class::Bits, "bits"),
    (Class::Other, "other"),
];

impl Class {
    /// Its name in questions and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(class, _)| *class == self).map_or("other", |(_, name)| name)
    }

    /// The class of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// The class by which columns of these two classes are compared. `None` if no rule says how the
    /// one represents values of the other: then [`Class::Other`] compares their texts.
    #[must_use]
    pub fn common(self, other: Self) -> Option<Self> {
        use Class::{Array, Bits, Boolean, Bytes, Char, Date, Float, Json, Moment, Number};
        use Class::{Text, Time, Uuid};
        Some(match (self, other) {
            (Boolean | Array, same) if same == self => match self {
                Boolean => Number,
                _ => Json,
            },
            (one, other) if one == other => one,
            (Float, Number | Boolean) | (Number | Boolean, Float) => Float,
            (Number, Boolean | Bits) | (Boolean | Bits, Number) => Number,
            (Boolean, Bits) | (Bits, Boolean) => Number,
            (Text, Char) | (Char, Text) => Char,
            (Text | Char, Array) | (Array, Text | Char) => Json,
            (Json, Text | Char | Array) | (Text | Char | Array, Json) => Json,
            (Text | Char, typed) | (typed, Text | Char) => match typed {
                Number | Float | Boolean | Bytes | Uuid | Date | Time | Moment => typed,
                _ => return None,
            },
            (Uuid, Bytes) | (Bytes, Uuid) => Uuid,
            (Date, Moment) | (Moment, Date) => Moment,
            _ => return None,
        })
    }

    /// Whether a row can be found by the canonical text of its key if a key of this class is
    /// compared as another one: the text must be exactly what is stored.
    #[must_use]
    pub fn is_found_as(self, other: Self) -> bool {
        match self {
            Self::Boolean => other == Self::Number,
            _ => self == other && self.has_exact_text(),
        }
    }

    /// Whether the database can read its canonical text back without a loss.
    #[must_use]
    pub fn has_exact_text(self) -> bool {
        !matches!(
            self,
            Self::Float | Self::Interval | Self::Json | Self::Array | Self::Bits | Self::Other
        )
    }
}

/// The differences that the user asked to ignore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// How many decimal places of a second are compared; later ones are cut off. Not used for keys.
    pub time_digits: Option<u32>,
    /// How many significant digits of a number are compared if one of the two columns is a float.
    /// Not used for keys.
    pub float_digits: Option<u32>,
    /// Whether blanks at the end of text are ignored. Not used for keys.
    pub blanks: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_classes_have_in_common_is_the_same_from_both_sides() {
        for (one, _) in NAMES {
            assert_eq!(Class::parse(one.name()), Some(one));
            assert!(one.common(one).is_some());
            for (other, _) in NAMES {
                assert_eq!(one.common(other), other.common(one), "{one:?} {other:?}");
            }
        }
        assert_eq!(Class::Boolean.common(Class::Number), Some(Class::Number));
        assert_eq!(Class::Date.common(Class::Moment), Some(Class::Moment));
        assert_eq!(Class::Interval.common(Class::Text), None);
    }

    #[test]
    fn rows_are_found_by_what_is_stored_and_nothing_else() {
        assert!(Class::Number.is_found_as(Class::Number));
        assert!(Class::Boolean.is_found_as(Class::Number));
        for (stored, compared) in [
            (Class::Text, Class::Char),
            (Class::Text, Class::Uuid),
            (Class::Float, Class::Float),
            (Class::Json, Class::Json),
        ] {
            assert!(!stored.is_found_as(compared), "{stored:?} {compared:?}");
        }
    }
}
