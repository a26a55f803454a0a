//! One pass over the value of a record: every key gets a column, is ignored or is refused.

mod late;
mod open;

use bumpalo::Bump;

use crate::format::compiled::Payload;
use crate::format::convert::left_out;
use crate::format::debezium;
use crate::format::envelope::Content;
use crate::format::members::Member;
use crate::format::refusal;
use crate::format::schema::Declared;
use crate::format::typed::Typed;
use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::value::Value;
use crate::map::columns::{ColumnResolver, TEXT_KEY, Target};
use crate::map::flattened::Flattened;
use crate::map::unknown_keys::UnknownKeys;
use crate::model::cell::Cell;
use crate::model::failure::{Refusal, Stage};
use crate::options::rules::Unknown;

/// One value being bound.
pub(crate) struct Binder<'w, 't, 'e, 's> {
    fields: &'w mut ColumnResolver<'t>,
    arena: &'e Bump,
    row: &'w mut [Cell<'e>],
    /// Keys that match their column only in another case. They are bound last, so that the order in
    /// the record does not decide which key wins.
    late: Vec<(&'e str, usize, Typed<'e, 's>, usize)>,
    /// The mapped keys met so far.
    seen: Vec<usize>,
    /// The objects flattened so far.
    flat: Flattened,
    gathered: UnknownKeys,
    /// Whether the record is from Debezium, which leaves values out and adds fields.
    is_image: bool,
    /// Whether a value may be a placeholder; not in text that is not JSON.
    has_placeholders: bool,
}

impl<'w, 't, 'e, 's> Binder<'w, 't, 'e, 's> {
    pub(crate) fn new(
        fields: &'w mut ColumnResolver<'t>,
        arena: &'e Bump,
        row: &'w mut [Cell<'e>],
    ) -> Self {
        let (late, seen, gathered) = (Vec::new(), Vec::new(), UnknownKeys::default());
        Self {
            fields,
            arena,
            row,
            late,
            seen,
            flat: Flattened::default(),
            gathered,
            is_image: false,
            has_placeholders: true,
        }
    }

    /// Binds text as if it were the value of the one key `value`.
    pub(crate) fn plain_text(mut self, text: &'e str) -> Result<(), Refusal> {
        self.has_placeholders = false;
        if !self.fields.whole.is_empty() {
            self.bind_whole(Cell::Text(text));
            return Ok(());
        }
        let target = self.fields.resolve(TEXT_KEY);
        let typed = Typed { value: Value::Text(Raw::plain(text)), declared: None };
        self.bind(TEXT_KEY, target, typed)?;
        self.finish()
    }

    /// Binds Debezium's image of a row.
    pub(crate) fn image(self, content: &'s Content<'e>) -> Result<(), Refusal> {
        Self { is_image: true, ..self }.json(content)
    }

    /// Binds a JSON object; any other value only where a column takes it whole.
    pub(crate) fn json(mut self, content: &'s Content<'e>) -> Result<(), Refusal> {
        let declared = content.declared.as_deref();
        if !self.fields.whole.is_empty() {
            let mut scanner = Scanner::new(content.text);
            let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
            let value = value.map_err(refusal::not_json)?;
            self.bind_whole(self.cell("", Typed { value, declared })?);
            if !matches!(value, Value::Object(_)) {
                return Ok(());
            }
        }
        let mut scanner = Scanner::new(content.text);
        self.object(&mut scanner, None, declared)?;
        scanner.end().map_err(refusal::not_json)?;
        self.finish()
    }

    /// Binds fields of a record that was written with a schema, each to its target. What is not there
    /// has no default.
    pub(crate) fn members(
        mut self,
        payload: &'s Payload<'e>,
        members: &[Member<'e>],
        targets: &[Target],
    ) -> Result<(), Refusal> {
        for member in members {
            let (name, typed) = payload.typed(member);
            self.bind(name, targets[member.field], typed)?;
        }
        self.finish()
    }

    fn bind_whole(&mut self, cell: Cell<'e>) {
        for &column in &self.fields.whole {
            self.row[column] = cell;
        }
    }

    /// Binds what had to wait for the last key.
    fn finish(mut self) -> Result<(), Refusal> {
        self.bind_late()?;
        if let Some(column) = self.fields.gathering {
            let name = &self.fields.table.columns[column].name;
            self.gathered.finish(name, &mut self.row[column], self.arena);
        }
        Ok(())
    }

    fn object(
        &mut self,
        scanner: &mut Scanner<'e>,
        prefix: Option<&str>,
        declared: Option<&'s Declared>,
    ) -> Result<(), Refusal> {
        let mut nth = 0;
        let mut members = match scanner.object() {
            Ok(members) => members,
            Err(_) => return Err(refusal::not_an_object(scanner.clone())),
        };
        let mut met = Vec::new();
        while let Some(raw) = members.key(scanner).map_err(refusal::not_json)? {
            let key = raw.unescape(self.arena).map_err(refusal::not_json)?;
            let value = scanner.value().map_err(refusal::not_json)?;
            let Some(fields) = declared else {
                self.member(prefix, key, &mut nth, Typed { value, declared: None })?;
                continue;
            };
            let declared = fields.field_near(met.len(), key).map(|field| &**field);
            met.push(key);
            self.member(prefix, key, &mut nth, Typed { value, declared })?;
        }
        declared.map_or(Ok(()), |declared| self.left_out(prefix, declared, &met))
    }

    /// Binds the defaults of declared fields that the object leaves out.
    fn left_out(
        &mut self,
        prefix: Option<&str>,
        declared: &'s Declared,
        met: &[&str],
    ) -> Result<(), Refusal> {
        for field in declared.left_out(met) {
            let (name, declared) = (&*field.name, &*field.declared);
            let value = left_out(declared, self.arena).map_err(|wrong| {
                let path = format!("{}{name}", prefix.unwrap_or_default());
                refusal::wrong(Stage::Value, &path, wrong.into())
            })?;
            if let Some(value) = value {
                self.member(prefix, name, &mut 0, Typed { value, declared: Some(declared) })?;
            }
        }
        Ok(())
    }

    fn member(
        &mut self,
        prefix: Option<&str>,
        key: &str,
        nth: &mut usize,
        typed: Typed<'e, 's>,
    ) -> Result<(), Refusal> {
        match prefix {
            None => {
                let target = self.fields.target(key, nth);
                self.bind(key, target, typed)
            }
            Some(prefix) => {
                let path = format!("{prefix}{key}");
                let target = self.fields.resolve(&path);
                self.bind(&path, target, typed)
            }
        }
    }

    #[inline]
    fn bind(&mut self, key: &str, target: Target, typed: Typed<'e, 's>) -> Result<(), Refusal> {
        if self.is_unavailable(typed.value) {
            return Ok(());
        }
        match target {
            Target::Column(column) => {
                if self.may_open(column, typed)
                    && let Some(opened) = self.open(key, target, typed)
                {
                    return opened;
                }
                self.claim(key, column)?;
                self.row[column] = self.cell(key, typed)?;
            }
            Target::Folded(column) => {
                let object = self.flat.current();
                self.late.push((self.arena.alloc_str(key), column, typed, object));
            }
            Target::Skip => self.open(key, target, typed).unwrap_or(Ok(()))?,
            Target::Unknown => match self.open(key, target, typed) {
                Some(opened) => opened?,
                None => self.unknown(key, typed)?,
            },
            Target::Mapped(index) => {
                self.claim_name(key)?;
                self.mapped(key, index, typed)?;
                self.open(key, target, typed).unwrap_or(Ok(()))?;
            }
        }
        Ok(())
    }

    fn mapped(&mut self, key: &str, index: usize, typed: Typed<'e, 's>) -> Result<(), Refusal> {
        self.fields.find_mapped(index, typed);
        let whole = self.cell(key, typed)?;
        let is_bare = self.is_image;
        let mapped = self.fields.mapped(index);
        for &column in &mapped.whole {
            self.row[column] = whole;
        }
        // The last of two equal keys wins, even if it has fewer values.
        let again = self.seen.contains(&index);
        for (steps, column) in &mapped.parts {
            match typed.follow(steps) {
                Some(part) if self.is_unavailable(part.value) => {}
                Some(part) => self.row[*column] = cell(key, part, is_bare, self.arena)?,
                None if again => self.row[*column] = Cell::Absent,
                None => {}
            }
        }
        self.seen.push(index);
        // Mapping a part of a value does not take the value from a column of its own name.
        if mapped.whole.is_empty()
            && let Some(column) = self.fields.named(key)
        {
            self.row[column] = whole;
        }
        Ok(())
    }

    fn unknown(&mut self, key: &str, typed: Typed<'e, 's>) -> Result<(), Refusal> {
        self.fields.unknown.get_or_insert_with(|| key.into());
        match &self.fields.rules.unknown {
            Unknown::Ignore => Ok(()),
            // Where a column takes the whole value, no key of it is lost.
            Unknown::Error if !self.fields.whole.is_empty() => Ok(()),
            Unknown::Error => {
                let is_added = self.is_image && key.starts_with(debezium::ADDED);
                // An open table would get a column for whatever is found.
                let is_passed = is_added && self.fields.table.shape.is_open();
                let found = if is_passed { Ok(true) } else { self.fields.find(key, typed) };
                match found {
                    Ok(true) => Ok(()),
                    _ if is_added => Ok(()),
                    Ok(false) => Err(refusal::unknown_key(self.fields.table, key)),
                    Err(why) => Err(refusal::no_column(self.fields.table, key, &why)),
                }
            }
            Unknown::Column(_) => {
                self.claim_name(key)?;
                let cell = self.cell(key, typed)?;
                self.gathered.add(key, cell);
                Ok(())
            }
        }
    }

    #[inline]
    fn cell(&self, key: &str, typed: Typed<'e, 's>) -> Result<Cell<'e>, Refusal> {
        cell(key, typed, self.is_image, self.arena)
    }

    #[inline]
    fn is_unavailable(&self, value: Value<'_>) -> bool {
        self.has_placeholders && self.fields.rules.reading.placeholder.stands_in(value)
    }
}

#[inline]
fn cell<'e>(
    key: &str,
    typed: Typed<'e, '_>,
    is_bare: bool,
    arena: &'e Bump,
) -> Result<Cell<'e>, Refusal> {
    typed.cell(is_bare, arena).map_err(|wrong| refusal::wrong(Stage::Value, key, wrong))
}
