//! A value and what it is declared to be, brought together in a cell. Where the two disagree
//! the value is refused, never bent; without a declaration it is what JSON says.

use bumpalo::Bump;

use crate::cell::{Cell, Code};
use crate::decimal;
use crate::json::Scanner;
use crate::logical::Logical;
use crate::nested;
use crate::schema::{Declared, Kind};
use crate::source::Step;
use crate::value::Value;

/// A refusal, in words.
pub(crate) type Why = &'static str;

/// A value, and its declared type if it came with one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'e, 's> {
    pub(crate) value: Value<'e>,
    pub(crate) declared: Option<&'s Declared>,
}

/// Why a value is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A string that is no text.
    Text(Why),
    /// Not of its declared type.
    Declared(Mismatch),
}

/// A value that is not of its declared type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Where it stands below the value asked for: `.street`, `[3]`; empty for that one itself.
    pub(crate) path: String,
    pub(crate) expected: String,
    pub(crate) given: &'static str,
    pub(crate) why: Why,
}

impl From<Mismatch> for Wrong {
    fn from(mismatch: Mismatch) -> Self {
        Wrong::Declared(mismatch)
    }
}

impl Mismatch {
    /// A string that is no text.
    pub(crate) fn text(why: Why) -> Self {
        Self { path: String::new(), expected: "string".to_owned(), given: "string", why }
    }

    /// The same, seen from one step higher.
    pub(crate) fn below(self, step: &str) -> Self {
        Self { path: format!("{step}{}", self.path), ..self }
    }
}

impl<'e, 's> Typed<'e, 's> {
    /// As a cell; `is_bare` tells that a change event brought it, where a missing declaration
    /// leaves open what the value means.
    ///
    /// # Errors
    /// It is no text, or not of its declared type.
    #[inline]
    pub(crate) fn cell(self, is_bare: bool, arena: &'e Bump) -> Result<Cell<'e>, Wrong> {
        match self.declared {
            None if is_bare => Cell::bare(self.value, arena).map_err(Wrong::Text),
            None => Cell::from_json(self.value, arena).map_err(Wrong::Text),
            Some(declared) => convert(self.value, declared, arena).map_err(Wrong::Declared),
        }
    }

    /// What lies below it; `None` where the steps lead nowhere.
    pub(crate) fn follow(self, steps: &[Step]) -> Option<Self> {
        steps.iter().try_fold(self, |typed, step| {
            let (value, declared) = (typed.value, typed.declared);
            match step {
                Step::Member(name) => Some(Typed {
                    value: value.member(name)?,
                    declared: declared.and_then(|it| it.field(name)).map(|it| &**it),
                }),
                Step::Item(index) => Some(Typed {
                    value: value.items().nth(*index)?,
                    declared: declared.and_then(|declared| match &declared.kind {
                        Kind::Array(items) => Some(&**items),
                        _ => None,
                    }),
                }),
            }
        })
    }

    /// The member of this name, else the one that differs in case only.
    pub(crate) fn member_in_any_case(self, name: &str) -> Option<Self> {
        let alike = |key: &str| key.to_lowercase() == name.to_lowercase();
        let mut members = self.value.members().filter_map(|(key, _)| key.to_text().ok());
        let spelled = match self.value.member(name) {
            Some(_) => name.to_owned(),
            None => members.find(|key| alike(key))?,
        };
        self.follow(&[Step::Member(spelled)])
    }
}

/// A declared value as a cell.
///
/// # Errors
/// It is not of its type.
pub(crate) fn convert<'e>(
    value: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Mismatch> {
    if value == Value::Null {
        return match &declared.default {
            _ if declared.optional => Ok(Cell::Null),
            Some(default) => convert(json(default, arena), declared, arena),
            None => Err(mismatch(value, declared, "it must not be null")),
        };
    }
    let plain = match &declared.kind {
        Kind::Array(_) | Kind::Map(..) | Kind::Struct(_) => nested::json(value, declared, arena)?,
        kind => {
            scalar(value, kind, declared, arena).map_err(|why| mismatch(value, declared, why))?
        }
    };
    match declared.logical {
        Some(logical) => logical.cell(plain, arena).map_err(|why| mismatch(value, declared, why)),
        None => Ok(plain),
    }
    .map(|cell| match (cell, code(declared)) {
        (Cell::Text(text), Some(code)) => Cell::Coded(code, text),
        (Cell::Json(text), Some(code)) => Cell::CodedItems(code, text),
        (cell, _) => cell,
    })
}

/// What the text of a declared value, or of an array's items, is.
fn code(declared: &Declared) -> Option<Code> {
    match (declared.logical, &declared.kind) {
        (Some(Logical::Bits { .. }), _) => Some(Code::Bits),
        (Some(Logical::Geometry), _) => Some(Code::Geometry),
        (Some(Logical::Decimal { .. } | Logical::ScaledDecimal | Logical::Document), _) => None,
        (Some(_), _) | (None, Kind::Text) => Some(Code::String),
        (None, Kind::Bytes) => Some(Code::Bytes),
        (None, Kind::Array(items)) => code(items),
        (None, _) => None,
    }
}

pub(crate) fn mismatch(value: Value<'_>, declared: &Declared, why: Why) -> Mismatch {
    Mismatch { path: String::new(), expected: declared.shown(), given: value.kind(), why }
}

/// What stands for a field that a struct leaves out: its default, or nothing.
///
/// # Errors
/// It may not be left out.
pub(crate) fn left_out<'e>(
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Option<Value<'e>>, Mismatch> {
    match &declared.default {
        Some(default) => Ok(Some(json(default, arena))),
        None if declared.optional => Ok(None),
        None => Err(Mismatch {
            given: "nothing",
            ..mismatch(Value::Null, declared, "it must not be left out")
        }),
    }
}

/// The JSON of a default, which was checked with its schema.
fn json<'e>(default: &str, arena: &'e Bump) -> Value<'e> {
    Scanner::new(arena.alloc_str(default)).value().unwrap_or(Value::Null)
}

fn scalar<'e>(
    value: Value<'e>,
    kind: &Kind,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Why> {
    const WRONG_KIND: Why = "it is of another kind";
    let cell = Cell::from_json(value, arena)?;
    match (kind, cell) {
        (Kind::Boolean, Cell::Bool(_)) | (Kind::Text, Cell::Text(_)) => Ok(cell),
        (Kind::Integer(bits), Cell::Number(digits)) => {
            let range = -(1_i128 << (bits - 1))..1_i128 << (bits - 1);
            match decimal::integer(digits) {
                Some(number) if range.contains(&number.into()) => Ok(cell),
                _ if digits.contains(['.', 'e', 'E']) => Err("it is not an integer"),
                _ => Err("it is out of range"),
            }
        }
        (Kind::Float(bits), Cell::Number(digits)) => {
            let finite = match bits {
                32 => digits.parse().is_ok_and(f32::is_finite),
                _ => digits.parse().is_ok_and(f64::is_finite),
            };
            if finite { Ok(cell) } else { Err("it is out of range") }
        }
        // As Jackson writes them.
        (Kind::Float(_), Cell::Text("NaN" | "Infinity" | "-Infinity")) => Ok(cell),
        // `decimal.format=NUMERIC`
        (Kind::Bytes, Cell::Number(_)) if declared.is_decimal() => Ok(cell),
        (Kind::Bytes, Cell::Text(text)) => match base64_simd::STANDARD.check(text.as_bytes()) {
            Ok(()) => Ok(cell),
            Err(_) => Err("it is not base64"),
        },
        _ => Err(WRONG_KIND),
    }
}
