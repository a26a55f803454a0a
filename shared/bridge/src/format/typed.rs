//! Combines a value and its declared type into a cell. If the two disagree, the value is refused
//! and never changed to fit. Without a declaration its JSON type decides.

use bumpalo::Bump;

use crate::format::convert::{convert, finish};
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
    /// Converts it into a cell; `is_bare` says that it comes from a change event, in which a value
    /// without a declaration is not clear.
    ///
    /// # Errors
    /// It is not text, or not of its declared type.
    #[inline(always)]
    pub(crate) fn cell(self, is_bare: bool, arena: &'e Bump) -> Result<Cell<'e>, NotConvertible> {
        if self.declared.is_none() && !is_bare {
            return Cell::from_json(self.value, arena).map_err(NotConvertible::Text);
        }
        self.converted(is_bare, arena)
    }

    #[inline(never)]
    fn converted(self, is_bare: bool, arena: &'e Bump) -> Result<Cell<'e>, NotConvertible> {
        match self.declared {
            None if is_bare => Cell::bare(self.value, arena).map_err(NotConvertible::Text),
            None | Some(Declared { is_shown: true, .. }) => {
                Cell::from_json(self.value, arena).map_err(NotConvertible::Text)
            }
            Some(declared) if declared.is_final => {
                finish(self.value, declared, arena).map_err(NotConvertible::Text)
            }
            Some(declared) => {
                convert(self.value, declared, arena).map_err(NotConvertible::Declared)
            }
        }
    }

    /// The value to which the steps lead; `None` if there is none.
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

    /// The member for a column of the key: the one of this name, or else the one whose name differs only in case,
    /// unless names that differ in case are two columns.
    pub(crate) fn key_member(self, name: &str, is_exact: bool) -> Option<Self> {
        let alike = |key: &str| key.to_lowercase() == name.to_lowercase();
        let mut members = self.value.members().filter_map(|(key, _)| key.to_text().ok());
        let spelled = match self.value.member(name) {
            Some(_) => name.to_owned(),
            None if is_exact => return None,
            None => members.find(|key| alike(key))?,
        };
        self.follow(&[Step::Member(spelled)])
    }
}
