//! `flatten.delimiter`: an object's keys become column names.

use super::Binder;
use crate::format::refusal;
use crate::format::typed::Typed;
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::map::columns::Target;
use crate::model::cell::Cell;
use crate::model::failure::Refusal;

impl<'e, 's> Binder<'_, '_, 'e, 's> {
    /// Flattens an object if it has to be; a null object makes all its columns null.
    pub(super) fn open(
        &mut self,
        key: &str,
        target: Target,
        typed: Typed<'e, 's>,
    ) -> Option<Result<(), Refusal>> {
        if !self.fields.opens(key, target) {
            return None;
        }
        match typed.value {
            // An empty one is known if any part of it would be.
            Value::Object(inside) if is_empty(inside) => {
                self.defined_inside(key).first().map(|_| Ok(()))
            }
            Value::Object(inside) => {
                let prefix = format!("{key}{}", self.delimiter());
                let outer = self.flat.enter(&prefix);
                if outer.is_again {
                    // The last of two equal keys wins, even if it has fewer values.
                    for column in self.fields.inside(key).filter(|it| self.flat.is_below(*it)) {
                        self.row[column] = Cell::Absent;
                    }
                }
                let opened = self.object(&mut Scanner::new(inside), Some(&prefix), typed.declared);
                self.flat.leave(outer);
                Some(opened)
            }
            Value::Null => {
                let outer = self.flat.enter(&format!("{key}{}", self.delimiter()));
                let mut known = None;
                for column in self.defined_inside(key) {
                    // A key of another object may have filled it.
                    if self.row[column] == Cell::Absent || self.flat.is_below(column) {
                        self.row[column] = Cell::Null;
                    }
                    known = Some(Ok(()));
                }
                self.flat.leave(outer);
                known
            }
            _ => None,
        }
    }

    /// Whether an object may have to be flattened although a column has its name.
    #[inline]
    pub(super) fn may_open(&self, column: usize, typed: Typed<'e, 's>) -> bool {
        self.fields.rules.flatten.is_some()
            && matches!(typed.value, Value::Object(_) | Value::Null)
            && self.fields.table.shape.is_learned(column)
    }

    /// The columns inside an object that are not there because of earlier records only.
    fn defined_inside(&self, key: &str) -> Vec<usize> {
        let shape = &self.fields.table.shape;
        self.fields.inside(key).filter(|column| !shape.is_learned(*column)).collect()
    }

    fn delimiter(&self) -> &str {
        self.fields.rules.flatten.as_deref().unwrap_or_default()
    }

    /// Notes which object a column is filled from; two that are flattened to one name are refused.
    #[inline]
    pub(super) fn claim(&mut self, key: &str, column: usize) -> Result<(), Refusal> {
        if self.fields.rules.flatten.is_none() || self.flat.claim(column) {
            return Ok(());
        }
        Err(refusal::collision(key))
    }

    /// The same for a key without a column of its name.
    pub(super) fn claim_name(&mut self, key: &str) -> Result<(), Refusal> {
        if self.fields.rules.flatten.is_none() || self.flat.claim_name(key) {
            return Ok(());
        }
        Err(refusal::collision(key))
    }
}

fn is_empty(object: &str) -> bool {
    object.trim_start_matches('{').trim_end_matches('}').trim_ascii().is_empty()
}
