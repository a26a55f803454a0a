//! The records of a schedule: good ones, tombstones, and every kind of bad one, in one order per
//! partition.

use fastrand::Rng;
use krafka::producer::Record;

use crate::database::target::Target;
use crate::schedule::Mode;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A row. Whether it has the key `pad`.
    Good {
        /// It has.
        padded: bool,
    },
    /// No value.
    Tombstone,
    /// A value that ends too soon.
    CutOff,
    /// A value that is empty.
    Empty,
    /// JSON, but no object.
    List,
    /// A key that has no column.
    Unknown,
    /// Text for a number.
    Typed,
    /// Characters that the text column does not hold.
    Foreign,
    /// A null for a column that takes none.
    NotNull,
    /// Refused by a CHECK.
    Checked,
    /// Refused by a trigger of the table.
    Raised,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A row.
    Put,
    /// Its key's row is gone.
    Delete,
    /// Nothing.
    Filtered,
    /// A letter, to the topic for what cannot be decoded or mapped.
    Dead(&'static str),
    /// A letter, to the topic for what the database or a column refuses.
    Refused,
}

/// A record to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Unique, and rising.
    pub n: i64,
    /// Its key.
    pub id: i32,
    /// Its partition, which the key decides.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// What it is.
    pub kind: Kind,
    /// How long its `pad` is.
    pub pad: usize,
    /// Which of the schedule's topics it goes to.
    pub topic: usize,
    /// Further keys of its value, each with its JSON.
    pub more: Vec<(String, String)>,
}

/// The columns of a table; the check and the trigger refuse what [`Kind`] says, and so does the text:
/// PostgreSQL's knows no NUL, and a Latin one no snowman.
#[must_use]
pub fn columns(target: Target) -> String {
    let latin = if target == Target::Mariadb { "CHARACTER SET latin1" } else { "" };
    format!("n bigint NOT NULL CHECK (n >= 0), pad {} {latin}", target.text())
}

/// The `pad` that the table's trigger refuses.
pub const RAISED: &str = "raise";
/// Records carry timestamps from here on, a millisecond apart.
pub(crate) const SENT_AT: i64 = 1_700_000_000_000;
const TRACE: &[u8] = b"\xff\x80\n\x00";

/// What records are like on the whole.
struct Traffic {
    count: i64,
    keys: i32,
    /// Of a hundred.
    bad: u8,
    tombstones: u8,
    /// Whether all good ones have the same fields.
    alike: bool,
}

/// Draws records; how many of them are bad is drawn as well.
pub(crate) fn draw(rng: &mut Rng, partitions: i32) -> Vec<Planned> {
    let (keys, bad) = (rng.i32(3..=60), rng.u8(0..=20));
    let (tombstones, count) = (rng.u8(0..=15), rng.i64(300..=1500));
    plan(rng, partitions, &Traffic { count, keys, bad, tombstones, alike: false })
}

/// Draws so many records, and so much alike, that they set out for the table while others are
/// still being mapped.
pub(crate) fn crowd(rng: &mut Rng, partitions: i32) -> Vec<Planned> {
    let (count, keys) = (rng.i64(4_000..=8_000), rng.i32(50_000..=1_000_000));
    let (bad, tombstones) = (rng.u8(0..=1), rng.u8(0..=1));
    plan(rng, partitions, &Traffic { count, keys, bad, tombstones, alike: true })
}

fn plan(rng: &mut Rng, partitions: i32, traffic: &Traffic) -> Vec<Planned> {
    let Traffic { count, keys, bad, tombstones, alike } = *traffic;
    let mut next = vec![0; partitions as usize];
    let draw = |n| {
        let id = rng.i32(0..keys);
        let partition = id % partitions;
        let offset = &mut next[partition as usize];
        *offset += 1;
        let kind = match rng.u8(..100) {
            dice if dice < bad => bad_kind(rng),
            dice if dice < bad + tombstones => Kind::Tombstone,
            _ => Kind::Good { padded: alike || rng.bool() },
        };
        let pad = if rng.u8(..200) == 0 { rng.usize(..40_000) } else { rng.usize(..40) };
        let offset = *offset - 1;
        Planned { n, id, partition, offset, kind, pad, topic: 0, more: Vec::new() }
    };
    (0..count).map(draw).collect()
}

pub(crate) fn bad_kind(rng: &mut Rng) -> Kind {
    const KINDS: [Kind; 9] = [
        Kind::CutOff,
        Kind::Empty,
        Kind::List,
        Kind::Unknown,
        Kind::Typed,
        Kind::Foreign,
        Kind::NotNull,
        Kind::Checked,
        Kind::Raised,
    ];
    KINDS[rng.usize(..KINDS.len())]
}

impl Planned {
    /// Its value; `None` is null.
    #[must_use]
    pub fn value(&self) -> Option<String> {
        let Self { n, id, .. } = self;
        let more = self.more.iter().map(|(name, json)| format!(",\"{name}\":{json}"));
        let more: String = more.collect();
        Some(match self.kind {
            Kind::Good { padded: true } => {
                format!("{{\"id\":{id},\"n\":{n},\"pad\":\"{}\"{more}}}", self.padding())
            }
            Kind::Good { padded: false } => format!("{{\"id\":{id},\"n\":{n}{more}}}"),
            Kind::Tombstone => return None,
            Kind::CutOff => format!("{{\"id\":{id},\"n\":"),
            Kind::Empty => String::new(),
            Kind::List => format!("[{id},{n}]"),
            Kind::Unknown => format!("{{\"id\":{id},\"n\":{n},\"colour\":1{more}}}"),
            Kind::Typed => format!("{{\"id\":{id},\"n\":\"many\"{more}}}"),
            Kind::Foreign => format!("{{\"id\":{id},\"n\":{n},\"pad\":\"\\u0000☃\"{more}}}"),
            Kind::NotNull => format!("{{\"id\":{id},\"n\":null{more}}}"),
            Kind::Checked => format!("{{\"id\":{id},\"n\":-{}{more}}}", n + 1),
            Kind::Raised => format!("{{\"id\":{id},\"n\":{n},\"pad\":\"{RAISED}\"{more}}}"),
        })
    }

    /// The text of `pad` in a good record.
    #[must_use]
    pub fn padding(&self) -> String {
        format!("{}{}", self.n, "ö".repeat(self.pad))
    }

    /// Its key's bytes.
    #[must_use]
    pub fn key(&self) -> String {
        self.id.to_string()
    }

    /// Its timestamp.
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        SENT_AT + self.n
    }

    /// Its headers: bytes that are no text, a name that stands twice, a null.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, Option<Vec<u8>>)> {
        let trace = self.n.to_string().into_bytes();
        vec![("trace", Some(trace)), ("trace", Some(TRACE.to_vec())), ("nothing", None)]
    }

    /// The record, to be sent.
    pub fn record(&self) -> Record {
        let record = match self.value() {
            Some(value) => Record::new("", value),
            None => Record::new("", "").without_value(),
        };
        let record = record.key(self.key()).partition(self.partition).timestamp(self.timestamp());
        self.headers().into_iter().fold(record, |record, (name, value)| match value {
            Some(value) => record.header(name, value),
            None => record.null_header(name),
        })
    }

    /// What becomes of it.
    #[must_use]
    pub fn fate(&self, mode: Mode) -> Fate {
        match self.kind {
            Kind::Good { .. } => Fate::Put,
            Kind::Tombstone if mode == Mode::UpsertAndDelete => Fate::Delete,
            Kind::Tombstone => Fate::Filtered,
            Kind::CutOff | Kind::Empty | Kind::List => Fate::Dead("VALUE_CONVERTER"),
            Kind::Unknown => Fate::Dead("TRANSFORMATION"),
            Kind::Typed | Kind::Foreign | Kind::NotNull | Kind::Checked | Kind::Raised => {
                Fate::Refused
            }
        }
    }
}
