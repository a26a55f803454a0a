//! A value and what it is declared to be, brought together in a cell. Where the two disagree
//! the value is refused, never bent; without a declaration it is what JSON says.

use bumpalo::Bump;

use crate::format::convert::convert;
use crate::format::mismatch::NotConvertible;
use crate::format::schema::{Declared, Kind};
use crate::json::value::Value;
use crate::model::cell::Cell;
use crate::options::mapping::Step;

/// A value, and its declared type if it came with one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'e, 's> {
    pub(crate) value: Value<'e>,
    pub(crate) declared: Option<&'s Declared>,
}

impl<'e, 's> Typed<'e, 's> {
    /// As a cell; `is_bare` tells that a change event brought it, where a missing declaration
    /// leaves open what the value means.
    ///
    /// # Errors
    /// It is no text, or not of its declared type.
    #[inline]
    pub(crate) fn cell(self, is_bare: bool, arena: &'e Bump) -> Result<Cell<'e>, NotConvertible> {
        match self.declared {
            None if is_bare => Cell::bare(self.value, arena).map_err(NotConvertible::Text),
            None => Cell::from_json(self.value, arena).map_err(NotConvertible::Text),
            Some(declared) => {
                convert(self.value, declared, arena).map_err(NotConvertible::Declared)
            }
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
