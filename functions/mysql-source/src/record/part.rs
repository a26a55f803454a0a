//! How keys or values of one result are written.

use bytes::{BufMut, BytesMut};
use mysql_async::{Column, Value};
use sluice_source::encoding::{self, Encoder, Field, Schema, envelope, frame};
use sluice_source::error::SourceError;
use sluice_source::options::formats::Format;

use super::form::{Form, Hints, Shape};
use super::style::{Style, ZeroDates};
use super::write::{self, NO_PLACE, Why};
use super::{datum, declared};

/// Keys or values.
pub(super) struct Part {
    members: Vec<Member>,
    zero_dates: ZeroDates,
    /// What stands before the members: an envelope's schema, or the frame that names one.
    head: Vec<u8>,
    /// What ends an envelope.
    tail: &'static [u8],
    /// The schema of a registry.
    schema: Option<Schema>,
    /// Writes what is not JSON.
    encoder: Option<Encoder>,
}

struct Member {
    /// The place of its column.
    place: usize,
    /// The name as JSON, and a colon.
    label: Vec<u8>,
    form: Form,
    /// How a person reads it, in a letter.
    shown: Form,
}

impl Part {
    /// Of these columns. `name` is that of the schema: the table's; a key has none.
    ///
    /// # Errors
    /// A schema has no place for the name of the table or of a column.
    pub(super) fn of(
        columns: &[Column],
        places: Vec<usize>,
        hints: &Hints,
        (format, name): (Format, Option<&str>),
        style: &Style,
    ) -> Result<Self, SourceError> {
        let shape = Shape::of(format);
        let member = |place: usize| {
            let name = columns[place].name_str();
            let mut label = serde_json::Value::from(name.as_ref()).to_string().into_bytes();
            label.push(b':');
            let of = |format| {
                Form::of(&columns[place], hints.get(name.as_ref()).copied(), style, format)
            };
            let form = of(format);
            let shown = match format {
                Format::Registered(_) => of(Format::Json),
                Format::Json | Format::Envelope => form,
            };
            Member { place, label, form, shown }
        };
        let members: Vec<Member> = places.into_iter().map(member).collect();
        let gives_null = style.zero_dates == ZeroDates::Null;
        let fields = || -> Vec<Field> {
            let field = |member: &Member| {
                declared::field(&columns[member.place], member.form, shape, gives_null)
            };
            members.iter().map(field).collect()
        };
        let (mut head, mut tail, mut schema, mut encoder) = (Vec::new(), &b""[..], None, None);
        match format {
            Format::Json => {}
            Format::Envelope => (head, tail) = (envelope(name, &fields()), b"}"),
            Format::Registered(kind) => {
                let text = encoding::schema(kind, name, &fields(), style.scrubs, style.has_numeric);
                schema = Some(text.map_err(SourceError::stop)?);
                encoder = Encoder::new(kind, fields());
            }
        }
        let zero_dates = style.zero_dates;
        Ok(Self { members, zero_dates, head, tail, schema, encoder })
    }

    /// Whether there are no columns.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Its schema, if a registry gives it an id.
    pub(super) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// From now on values name the schema by its id.
    pub(super) fn name_schema(&mut self, id: u32) {
        self.head = self.schema.as_ref().map_or(Vec::new(), |schema| frame(schema.kind, id));
    }

    /// Writes a row.
    ///
    /// # Errors
    /// The column that cannot be written, and why.
    pub(super) fn write(&self, values: &[Value], out: &mut BytesMut) -> Result<(), (usize, Why)> {
        out.put_slice(&self.head);
        let Some(encoder) = &self.encoder else {
            self.object(values, |member| member.form, out)?;
            out.put_slice(self.tail);
            return Ok(());
        };
        for (nth, Member { place, form, .. }) in self.members.iter().enumerate() {
            let kind = encoder.field(nth).kind;
            let datum = datum::of(&values[*place], *form, kind, self.zero_dates);
            let datum = datum.map_err(|why| (*place, why))?;
            encoder.put(nth, &datum, out).ok_or((*place, NO_PLACE))?;
        }
        Ok(())
    }

    /// Writes a row as JSON for a person, whatever the format.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(super) fn shown(&self, values: &[Value], out: &mut BytesMut) -> Result<(), (usize, Why)> {
        self.object(values, |member| member.shown, out)
    }

    fn object(
        &self,
        values: &[Value],
        form: impl Fn(&Member) -> Form,
        out: &mut BytesMut,
    ) -> Result<(), (usize, Why)> {
        let mut separator = b'{';
        for member in &self.members {
            out.put_u8(std::mem::replace(&mut separator, b','));
            out.put_slice(&member.label);
            write::value(&values[member.place], form(member), self.zero_dates, out)
                .map_err(|why| (member.place, why))?;
        }
        out.put_u8(b'}');
        Ok(())
    }

    /// Writes what can be written of a row as JSON.
    pub(super) fn rest(&self, values: &[Value], out: &mut BytesMut) {
        out.put_u8(b'{');
        let begin = out.len();
        for Member { place, label, shown, .. } in &self.members {
            let start = out.len();
            if start > begin {
                out.put_u8(b',');
            }
            out.put_slice(label);
            if write::value(&values[*place], *shown, self.zero_dates, out).is_err() {
                out.truncate(start);
            }
        }
        out.put_u8(b'}');
    }
}
