//! A row as PlainBuffer: tagged cells, each with a checksum, and a checksum of the row at the end.

use crate::wire::crc8::crc8;

const HEADER: u32 = 0x75;

const ROW_KEY: u8 = 1;
const ROW_DATA: u8 = 2;
const CELL: u8 = 3;
const CELL_NAME: u8 = 4;
const CELL_VALUE: u8 = 5;
const CELL_OPERATION: u8 = 6;
const CELL_VERSION: u8 = 7;
const DELETED: u8 = 8;
const ROW_CHECKSUM: u8 = 9;
const CELL_CHECKSUM: u8 = 10;

const DELETE_ALL_VERSIONS: u8 = 1;

const INTEGER: u8 = 0;
const DOUBLE: u8 = 1;
const BOOLEAN: u8 = 2;
const TEXT: u8 = 3;
const BINARY: u8 = 7;
const AUTO_INCREMENT: u8 = 11;

/// A value of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'v> {
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Text(&'v str),
    Binary(&'v [u8]),
    /// A key that the service numbers.
    AutoIncrement,
}

/// The name of a column and its checksum, with which every cell begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    text: Box<str>,
    crc: u8,
}

impl Name {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), crc: crc8(0, text.as_bytes()) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Writes one row. First the cells of the key, in the order of the table's key, then the others.
pub(crate) struct RowWriter<'o> {
    out: &'o mut Vec<u8>,
    crc: u8,
    has_data: bool,
}

impl<'o> RowWriter<'o> {
    pub(crate) fn begin(out: &'o mut Vec<u8>) -> Self {
        out.extend(HEADER.to_le_bytes());
        out.push(ROW_KEY);
        Self { out, crc: 0, has_data: false }
    }

    /// A cell of the key.
    pub(crate) fn key(&mut self, name: &Name, value: Value<'_>) {
        let crc = self.value(name, value);
        self.end_cell(crc);
    }

    /// A cell that is written. `version` is in milliseconds since 1970; without one the service takes its own
    /// time.
    pub(crate) fn put(&mut self, name: &Name, value: Value<'_>, version: Option<i64>) {
        self.begin_data();
        let mut crc = self.value(name, value);
        if let Some(version) = version {
            self.out.push(CELL_VERSION);
            self.out.extend(version.to_le_bytes());
            crc = crc8(crc, &version.to_le_bytes());
        }
        self.end_cell(crc);
    }

    /// A column whose every version is deleted.
    pub(crate) fn delete_column(&mut self, name: &Name) {
        self.begin_data();
        self.name(name);
        self.out.extend([CELL_OPERATION, DELETE_ALL_VERSIONS]);
        self.end_cell(crc8(name.crc, &[DELETE_ALL_VERSIONS]));
    }

    /// Whether the row has a cell besides its key.
    pub(crate) fn has_data(&self) -> bool {
        self.has_data
    }

    /// Ends a row that is written.
    pub(crate) fn end(self) {
        self.out.extend([ROW_CHECKSUM, crc8(self.crc, &[0])]);
    }

    /// Ends a row that is deleted.
    pub(crate) fn end_deleted(self) {
        self.out.extend([DELETED, ROW_CHECKSUM, crc8(self.crc, &[1])]);
    }

    fn begin_data(&mut self) {
        if !self.has_data {
            self.out.push(ROW_DATA);
            self.has_data = true;
        }
    }

    fn name(&mut self, name: &Name) {
        self.out.extend([CELL, CELL_NAME]);
        self.length(name.text.len());
        self.out.extend_from_slice(name.text.as_bytes());
    }

    /// Returns the checksum so far.
    fn value(&mut self, name: &Name, value: Value<'_>) -> u8 {
        self.name(name);
        self.out.push(CELL_VALUE);
        match value {
            Value::Integer(number) => self.fixed(name.crc, INTEGER, &number.to_le_bytes()),
            Value::Double(number) => self.fixed(name.crc, DOUBLE, &number.to_le_bytes()),
            Value::Boolean(truth) => self.fixed(name.crc, BOOLEAN, &[truth.into()]),
            Value::AutoIncrement => self.fixed(name.crc, AUTO_INCREMENT, &[]),
            Value::Text(text) => self.sized(name.crc, TEXT, text.as_bytes()),
            Value::Binary(bytes) => self.sized(name.crc, BINARY, bytes),
        }
    }

    fn fixed(&mut self, crc: u8, kind: u8, bytes: &[u8]) -> u8 {
        self.length(1 + bytes.len());
        self.out.push(kind);
        self.out.extend_from_slice(bytes);
        crc8(crc8(crc, &[kind]), bytes)
    }

    fn sized(&mut self, crc: u8, kind: u8, bytes: &[u8]) -> u8 {
        self.length(1 + 4 + bytes.len());
        self.out.push(kind);
        let length = self.length(bytes.len());
        self.out.extend_from_slice(bytes);
        crc8(crc8(crc8(crc, &[kind]), &length), bytes)
    }

    /// Lengths have 32 bits; no value is longer, because no event is.
    fn length(&mut self, length: usize) -> [u8; 4] {
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        self.out.extend(length);
        length
    }

    fn end_cell(&mut self, crc: u8) {
        self.out.extend([CELL_CHECKSUM, crc]);
        self.crc = crc8(self.crc, &[crc]);
    }
}
