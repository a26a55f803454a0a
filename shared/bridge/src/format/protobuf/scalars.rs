//! Reads and writes values that are not messages.

use super::plan::{Kind, ProtobufPlan};
use super::scan::{Met, Scalar};
use crate::format::json_text::{JsonText, TOO_LONG};
use crate::format::undecodable::Undecodable;
use crate::format::wire::{Wire, WireError};

pub(super) type Written = Result<(), Undecodable>;

/// A payload that is being read by its plan, and the JSON that is written.
pub(super) struct Walk<'p, 'w, 'e> {
    pub(super) plan: &'p ProtobufPlan,
    pub(super) bytes: &'e [u8],
    pub(super) out: &'w mut JsonText,
}

impl<'e> Walk<'_, '_, 'e> {
    pub(super) fn wire(&self, met: Met) -> Wire<'e> {
        Wire::part(self.bytes, met.at as usize, self.bytes.len())
    }

    pub(super) fn fail(&self, at: usize, what: &'static str) -> Written {
        Err(Undecodable { path: String::new(), at, what })
    }

    /// The last of several values; those before it must be valid, too.
    pub(super) fn last(&self, kind: Kind, met: &[Met]) -> Result<Scalar<'e>, WireError> {
        let mut last = self.plan.default(kind);
        for one in met {
            last = self.plan.scalar(kind, &mut self.wire(*one))?;
        }
        Ok(last)
    }

    /// Reads one and writes it.
    pub(super) fn read(&mut self, kind: Kind, wire: &mut Wire<'e>) -> Written {
        let value = self.plan.scalar(kind, wire)?;
        self.scalar(value);
        Ok(())
    }

    /// Writes a value that is not a message.
    pub(super) fn scalar(&mut self, value: Scalar<'_>) {
        match value {
            Scalar::Int(number) => self.out.integer(number),
            Scalar::Uint(number) => self.out.unsigned(number),
            Scalar::Float(number) => self.out.float32(number),
            Scalar::Double(number) => self.out.float(number),
            Scalar::Bool(truth) => self.out.truth(truth),
            Scalar::Text(text) => self.out.string(text),
            Scalar::Bytes(bytes) => self.out.base64(bytes),
            Scalar::Enum(index, _) if self.plan.enums[index].is_null => self.out.raw("null"),
            Scalar::Enum(index, number) => match self.plan.enums[index].name(number) {
                Some(name) => self.out.string(name),
                None => self.out.integer(number.into()),
            },
        }
    }

    pub(super) fn check(&self) -> Written {
        if self.out.fits() { Ok(()) } else { self.fail(0, TOO_LONG) }
    }
}
