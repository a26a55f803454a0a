//! The records: orders of a shop, of any size, the same every time. A few hold an escaped quote
//! and characters beyond ASCII, as real ones do.

use std::fmt::Write;

use sluice_tests::database::target::Target;

/// The table's columns.
#[must_use]
pub fn columns(target: Target) -> String {
    let json = match target {
        Target::Postgres => "jsonb",
        Target::Mariadb => "json",
    };
    format!("{}, items {json}", plain_columns(target))
}

/// The columns of an order without nested values, and when the server took it.
#[must_use]
pub fn flat_columns(target: Target) -> String {
    let taken_at = match target {
        Target::Postgres => "timestamptz DEFAULT clock_timestamp()",
        Target::Mariadb => "datetime(6) DEFAULT sysdate(6)",
    };
    format!("{}, quantity int, taken_at {taken_at}", plain_columns(target))
}

fn plain_columns(target: Target) -> String {
    let moment = match target {
        Target::Postgres => "timestamptz",
        Target::Mariadb => "datetime(3)",
    };
    format!(
        "id bigint, customer text, amount numeric(12,2), currency char(3), created_at {moment}, \
         note text"
    )
}

const NAMES: [&str; 5] =
    ["Ada Lovelace", "Grace Hopper", "Émilie du Châtelet", "Edsger Dijkstra", "Barbara Liskov"];
const CURRENCIES: [&str; 4] = ["EUR", "USD", "JPY", "CHF"];
const NOTE: &str = "Please leave the parcel with the neighbours on the second floor if nobody opens; the bell is out of order. ";

/// One order.
#[derive(Debug, Clone)]
pub struct Order {
    id: u64,
    amount: String,
    created_at: String,
    note: String,
    items: String,
}

impl Order {
    /// The order of this id, whose JSON has exactly `size` bytes.
    #[must_use]
    pub fn new(id: u64, size: usize) -> Self {
        let mut order = Self {
            id,
            amount: format!("{}.{:02}", id % 900 + 10, id % 100),
            created_at: format!(
                "2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                id % 28 + 1,
                id / 3600 % 24,
                id / 60 % 60,
                id % 60,
                id % 1000
            ),
            note: String::new(),
            items: String::new(),
        };
        // About half of what is left for items, the note takes the rest.
        let room = size.saturating_sub(order.json().len()) / 2;
        for place in 0..=(room / 65) as u64 {
            let comma = if place == 0 { "" } else { "," };
            let (sku, count) = ((id + place * 7) % 97, (id + place) % 3 + 1);
            let _ = write!(
                order.items,
                r#"{comma}{{"sku":"A-{sku:04}","count":{count},"price":{}.{:02},"gift":false}}"#,
                id % 80 + 10,
                place % 100
            );
        }
        let quote = if id.is_multiple_of(8) { "\"" } else { "" };
        order.note.push_str(quote);
        let left = size.saturating_sub(order.json().len());
        order.note.extend(NOTE.chars().cycle().take(left));
        order
    }

    /// As a record's value.
    #[must_use]
    pub fn json(&self) -> String {
        let Self { id, amount, created_at, note, items } = self;
        let (name, currency) = (self.name(), self.currency());
        let note = note.replace('"', "\\\"");
        format!(
            r#"{{"id":{id},"customer":"{name}","amount":{amount},"currency":"{currency}","created_at":"{created_at}","note":"{note}","items":[{items}]}}"#
        )
    }

    /// As a record's value without nested values, for those who cannot write them, and with a
    /// moment as the target's own text has it.
    #[must_use]
    pub fn flat_json(&self, target: Target) -> String {
        let Self { id, amount, note, .. } = self;
        let created_at = self.moment(target);
        let (name, currency, quantity) = (self.name(), self.currency(), self.id % 7 + 1);
        let note = note.replace('"', "\\\"");
        format!(
            r#"{{"id":{id},"customer":"{name}","amount":{amount},"currency":"{currency}","created_at":"{created_at}","note":"{note}","quantity":{quantity}}}"#
        )
    }

    /// The text of each column, as a server takes it.
    #[must_use]
    pub fn cells(&self, target: Target) -> [String; 7] {
        let Self { id, amount, note, items, .. } = self;
        let (name, currency) = (self.name().to_owned(), self.currency().to_owned());
        let created_at = self.moment(target);
        [
            id.to_string(),
            name,
            amount.clone(),
            currency,
            created_at,
            note.clone(),
            format!("[{items}]"),
        ]
    }

    fn moment(&self, target: Target) -> String {
        match target {
            Target::Postgres => self.created_at.clone(),
            Target::Mariadb => self.created_at.replace('T', " ").replace('Z', ""),
        }
    }

    fn name(&self) -> &'static str {
        NAMES[(self.id % 5) as usize]
    }

    fn currency(&self) -> &'static str {
        CURRENCIES[(self.id % 4) as usize]
    }
}
