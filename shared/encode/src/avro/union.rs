//! Which branch of a union a value is.
//!
//! A value may be written by itself, as the decoders write it, or in an object that names its branch:
//! `{"string":"a"}` as in Avro's JSON encoding, or `{"int":null,"string":"a"}` as the decoders write
//! it with `flatten.unions=false`. It must be exactly one branch by one of these ways.

use apache_avro::Schema;
use apache_avro::schema::{UnionSchema, UuidSchema};
use sluice_bridge::json::value::Value;

use super::schema::full_name;
use super::value::Writer;
use crate::json::members;
use crate::refusal::Refusal;
use crate::wire;

impl Writer<'_> {
    pub(super) fn union(
        &self,
        union: &UnionSchema,
        value: Value<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let branches = union.variants();
        let mut found: Option<(usize, Vec<u8>)> = None;
        let mut why = None;
        let named = self.named(branches, value).filter(|_| !self.is_default);
        let tries = named.into_iter().chain((0..branches.len()).map(|nth| (nth, value)));
        for (nth, value) in tries {
            let mut bytes = Vec::new();
            match (self.value(&branches[nth], value, depth, &mut bytes), &found) {
                (Ok(()), Some((other, same))) if (*other, same) != (nth, &bytes) => {
                    return Err(self.ambiguous(branches, *other, nth));
                }
                (Ok(()), Some(_)) => {}
                (Ok(()), None) => found = Some((nth, bytes)),
                // Of a union with null only the other branch tells what is wrong.
                (Err(refusal), _) if !matches!(branches[nth], Schema::Null) => {
                    why.get_or_insert(refusal);
                }
                (Err(_), _) => {}
            }
            if self.is_default && found.is_some() {
                break;
            }
        }
        let Some((nth, bytes)) = found else {
            let one = branches.iter().filter(|one| !matches!(one, Schema::Null)).count() == 1;
            let why = why.filter(|_| one && !matches!(value, Value::Null));
            return Err(why.unwrap_or_else(|| self.no_branch(branches)));
        };
        wire::length(nth, out);
        out.extend(bytes);
        Ok(())
    }

    /// The branch that an object names: all members are names of branches, and one is not null.
    fn named<'v>(&self, branches: &[Schema], value: Value<'v>) -> Option<(usize, Value<'v>)> {
        let members = members(value, "").ok()?;
        let mut named = None;
        for (name, inner) in members {
            let nth = branches.iter().position(|one| self.names(branches, one).contains(&name))?;
            if inner != Value::Null && named.replace((nth, inner)).is_some() {
                return None;
            }
        }
        named
    }

    /// The names of a branch: the full one, and the one without the namespace if it is the only one.
    fn names(&self, branches: &[Schema], branch: &Schema) -> Vec<String> {
        let full = |one: &Schema| full_name(self.schema.resolved(one));
        let Some(name) = full(branch) else {
            return vec![word(self.schema.resolved(branch)).to_owned()];
        };
        let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let same = branches.iter().filter_map(full).filter(|one| short(one) == short(&name));
        if same.count() == 1 { vec![short(&name), name] } else { vec![name] }
    }

    fn shown(&self, branches: &[Schema], nth: usize) -> String {
        self.names(branches, &branches[nth]).pop().unwrap_or_default()
    }

    fn no_branch(&self, branches: &[Schema]) -> Refusal {
        let all: Vec<String> = (0..branches.len()).map(|nth| self.shown(branches, nth)).collect();
        Refusal::new(format!("it is no value of the union of {}", all.join(", ")))
    }

    fn ambiguous(&self, branches: &[Schema], one: usize, other: usize) -> Refusal {
        let [one, other] = [one, other].map(|nth| self.shown(branches, nth));
        Refusal::new(format!(
            "it could be {one} or {other} of the union: name the branch, as in {{\"{one}\":…}}"
        ))
    }
}

/// The word for a type without a name of its own.
fn word(schema: &Schema) -> &'static str {
    match schema {
        Schema::Null => "null",
        Schema::Boolean => "boolean",
        Schema::Int | Schema::Date | Schema::TimeMillis => "int",
        Schema::Long
        | Schema::TimeMicros
        | Schema::TimestampMillis
        | Schema::TimestampMicros
        | Schema::TimestampNanos
        | Schema::LocalTimestampMillis
        | Schema::LocalTimestampMicros
        | Schema::LocalTimestampNanos => "long",
        Schema::Float => "float",
        Schema::Double => "double",
        Schema::String | Schema::Uuid(UuidSchema::String) => "string",
        Schema::Array(_) => "array",
        Schema::Map(_) => "map",
        _ => "bytes",
    }
}
