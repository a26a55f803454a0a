//! Declared values: what comes out of an envelope is what an independent reading of its schema says,
//! or is refused by both, and a decimal is the number that a big integer makes of its bytes.
//!
//! Where the oracle does not know (years beyond its calendar, geometry, names in another case), the
//! envelope is only survived.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use sluice_bridge::map::mapper::Fate;
use sluice_bridge::model::cell::Cell;

use crate::mapping::{COLUMNS, Choice, GENERATED, with_row};
use crate::oracle::{self, COMPARED_DEPTH};
use model::convert;
use tree::{Miss, Tree};

mod logical;
mod model;
mod tree;

const ENVELOPE: Choice<'_> = &[("value.format", "json-envelope"), ("fields.unknown", "ignore")];
/// What an envelope holds, by column; `None` is absent.
type Cells = Vec<Option<Tree>>;

/// Takes the bytes for an envelope.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let model = std::str::from_utf8(data).map_err(|_| Miss::Unsure).and_then(expected);
    with_row(ENVELOPE, None, Some(data), |fate, row| match &model {
        Err(Miss::Unsure) => {}
        Err(Miss::Refused) => assert!(fate.is_err(), "{row:?} of what is to be refused"),
        Ok(cells) => {
            assert_eq!(*fate, Ok(Fate::Put));
            for ((cell, said), column) in row.iter().zip(cells).zip(COLUMNS) {
                let found = (*cell != Cell::Absent).then(|| Tree::of_cell(cell));
                assert_eq!(found, said.clone().map(Some), "column {column}");
            }
        }
    });
}

/// Whether a row is to come of these bytes, and the oracle knows which.
#[must_use]
pub fn is_row(data: &[u8]) -> bool {
    std::str::from_utf8(data).is_ok_and(|text| expected(text).is_ok())
}

/// A scale in four bytes, then the bytes of the unscaled integer.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn decimal_holds(data: &[u8]) {
    let Some((scale, bytes)) = data.split_first_chunk() else { return };
    let scale = i32::from_be_bytes(*scale);
    let value = STANDARD.encode(bytes);
    let envelope = format!(
        r#"{{"schema":{{"type":"struct","fields":[{{"field":"n","type":"bytes",
            "name":"org.apache.kafka.connect.data.Decimal",
            "parameters":{{"scale":"{scale}"}}}}]}},"payload":{{"n":"{value}"}}}}"#
    );
    holds(envelope.as_bytes());
}

/// What the envelope says of every column.
fn expected(text: &str) -> Result<Cells, Miss> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|_| Miss::Refused)?;
    // Half a character can be written in escapes.
    if oracle::depth(text) > COMPARED_DEPTH || text.contains("\\ud") || text.contains("\\uD") {
        return Err(Miss::Unsure);
    }
    let envelope = tree::once(whole).map_err(|_| Miss::Unsure)?.ok_or(Miss::Refused)?;
    let known = |name: &str| matches!(name, "schema" | "payload");
    if envelope.len() != 2 || !envelope.iter().all(|(name, _)| known(name)) {
        return Err(Miss::Refused);
    }
    let [schema, payload] = ["schema", "payload"].map(|name| oracle::member(whole, name));
    let (schema, payload) = (schema.ok_or(Miss::Refused)?, payload.ok_or(Miss::Refused)?);
    if schema.get() == "null" {
        return Err(Miss::Unsure);
    }
    model::check(schema)?;
    let is_struct = oracle::member_text(schema, "type").as_deref() == Some("struct");
    if payload.get() == "null" || !is_struct {
        return Err(Miss::Unsure);
    }
    cells(schema, payload)
}

fn cells(schema: &RawValue, payload: &RawValue) -> Result<Cells, Miss> {
    let members = tree::once(payload).map_err(|_| Miss::Unsure)?.ok_or(Miss::Refused)?;
    let fields = model::fields(schema)?;
    let names = members.iter().chain(&fields).map(|(name, _)| name.as_str());
    let folded = |name: &str| {
        let like = |column: &&str| column.to_lowercase() == name.to_lowercase();
        name == GENERATED || !COLUMNS.contains(&name) && COLUMNS.iter().any(like)
    };
    if names.into_iter().any(folded) {
        return Err(Miss::Unsure);
    }
    let mut cells = vec![None; COLUMNS.len()];
    let place = |name: &str| COLUMNS.iter().position(|column| *column == name);
    for (name, value) in &members {
        let Some(column) = place(name) else { continue };
        let declared = fields.iter().find(|(field, _)| field == name);
        cells[column] = Some(match declared {
            Some((_, declared)) => convert(value, declared)?,
            None => Tree::of(value).ok_or(Miss::Unsure)?,
        });
    }
    for (name, declared) in &fields {
        if members.iter().any(|(member, _)| member == name) {
            continue;
        }
        match place(name) {
            Some(column) => cells[column] = model::left_out(declared)?,
            // Nobody asks what its default would be.
            None => model::may_be_left_out(declared)?,
        }
    }
    Ok(cells)
}
