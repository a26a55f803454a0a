//! The points of a time-series table, as FlatBuffers. The schema is the official SDK's `timeseries.fbs`; the order
//! in which things are written is that of its encoder, so that the bytes are the same.

use bytes::Bytes;
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, VOffsetT, WIPOffset};

use crate::wire::plain_buffer::Value;

/// One point of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point<'p> {
    pub(crate) measurement: &'p str,
    pub(crate) source: &'p str,
    /// Names and values, sorted by name.
    pub(crate) tags: Vec<(&'p str, &'p str)>,
    /// In microseconds since 1970.
    pub(crate) time: i64,
    /// Names and values, sorted by name.
    pub(crate) fields: Vec<(&'p str, Value<'p>)>,
}

/// Members of tables by their number in the schema.
const fn member(number: VOffsetT) -> VOffsetT {
    4 + 2 * number
}

/// The numbers of `DataType`.
const LONG: u8 = 1;
const BOOLEAN: u8 = 2;
const DOUBLE: u8 = 3;
const STRING: u8 = 4;
const BINARY: u8 = 5;

type Table = WIPOffset<TableFinishedWIPOffset>;

/// The most bytes of a point without its texts, tags and fields: seven tables and vectors, their alignment, and
/// the descriptions of the tables, which only the first point needs.
const FRAME: usize = 320;
/// The most bytes of a text besides its characters: length, end, alignment, and the reference to it.
const TEXT: usize = 4 + 1 + 3 + 4;
/// The most bytes that a tag has besides its two texts.
const TAG: usize = 16;
/// The most bytes of a field besides its name: type, and a value of fixed size or the frame of bytes.
const FIELD: usize = 1 + 24;

impl Point<'_> {
    /// The most bytes that it adds to a request.
    pub(crate) fn most_bytes(&self) -> usize {
        let text = |text: &str| TEXT + text.len();
        let tag = |(name, value): &(&str, &str)| TAG + text(name) + text(value);
        let field = |(name, value): &(&str, Value<'_>)| {
            let value = match value {
                Value::Text(value) => value.len(),
                Value::Binary(value) => value.len(),
                _ => 0,
            };
            FIELD + text(name) + value
        };
        let tags: usize = self.tags.iter().map(tag).sum();
        let fields: usize = self.fields.iter().map(field).sum();
        FRAME + text(self.measurement) + text(self.source) + tags + fields
    }
}

/// Writes the points of one request.
#[derive(Default)]
pub(crate) struct PointWriter {
    out: FlatBufferBuilder<'static>,
    groups: Vec<Table>,
}

impl PointWriter {
    /// How many bytes it has so far.
    pub(crate) fn len(&self) -> usize {
        self.out.unfinished_data().len()
    }

    /// Appends a point: a group of one row, as all SDKs write it, so that the number of a group is that of its row.
    pub(crate) fn push(&mut self, point: &Point<'_>) {
        let fields = Fields::write(&mut self.out, &point.fields);
        let tags: Vec<Table> = point.tags.iter().map(|tag| self.tag(*tag)).collect();
        let tags = self.out.create_vector(&tags);
        let source = self.out.create_string(point.source);
        // Tags of tables of version 0.
        let no_tags = self.out.create_string("");
        let start = self.out.start_table();
        self.out.push_slot_always(member(0), source);
        self.out.push_slot_always(member(1), no_tags);
        self.out.push_slot_always(member(3), fields.values);
        self.out.push_slot(member(2), point.time, 0);
        self.out.push_slot_always(member(5), tags);
        let row = self.out.end_table(start);
        let rows = self.out.create_vector(&[row]);
        let names = self.out.create_vector(&fields.names);
        let types = self.out.create_vector(&fields.types);
        let measurement = self.out.create_string(point.measurement);
        let start = self.out.start_table();
        self.out.push_slot_always(member(0), measurement);
        self.out.push_slot_always(member(1), names);
        self.out.push_slot_always(member(2), types);
        self.out.push_slot_always(member(3), rows);
        let group = self.out.end_table(start);
        self.groups.push(group);
    }

    fn tag(&mut self, (name, value): (&str, &str)) -> Table {
        let (name, value) = (self.out.create_string(name), self.out.create_string(value));
        let start = self.out.start_table();
        self.out.push_slot_always(member(0), name);
        self.out.push_slot_always(member(1), value);
        self.out.end_table(start)
    }

    /// The bytes of all points, without a copy.
    pub(crate) fn finish(mut self) -> Bytes {
        let groups = self.out.create_vector(&self.groups);
        let start = self.out.start_table();
        self.out.push_slot_always(member(0), groups);
        let rows = self.out.end_table(start);
        self.out.finish_minimal(rows);
        let (bytes, start) = self.out.collapse();
        Bytes::from(bytes).slice(start..)
    }
}

/// The fields of a point, which are written: a vector for each type, each in the order of the names.
struct Fields<'b> {
    names: Vec<WIPOffset<&'b str>>,
    types: Vec<u8>,
    values: Table,
}

impl<'b> Fields<'b> {
    fn write(out: &mut FlatBufferBuilder<'b>, fields: &[(&str, Value<'_>)]) -> Self {
        let (mut names, mut types) = (Vec::new(), Vec::new());
        let (mut integers, mut truths, mut doubles) = (Vec::new(), Vec::new(), Vec::new());
        let (mut texts, mut binaries) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            let name = out.create_string(name);
            types.push(match *value {
                Value::Integer(number) => (integers.push(number), LONG).1,
                Value::Boolean(truth) => (truths.push(truth), BOOLEAN).1,
                Value::Double(number) => (doubles.push(number), DOUBLE).1,
                Value::Text(text) => (texts.push(out.create_string(text)), STRING).1,
                Value::Binary(bytes) => (binaries.push(binary(out, bytes)), BINARY).1,
                // Only a key can be numbered.
                Value::AutoIncrement => continue,
            });
            names.push(name);
        }
        let integers = (!integers.is_empty()).then(|| out.create_vector(&integers));
        let truths = (!truths.is_empty()).then(|| out.create_vector(&truths));
        let doubles = (!doubles.is_empty()).then(|| out.create_vector(&doubles));
        let texts = (!texts.is_empty()).then(|| out.create_vector(&texts));
        let binaries = (!binaries.is_empty()).then(|| out.create_vector(&binaries));
        let start = out.start_table();
        integers.into_iter().for_each(|it| out.push_slot_always(member(0), it));
        truths.into_iter().for_each(|it| out.push_slot_always(member(1), it));
        doubles.into_iter().for_each(|it| out.push_slot_always(member(2), it));
        texts.into_iter().for_each(|it| out.push_slot_always(member(3), it));
        binaries.into_iter().for_each(|it| out.push_slot_always(member(4), it));
        Self { names, types, values: out.end_table(start) }
    }
}

fn binary(out: &mut FlatBufferBuilder<'_>, bytes: &[u8]) -> Table {
    let bytes = out.create_vector(bytes);
    let start = out.start_table();
    out.push_slot_always(member(0), bytes);
    out.end_table(start)
}

#[cfg(test)]
mod tests;
