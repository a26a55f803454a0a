//! The points of a batch: how a row becomes one, as many as possible in a request, and what the answer says of each.

use std::iter::Peekable;
use std::vec::IntoIter;

use bytes::Bytes;
use prost::Message;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::sink::Rejected;
use sluice_bridge::sink::batch::Batch;

use crate::types::column_type::ColumnType;
use crate::types::series_limits::{MOST_FIELDS, check_measurement, check_source, check_tag_value};
use crate::values::series::{Place, Role, SeriesColumn, SeriesShape};
use crate::values::{attribute, time};
use crate::wire::batch::{Existence, MOST_BYTES, RowOperation};
use crate::wire::message::{Error, RowAnswer};
use crate::wire::points::{Point, PointWriter};
use crate::wire::series::{
    MOST_POINTS, MetaUpdate, PutTimeseriesDataResponse, REQUEST_FRAME, put_request,
};
use crate::write::answers::Reading;
use crate::write::packer::Packed;
use crate::write::plan::RowKind;

/// A point replaces what is there.
const REPLACES: RowKind = RowKind { operation: RowOperation::Put, existence: Existence::Ignore };

/// A column of the batch that is a field.
struct Field<'a> {
    /// The column's index in the table.
    index: usize,
    column: &'a SeriesColumn,
    kind: ColumnType,
    /// The bytes of its value in the row that is being written.
    scratch: Vec<u8>,
}

/// The requests for the points of a batch.
pub(super) struct PointPacker<'p, 'a, 'e> {
    batch: &'p Batch<'a, 'e>,
    shape: &'a SeriesShape,
    /// By the names of the fields, as points have them.
    fields: Vec<Field<'a>>,
    /// The rows that are left, by index in the batch.
    rows: Peekable<IntoIter<usize>>,
    update: MetaUpdate,
}

impl<'p, 'a, 'e> PointPacker<'p, 'a, 'e> {
    /// Requests for all rows of a batch.
    ///
    /// # Errors
    /// `Fatal`: another connector described the table.
    pub(super) fn new(batch: &'p Batch<'a, 'e>, update: MetaUpdate) -> Result<Self, SinkError> {
        let shape: &SeriesShape = batch.table.shape_as()?;
        let fields = batch.columns.iter().filter_map(|&index| {
            let column = &shape.columns[index];
            let Role::Field(kind) = column.role else { return None };
            Some(Field { index, column, kind, scratch: Vec::new() })
        });
        let mut fields: Vec<Field<'_>> = fields.collect();
        fields.sort_by(|one, other| one.column.field.cmp(&other.column.field));
        let rows = (0..batch.len()).collect::<Vec<_>>().into_iter().peekable();
        Ok(Self { batch, shape, fields, rows, update })
    }

    /// Appends a row. `false` if the request has no room for it.
    fn add(&mut self, row: usize, writer: &mut PointWriter, packed: &mut Packed) -> bool {
        let table = self.batch.table.name.name.len();
        let topic = self.batch.coordinates(row).topic;
        let point = match point(self.shape, self.batch.cells(row), topic, &mut self.fields) {
            Ok(point) => point,
            Err(cause) => {
                packed.rejected.push(Rejected { row, cause });
                return true;
            }
        };
        if REQUEST_FRAME + table + writer.len() + point.most_bytes() <= MOST_BYTES {
            writer.push(&point);
            packed.rows.push((row, REPLACES));
            return true;
        }
        let is_alone = packed.rows.is_empty();
        if is_alone {
            let cause = Cause::new("the point has more than 4 MB, the limit of a request");
            packed.rejected.push(Rejected { row, cause });
        }
        is_alone
    }
}

impl Iterator for PointPacker<'_, '_, '_> {
    type Item = Packed;

    fn next(&mut self) -> Option<Packed> {
        let (mut packed, mut writer) = (Packed::default(), PointWriter::default());
        while let Some(&row) = self.rows.peek()
            && packed.rows.len() < MOST_POINTS
            && self.add(row, &mut writer, &mut packed)
        {
            self.rows.next();
        }
        if packed.rows.is_empty() && packed.rejected.is_empty() {
            return None;
        }
        if !packed.rows.is_empty() {
            let table = &self.batch.table.name.name;
            packed.body = put_request(table, writer.finish(), self.update);
        }
        Some(packed)
    }
}

/// A row as a point.
///
/// # Errors
/// Why the service would refuse it.
fn point<'p>(
    shape: &'p SeriesShape,
    cells: &[Cell<'p>],
    topic: &'p str,
    fields: &'p mut [Field<'_>],
) -> Result<Point<'p>, Cause> {
    let text = |place: &'p Place, check: Check| text(shape, cells, topic, place, check);
    let measurement = text(&shape.measurement, check_measurement)?;
    let measurement = measurement.ok_or_else(|| match shape.measurement {
        Place::Column(index) => shape.columns[index].mismatch(cells[index], "a point needs one"),
        Place::Topic | Place::Text(_) => Cause::new("the point has no measurement"),
    })?;
    let source = text(&shape.source, check_source)?.unwrap_or_default();
    let mut tags = Vec::with_capacity(shape.tags.len());
    for (name, place) in &shape.tags {
        tags.extend(text(place, check_tag_value)?.map(|value| (name.as_str(), value)));
    }
    let cell = cells[shape.time];
    let time = time::micros(cell, shape.unit)
        .map_err(|why| shape.columns[shape.time].mismatch(cell, why))?;
    let mut written = Vec::with_capacity(fields.len());
    for Field { index, column, kind, scratch } in fields.iter_mut() {
        let cell = cells[*index];
        if !cell.is_value() {
            continue;
        }
        let mismatch = |why| column.mismatch(cell, why);
        let name = column.field.as_deref().map_err(|why| mismatch(why))?;
        if written.last().is_some_and(|(before, _)| *before == name) {
            return Err(mismatch("in lower case another key of the record has the same name"));
        }
        written.push((name, attribute(*kind, cell, scratch).map_err(mismatch)?));
    }
    match written.len() {
        0 => Err(Cause::new("the point has no field")),
        1..=MOST_FIELDS => Ok(Point { measurement, source, tags, time, fields: written }),
        _ => Err(Cause::new(format!("the point has more than {MOST_FIELDS} fields"))),
    }
}

/// The check of a text.
type Check = fn(&str) -> Result<(), &'static str>;

/// A text of a point; `None` if it is null.
///
/// # Errors
/// Why the service would refuse it.
fn text<'p>(
    shape: &SeriesShape,
    cells: &[Cell<'p>],
    topic: &'p str,
    place: &'p Place,
    check: Check,
) -> Result<Option<&'p str>, Cause> {
    match place {
        Place::Topic => match check(topic) {
            Ok(()) => Ok(Some(topic)),
            Err(why) => Err(Cause::new(format!("the topic cannot be the measurement: {why}"))),
        },
        // It was checked with the options.
        Place::Text(text) => Ok(Some(text)),
        Place::Column(index) => {
            let Some(text) = cells[*index].as_text() else { return Ok(None) };
            let column = &shape.columns[*index];
            check(text).map_err(|why| column.mismatch(cells[*index], why))?;
            Ok(Some(text))
        }
    }
}

/// Of `PutTimeseriesData`. A new table needs "dozens of seconds" ("Use the TimeSeries model in the Tablestore console").
pub(super) const POINTS: Reading = Reading { read: answers, not_ready_ms: 10_000 };

/// The answers for the points of a request.
///
/// # Errors
/// It cannot be read, or is about other points.
fn answers(body: &Bytes, sent: usize) -> Result<Vec<RowAnswer>, &'static str> {
    let answer = PutTimeseriesDataResponse::decode(body.clone());
    let failed = answer.map_err(|_| "the answer cannot be decoded")?.failed;
    let mut answers = vec![RowAnswer { is_ok: true, error: None }; sent];
    for row in failed {
        let answer = usize::try_from(row.index).ok().and_then(|index| answers.get_mut(index));
        let answer = answer.ok_or("the answer is about a row that was not sent")?;
        let error = Error { code: row.code.unwrap_or_default(), message: row.message };
        *answer = RowAnswer { is_ok: false, error: Some(error) };
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::series::FailedRow;

    #[test]
    fn each_point_has_its_answer() {
        let failed =
            |index, code: &str| FailedRow { index, code: Some(code.to_owned()), message: None };
        let read = |failed| {
            let body = PutTimeseriesDataResponse { failed }.encode_to_vec();
            answers(&body.into(), 3)
        };
        let codes = read(vec![failed(2, "OTSServerBusy")]).unwrap();
        let codes: Vec<_> = codes.iter().map(|it| it.error.as_ref().map(|it| &*it.code)).collect();
        assert_eq!(codes, [None, None, Some("OTSServerBusy")]);
        assert!(read(vec![]).unwrap().iter().all(|row| row.is_ok));
        for index in [3, -1] {
            assert!(read(vec![failed(index, "OTSServerBusy")]).is_err(), "{index}");
        }
        assert!(answers(&Bytes::from_static(b"\xff"), 3).is_err());
    }
}
