//! The declared types of a schema, in the terms of Connect's envelope.

use std::collections::HashMap;
use std::rc::Rc;

use super::plan::{Alternative, Node, Record, Type};
use crate::format::logical::Logical;
use crate::format::schema::{Declared, Field, Fields, Kind};
use crate::format::undecodable::MOST_DEEP;

/// Declared types by the index of the type.
pub(super) type ByType = HashMap<usize, Rc<Declared>>;

/// The declared type of the root, and those of all types that were met. Nothing is declared of a
/// record inside itself, and of what is nested too deep: its JSON says what it is.
///
/// # Errors
/// A record has two fields with the same name.
pub(super) fn declare(nodes: &[Node], root: usize) -> Result<(Rc<Declared>, ByType), String> {
    let mut declarer = Declarer { nodes, known: HashMap::new(), open: Vec::new() };
    let declared = declarer.declared(root)?;
    // A branch of a union has a column of its own type, and at the top it has a row of its own.
    for top in declarer.alternatives(root) {
        declarer.declared(top)?;
        if let Type::Record(record) = &nodes[top].ty {
            for field in &record.fields {
                for branch in declarer.alternatives(field.ty) {
                    declarer.declared(branch)?;
                }
            }
        }
    }
    Ok((declared, declarer.known))
}

struct Declarer<'n> {
    nodes: &'n [Node],
    known: ByType,
    /// The types around the one that is being declared.
    open: Vec<usize>,
}

impl Declarer<'_> {
    /// The branches of a union, or else the type itself.
    fn alternatives(&self, index: usize) -> Vec<usize> {
        match &self.nodes[index].ty {
            Type::Union(branches) => branches.clone(),
            _ => vec![index],
        }
    }

    fn declared(&mut self, index: usize) -> Result<Rc<Declared>, String> {
        if let Some(known) = self.known.get(&index) {
            return Ok(Rc::clone(known));
        }
        if self.open.contains(&index) || self.open.len() > MOST_DEEP {
            return Ok(Rc::new(match &self.nodes[index].ty {
                Type::Record(_) => Declared::any_object(),
                _ => Declared::of(Kind::Any, None).or_null(),
            }));
        }
        self.open.push(index);
        let mut declared = self.of_type(&self.nodes[index].ty)?;
        self.open.pop();
        let node = &self.nodes[index];
        if !matches!(node.ty, Type::Union(_)) {
            declared.origin = node.origin.clone();
        }
        if let Type::Decimal { precision, .. } = node.ty {
            declared.origin.precision = declared.origin.precision.or(precision);
        }
        let declared = Rc::new(declared);
        self.known.insert(index, Rc::clone(&declared));
        Ok(declared)
    }

    fn of_type(&mut self, ty: &Type) -> Result<Declared, String> {
        let of = Declared::of;
        Ok(match ty {
            Type::Null | Type::Open => of(Kind::Any, None).or_null(),
            Type::Boolean => of(Kind::Boolean, None),
            Type::Int(bits) => of(Kind::Integer(*bits), None),
            Type::Long => of(Kind::Integer(64), None),
            Type::Float => of(Kind::Float(32), None),
            Type::Double => of(Kind::Float(64), None),
            Type::Bytes(logical) => of(Kind::Bytes, *logical),
            Type::Text(logical) => of(Kind::Text, *logical),
            Type::Fixed(_) => of(Kind::Bytes, None),
            Type::Enum(_) => of(Kind::Enum, None),
            Type::Decimal { scale, .. } => {
                of(Kind::Bytes, Some(Logical::Decimal { scale: *scale }))
            }
            // They are written as text.
            Type::Count { of: logical, .. } => of(Kind::Text, Some(*logical)),
            Type::Duration | Type::Uuid => of(Kind::Text, None),
            Type::Array(items) => of(Kind::Array(self.declared(*items)?), None),
            Type::Map(values) => {
                let keys = Rc::new(of(Kind::Text, None));
                of(Kind::Map(keys, self.declared(*values)?), None)
            }
            Type::Union(branches) => self.union(branches)?,
            Type::Choice(all) => self.choice(all)?,
            Type::Record(record) => self.record(record)?,
        })
    }

    /// A union with null is optional; one of several types is what each value shows.
    fn union(&mut self, branches: &[usize]) -> Result<Declared, String> {
        let is_null = |index: &&usize| matches!(self.nodes[**index].ty, Type::Null);
        let has_null = branches.iter().any(|index| is_null(&index));
        let others: Vec<usize> = branches.iter().filter(|index| !is_null(index)).copied().collect();
        let declared = match others.as_slice() {
            [one] => (*self.declared(*one)?).clone(),
            _ => Declared::of(Kind::Any, None),
        };
        Ok(if has_null { declared.or_null() } else { declared })
    }

    fn choice(&mut self, all: &[Alternative]) -> Result<Declared, String> {
        let mut fields = Vec::with_capacity(all.len());
        for one in all {
            if let Some(name) = &one.name {
                let declared = Rc::new(self.declared(one.ty)?.or_null());
                fields.push(Field { name: name.to_string(), declared });
            }
        }
        let has_null = fields.len() < all.len();
        let declared = Declared::of(Kind::Struct(Fields::new(fields)?), None);
        Ok(if has_null { declared.or_null() } else { declared })
    }

    fn record(&mut self, record: &Record) -> Result<Declared, String> {
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let declared = self.declared(field.ty)?;
            // Each value is there: the default is only that of a column.
            let takes = matches!(
                (&declared.kind, declared.logical),
                (Kind::Boolean | Kind::Integer(_) | Kind::Float(_) | Kind::Text | Kind::Enum, None)
            );
            let declared = match &field.default {
                Some(default) if takes => {
                    Rc::new(Declared { default: Some(default.clone()), ..(*declared).clone() })
                }
                _ => declared,
            };
            fields.push(Field { name: field.name.to_string(), declared });
        }
        Ok(Declared::of(Kind::Struct(Fields::new(fields)?), record.logical))
    }
}
