//! What the records of a batch show about columns that do not exist yet.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::format::refusal::shown;
use crate::format::schema::Declared;
use crate::format::typed::Typed;
use crate::json::value::Value;
use crate::map::limit::Limit;
use crate::map::wanted;
use crate::model::change::{ColumnKind, Constant, NewColumn, Size};
use crate::model::table::Column;
use crate::options::reading::Reading;

/// The target's rules for names, and the columns that it refused to create.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'l> {
    /// Whether a column can have a name.
    pub(crate) is_column_name: fn(&str) -> bool,
    /// The canonical name: it is the same for all names of one column.
    pub(crate) canonical_name: fn(&str) -> Cow<'_, str>,
    /// How many more columns the table can get.
    pub(crate) columns_left: usize,
    /// Whether the table takes any column: then a null needs one too, and case matters.
    pub(crate) is_open: bool,
    pub(crate) limit: &'l Limit,
}

/// Why a name gets no column.
const UNUSABLE: &str = "no column of the target can have this name; leave it out with fields.exclude.list, or give it another name in fields.mapping";

/// The columns that the records of a batch need, in the order in which they first need them.
#[derive(Debug)]
pub(crate) struct InferredColumns<'l> {
    found: Vec<InferredColumn>,
    /// The index of a column, by its name in lower case and by its canonical name.
    places: HashMap<String, usize>,
    names: Names<'l>,
    /// The columns that exist, by their canonical name.
    known: HashMap<String, String>,
    /// Whether values are noted, or nulls only.
    takes_values: bool,
    /// How many of the columns found hold a value.
    filled: usize,
    /// The index of the first column that the current record added.
    begin: usize,
    /// How the current record spells its columns, by their canonical name.
    spelled: HashMap<String, String>,
}

#[derive(Debug)]
struct InferredColumn {
    name: String,
    kind: Option<ColumnKind>,
    size: Size,
    default: Option<Constant>,
}

impl<'l> InferredColumns<'l> {
    /// Whether the table takes any column.
    pub(crate) fn is_open(&self) -> bool {
        self.names.is_open
    }

    /// Whether a value without a column gets one.
    pub(crate) fn adds_columns(&self) -> bool {
        self.takes_values
    }

    /// Starts without columns, for a table that has these columns. Without `takes_values` only
    /// nulls are noted, which need no column.
    pub(crate) fn new(names: Names<'l>, known: &[Column], takes_values: bool) -> Self {
        let one = |column: &Column| {
            ((names.canonical_name)(&column.name).into_owned(), column.name.clone())
        };
        Self {
            found: Vec::new(),
            places: HashMap::new(),
            names,
            known: known.iter().map(one).collect(),
            takes_values,
            filled: 0,
            begin: 0,
            spelled: HashMap::new(),
        }
    }

    /// Starts the next record.
    pub(crate) fn begin_record(&mut self) {
        self.begin = self.found.len();
        self.spelled.clear();
    }

    /// Removes the columns that the current record added, because it is refused.
    pub(crate) fn forget_record(&mut self) {
        if self.begin < self.found.len() {
            self.found.truncate(self.begin);
            self.places.retain(|_, place| *place < self.begin);
            self.filled = self.found.iter().filter(|found| found.kind.is_some()).count();
        }
    }

    /// Notes a value for a column; `false` if no column is created for it. Two names that differ only
    /// in case are the same.
    ///
    /// # Errors
    /// Why the column cannot be created.
    pub(crate) fn note(&mut self, name: &str, typed: Typed<'_, '_>) -> Result<bool, String> {
        let takes = self.takes_values || typed.value == Value::Null;
        if !takes {
            return Ok(false);
        }
        let kind = wanted::kind(typed).filter(|_| self.takes_values);
        self.check(name, kind)?;
        self.insert(name, kind, typed);
        Ok(true)
    }

    /// Notes the types that values for a column may have, without a value. Types that no column but one of documents
    /// could hold need such a column.
    ///
    /// # Errors
    /// Why the column cannot be created.
    pub(crate) fn note_types(&mut self, name: &str, types: &[&Declared]) -> Result<(), String> {
        if !self.takes_values {
            return Ok(());
        }
        let typed = |declared| Typed { value: Value::Null, declared: Some(declared) };
        let kinds = types.iter().map(|declared| wanted::kind(typed(declared)));
        let kinds: Vec<_> = kinds.map(|kind| kind.unwrap_or(ColumnKind::Documents)).collect();
        let is_one = kinds.iter().all(|kind| *kind == kinds[0]);
        if is_one || kinds.iter().all(|kind| kind.is_number()) {
            self.check(name, kinds.first().copied())?;
            for (declared, kind) in types.iter().zip(kinds) {
                self.insert(name, Some(kind), typed(declared));
            }
            return Ok(());
        }
        self.check(name, Some(ColumnKind::Documents))?;
        self.add(name, Some(ColumnKind::Documents));
        Ok(())
    }

    /// Why a column for a name cannot be created. Remembers how the record spells it.
    fn check(&mut self, name: &str, kind: Option<ColumnKind>) -> Result<(), String> {
        if !(self.names.is_column_name)(name) {
            return Err(UNUSABLE.to_owned());
        }
        let one = (self.names.canonical_name)(name).into_owned();
        if let Some(other) = self.known.get(&one).or_else(|| self.spelled.get(&one))
            && *other != *name
        {
            let other = shown(other);
            return Err(format!("the target treats it as the same column as `{other}`"));
        }
        let is_new = self.place(name).is_none_or(|place| self.found[place].kind.is_none());
        if is_new
            && kind.is_some()
            && let Some(why) = self.refuses(name)
        {
            return Err(why);
        }
        self.spelled.insert(one, name.to_owned());
        Ok(())
    }

    /// Why the target cannot create a column in addition to those that are already needed.
    fn refuses(&self, name: &str) -> Option<String> {
        if self.names.columns_left <= self.filled {
            return Some("the table can have no more columns".to_owned());
        }
        self.names.limit.refuses(name, || self.filled)
    }

    /// Notes what a column kind, if that is known.
    pub(crate) fn add(&mut self, name: &str, kind: Option<ColumnKind>) {
        self.put(name, kind, Size::Most, || None);
    }

    /// Notes what the mapping sends to a column that exists.
    pub(crate) fn add_mapped(&mut self, name: &str, typed: Typed<'_, '_>) {
        if self.takes_values || typed.value == Value::Null {
            self.insert(name, wanted::kind(typed).filter(|_| self.takes_values), typed);
        }
    }

    fn insert(&mut self, name: &str, kind: Option<ColumnKind>, typed: Typed<'_, '_>) {
        let size = typed.declared.map_or(Size::Most, wanted::size);
        self.put(name, kind, size, || typed.declared.and_then(wanted::default));
    }

    fn put(
        &mut self,
        name: &str,
        kind: Option<ColumnKind>,
        size: Size,
        default: impl FnOnce() -> Option<Constant>,
    ) {
        let Some(place) = self.place(name) else {
            let place = self.found.len();
            self.filled += usize::from(kind.is_some());
            let default = kind.and_then(|_| default());
            self.found.push(InferredColumn { name: name.to_owned(), kind, size, default });
            self.places.insert(self.folded(name), place);
            self.places.entry((self.names.canonical_name)(name).into_owned()).or_insert(place);
            return;
        };
        let known = &mut self.found[place];
        match (known.kind, kind) {
            (_, None) => {}
            (None, Some(_)) => {
                (known.kind, known.size, known.default) = (kind, size, default());
                self.filled += 1;
            }
            (Some(_), Some(_)) if known.kind == kind && known.size == size => {}
            (Some(_), Some(_)) => {
                let both = ColumnKind::both(known.kind, kind);
                known.default = known.default.take().filter(|_| known.kind == both);
                (known.kind, known.size) = (both, Size::Most);
            }
        }
    }

    /// The index of a column, in this spelling or another.
    fn place(&self, name: &str) -> Option<usize> {
        let place = self.places.get(&self.folded(name));
        place.or_else(|| self.places.get(&*(self.names.canonical_name)(name))).copied()
    }

    /// The name by which spellings of a column are found.
    fn folded(&self, name: &str) -> String {
        if self.names.is_open { name.to_owned() } else { name.to_lowercase() }
    }

    /// What a column kind, if a value showed it.
    pub(crate) fn kind(&self, name: &str) -> Option<ColumnKind> {
        self.found.iter().find(|known| known.name == name).and_then(|known| known.kind)
    }

    /// The columns that got more than nulls, of an open table the others too. Text for a column that `reading` names as one of
    /// documents is a document.
    pub(crate) fn columns(&self, reading: &Reading) -> impl Iterator<Item = NewColumn> {
        self.found.iter().filter_map(|found| {
            let is_document =
                found.kind == Some(ColumnKind::Text) && reading.names_document(&found.name);
            let (name, default) = (found.name.clone(), found.default.clone());
            Some(match is_document {
                true => {
                    NewColumn { name, kind: ColumnKind::Documents, size: Size::Most, default: None }
                }
                false => {
                    let unknown = self.names.is_open.then_some(ColumnKind::Text);
                    NewColumn { name, kind: found.kind.or(unknown)?, size: found.size, default }
                }
            })
        })
    }
}
