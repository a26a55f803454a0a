//! The messages and enums of all files of a schema by their full names, and how a name within a
//! message is resolved ("Packages and Name Resolution" in the language guide).

use std::collections::HashMap;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use super::{builtin, file};

/// The name of the schema's own file, in errors.
const OWN: &str = "the schema";
/// No real schema has as many messages; one that has would need much memory.
const MOST_MESSAGES: usize = 10_000;

/// All files of a schema.
pub(super) struct Files {
    pub(super) messages: Vec<Defined<DescriptorProto>>,
    pub(super) enums: Vec<Defined<EnumDescriptorProto>>,
    names: HashMap<String, Symbol>,
    /// The messages at the top of the schema's own file.
    pub(super) top: Vec<usize>,
    /// How many messages the own file has; they are the first.
    pub(super) own: usize,
    /// Whether the own file was text.
    pub(super) is_text: bool,
    pub(super) package: String,
}

/// A definition and where it stands.
pub(super) struct Defined<D> {
    pub(super) name: String,
    pub(super) definition: D,
    /// The message types inside it.
    pub(super) inside: Vec<usize>,
    /// Whether its file has version 3 of the language, where fields have no presence.
    pub(super) is_proto3: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Message(usize),
    Enum(usize),
}

impl Files {
    /// Reads the schema's own file and those that it imports. What every client of a registry knows
    /// need not be among the references.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(super) fn read(text: &str, references: &[(&str, &str)]) -> Result<Self, String> {
        let (own, is_text) = file::read(OWN, text)?;
        let mut files = Self {
            messages: Vec::new(),
            enums: Vec::new(),
            names: HashMap::new(),
            top: Vec::new(),
            own: 0,
            is_text,
            package: own.package().to_owned(),
        };
        let mut imports = own.dependency.clone();
        files.top = files.add(own)?;
        files.own = files.messages.len();
        for (path, text) in references {
            let (reference, _) = file::read(path, text)?;
            imports.extend(reference.dependency.iter().cloned());
            files.add(reference)?;
        }
        for (prefix, text) in builtin::FILES {
            if imports.iter().any(|path| path.starts_with(prefix)) {
                files.add(file::read(prefix, text)?.0)?;
            }
        }
        Ok(files)
    }

    /// Adds what a file defines. Returns its messages at the top.
    fn add(&mut self, file: FileDescriptorProto) -> Result<Vec<usize>, String> {
        let (package, is_proto3) = (file.package().to_owned(), file.syntax() == "proto3");
        for one in file.enum_type {
            self.add_enum(one, &package, is_proto3);
        }
        let messages = file.message_type.into_iter();
        messages.map(|message| self.add_message(message, &package, is_proto3)).collect()
    }

    fn add_enum(&mut self, definition: EnumDescriptorProto, scope: &str, is_proto3: bool) {
        let name = join(scope, definition.name());
        // Another file may define it, too: the first counts.
        self.names.entry(name.clone()).or_insert(Symbol::Enum(self.enums.len()));
        self.enums.push(Defined { name, definition, inside: Vec::new(), is_proto3 });
    }

    fn add_message(
        &mut self,
        mut definition: DescriptorProto,
        scope: &str,
        is_proto3: bool,
    ) -> Result<usize, String> {
        if self.messages.len() == MOST_MESSAGES {
            return Err("the schema has too many messages".to_owned());
        }
        let name = join(scope, definition.name());
        let index = self.messages.len();
        self.names.entry(name.clone()).or_insert(Symbol::Message(index));
        let nested = std::mem::take(&mut definition.nested_type);
        for one in std::mem::take(&mut definition.enum_type) {
            self.add_enum(one, &name, is_proto3);
        }
        let inside = Vec::new();
        self.messages.push(Defined { name: name.clone(), definition, inside, is_proto3 });
        for message in nested {
            // Java's clients, which register text, do not count the entries of maps.
            let is_counted = !self.is_text || !is_entry(&message);
            let nested = self.add_message(message, &name, is_proto3)?;
            if is_counted {
                self.messages[index].inside.push(nested);
            }
        }
        Ok(index)
    }

    /// What a name within a message stands for: the innermost scope that has it counts.
    pub(super) fn resolve(&self, name: &str, within: &str) -> Option<Symbol> {
        if let Some(full) = name.strip_prefix('.') {
            return self.names.get(full).copied();
        }
        let mut scope = within;
        loop {
            if let Some(symbol) = self.names.get(&join(scope, name)) {
                return Some(*symbol);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// The messages by their full names.
    pub(super) fn by_name(&self) -> HashMap<String, usize> {
        let messages = self.names.iter().filter_map(|(name, symbol)| match symbol {
            Symbol::Message(index) => Some((name.clone(), *index)),
            Symbol::Enum(_) => None,
        });
        messages.collect()
    }
}

/// Whether a message is the entry of a map.
pub(super) fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
