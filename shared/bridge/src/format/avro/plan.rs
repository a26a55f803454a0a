//! A compiled schema: plain data. Types refer to each other by index, so that a type may contain
//! itself.

use std::rc::Rc;

use crate::format::logical::Logical;
use crate::format::origin::Origin;
use crate::format::schema::Declared;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct AvroPlan {
    pub(super) nodes: Vec<Node>,
    pub(super) root: usize,
    /// The declared type of the whole value.
    pub(super) declared: Rc<Declared>,
    /// The declared types of those that values of columns may have, by type.
    pub(super) branches: Vec<Option<Rc<Declared>>>,
}

/// A type, and what its parameters say about the source's column.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) ty: Type,
    pub(super) origin: Origin,
    /// The full name of a record, an enum or a fixed.
    pub(super) name: Option<Box<str>>,
}

/// How the bytes of a type are read.
#[derive(Debug, Clone)]
pub(super) enum Type {
    Null,
    Boolean,
    /// 32 bits, or fewer if Connect says so.
    Int(u32),
    Long,
    Float,
    Double,
    Bytes(Option<Logical>),
    Text(Option<Logical>),
    Fixed(usize),
    /// The symbols.
    Enum(Vec<Box<str>>),
    /// An unscaled integer, in bytes or in this many.
    Decimal {
        scale: i32,
        precision: Option<u32>,
        size: Option<usize>,
    },
    /// A count of days or of parts of a second.
    Count {
        is_int: bool,
        is_local: bool,
        of: Logical,
    },
    /// Months, days and milliseconds.
    Duration,
    /// Sixteen bytes.
    Uuid,
    Array(usize),
    /// Its values; the keys are text.
    Map(usize),
    Union(Vec<usize>),
    /// A union of several types that becomes an object.
    Choice(Vec<Alternative>),
    Record(Record),
    /// Named, but not yet defined.
    Open,
}

/// A branch of a union that becomes an object.
#[derive(Debug, Clone)]
pub(super) struct Alternative {
    pub(super) ty: usize,
    /// The name of its member; `None` of null.
    pub(super) name: Option<Box<str>>,
    /// The name as it begins a member of JSON.
    pub(super) label: Box<str>,
}

/// A record type.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) fields: Vec<RecordField>,
    pub(super) logical: Option<Logical>,
}

/// A field of a record.
#[derive(Debug, Clone)]
pub(super) struct RecordField {
    pub(super) name: Box<str>,
    /// The name as it begins a member of JSON.
    pub(super) label: Box<str>,
    pub(super) ty: usize,
    /// The default, as JSON, of a type whose defaults a column can have.
    pub(super) default: Option<Box<str>>,
}
