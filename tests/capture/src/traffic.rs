//! What happens to the tables whose structure matters: which keys they have, and what is set.

use crate::kind::Kind;

/// How a value is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Draw {
    /// A number below this one.
    Below(u32),
    /// One of these texts.
    Of(&'static [&'static str]),
    /// One of this many addresses, or NULL.
    Address(u32),
    /// NULL or a number below this one.
    Maybe(u32),
    /// A few letters.
    Word,
    /// Two decimals.
    Price,
    /// Six decimals; there are few of them.
    Fine,
    /// Bytes; there are few of them.
    Bytes,
    /// A moment to the microsecond; there are few of them.
    Moment,
    /// An unsigned number near the end of 64 bits.
    Huge,
    /// A text of nine thousand letters.
    Long,
    /// Bytes that PostgreSQL keeps outside of the row.
    LongBytes,
}

/// The traffic of a table.
#[derive(Debug)]
pub(crate) struct Traffic {
    /// The table.
    pub(crate) table: &'static str,
    /// How often it is chosen, beside the others.
    pub(crate) weight: u32,
    /// The columns of its key.
    pub(crate) keys: &'static [(&'static str, Draw)],
    /// The other columns. A change sets the first ones only, as many as are drawn.
    pub(crate) sets: &'static [(&'static str, Draw)],
}

const WORDS: &[&str] =
    &["a", "A", "ä", "b c", " b", "it's", "ß", "ss", "😀", "0", "00", "NULL", ""];
// Each pair is one key to a collation that folds case and accents.
const FOLDED: &[&str] = &["ab1", "äb1", "AB2", "ab2", "É3", "e3", "ab4", "ÄB4", "x5", "X5"];

/// One entry for each table.
pub(crate) const TRAFFIC: &[Traffic] = &[
    Traffic {
        table: "composite",
        weight: 3,
        keys: &[("a", Draw::Below(12)), ("b", Draw::Of(&["x", "y", "Ü", ""]))],
        sets: &[("v", Draw::Word)],
    },
    Traffic { table: "textkey", weight: 2, keys: &[("k", Draw::Of(WORDS))], sets: NUMBER },
    Traffic { table: "cikey", weight: 2, keys: &[("k", Draw::Of(FOLDED))], sets: NUMBER },
    Traffic { table: "binkey", weight: 2, keys: &[("k", Draw::Bytes)], sets: NUMBER },
    Traffic { table: "timekey", weight: 2, keys: &[("k", Draw::Moment)], sets: NUMBER },
    Traffic { table: "deckey", weight: 2, keys: &[("k", Draw::Fine)], sets: NUMBER },
    Traffic { table: "bigkey", weight: 2, keys: &[("k", Draw::Huge)], sets: NUMBER },
    Traffic {
        table: "nokey",
        weight: 2,
        keys: &[("a", Draw::Below(40))],
        sets: &[("v", Draw::Word)],
    },
    Traffic {
        table: "gen",
        weight: 2,
        keys: ID,
        sets: &[("price", Draw::Price), ("qty", Draw::Maybe(9))],
    },
    Traffic {
        table: "defs",
        weight: 3,
        keys: ID,
        sets: &[
            ("a", Draw::Maybe(9)),
            ("c", Draw::Price),
            ("b", Draw::Address(3)),
            ("e", Draw::Below(9)),
        ],
    },
    Traffic {
        table: "uniq",
        weight: 3,
        keys: &[("id", Draw::Below(30))],
        sets: &[("email", Draw::Address(40))],
    },
    Traffic { table: "parent", weight: 2, keys: ID, sets: &[("name", Draw::Word)] },
    Traffic {
        table: "child",
        weight: 3,
        keys: ID,
        sets: &[("parent_id", Draw::Maybe(60)), ("v", Draw::Word)],
    },
    Traffic {
        table: "tree",
        weight: 2,
        keys: &[("id", Draw::Below(30))],
        sets: &[("up", Draw::Maybe(30))],
    },
    Traffic { table: "evo", weight: 2, keys: ID, sets: &[("b", Draw::Word)] },
    Traffic { table: "trunc", weight: 1, keys: ID, sets: &[("v", Draw::Word)] },
    Traffic {
        table: "large",
        weight: 3,
        keys: &[("id", Draw::Below(25))],
        sets: &[("n", Draw::Below(99)), ("body", Draw::Long), ("data", Draw::LongBytes)],
    },
    Traffic {
        table: "large_full",
        weight: 3,
        keys: &[("id", Draw::Below(25))],
        sets: &[("n", Draw::Below(99)), ("body", Draw::Long)],
    },
    Traffic {
        table: "Odd-Table",
        weight: 1,
        keys: ID,
        sets: &[("a b", Draw::Word), ("select", Draw::Below(9)), ("Upper", Draw::Below(9))],
    },
    Traffic { table: "umlaut", weight: 1, keys: ID, sets: &[("größe", Draw::Below(99))] },
];

const ID: &[(&str, Draw)] = &[("id", Draw::Below(60))];
const NUMBER: &[(&str, Draw)] = &[("v", Draw::Below(1000))];

impl Draw {
    /// A literal of it.
    pub(crate) fn literal(self, rng: &mut fastrand::Rng, kind: Kind) -> String {
        let null = |rng: &mut fastrand::Rng| rng.u8(..5) == 0;
        match self {
            Self::Below(limit) => rng.u32(..limit).to_string(),
            Self::Maybe(_) | Self::Address(_) if null(rng) => "NULL".to_owned(),
            Self::Maybe(limit) => rng.u32(..limit).to_string(),
            Self::Address(limit) => format!("'u{}'", rng.u32(..limit)),
            Self::Of(words) => {
                format!("'{}'", rng.choice(words).unwrap_or(&"").replace('\'', "''"))
            }
            Self::Word => format!("'{}'", word(rng, 12)),
            Self::Price => format!("{}.{:02}", rng.u32(..1000), rng.u32(..100)),
            Self::Fine => format!("{}.{:06}", rng.u32(..4), 250_000 * rng.u32(..4)),
            Self::Moment => {
                format!("'2024-02-29 12:00:{:02}.{:06}'", rng.u32(..6), 1 + 199_999 * rng.u32(..4))
            }
            Self::Huge => (u64::MAX - rng.u64(..20)).to_string(),
            Self::Bytes => bytes(kind, &format!("00{:02x}ff", rng.u8(..20))),
            Self::Long => format!("'{}'", word(rng, 9000)),
            Self::LongBytes => {
                bytes(kind, &(0..4000).map(|_| format!("{:02x}", rng.u8(..))).collect::<String>())
            }
        }
    }
}

fn word(rng: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| rng.alphanumeric()).collect()
}

fn bytes(kind: Kind, digits: &str) -> String {
    if kind == Kind::Postgres { format!("'\\x{digits}'") } else { format!("x'{digits}'") }
}
