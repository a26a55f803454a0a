//! Keys that match their column only in another case.

use super::Binder;
use crate::format::refusal;
use crate::model::cell::Cell;
use crate::model::failure::Refusal;

impl Binder<'_, '_, '_, '_> {
    pub(super) fn bind_late(&mut self) -> Result<(), Refusal> {
        let late = std::mem::take(&mut self.late);
        let mut taken: Vec<(usize, &str, usize)> = Vec::new();
        for (key, column, typed, object) in late {
            let other = taken.iter().find(|(of, ..)| *of == column);
            if other.is_some_and(|(_, known, of)| *known == key && *of != object) {
                return Err(refusal::collision(key));
            }
            let other = other.map(|(_, key, _)| *key);
            match other {
                Some(other) if other != key => {
                    return Err(refusal::ambiguous(self.fields.table, column, other, key));
                }
                None if self.row[column] != Cell::Absent => self.unknown(key, typed)?,
                _ => {
                    self.row[column] = self.cell(key, typed)?;
                    taken.push((column, key, object));
                }
            }
        }
        Ok(())
    }
}
