//! Folders have an order, printed in ARCHITECTURE.md: a file uses what stands in its own folder or in one
//! before it. And no file uses one that uses it.
//!
//! Paths are read as text: those in `use`, and those written out in code. Two things are not seen: `impl` blocks of
//! one type in several files, and what a macro makes of its words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sluice_tests::services::repository;

#[test]
fn no_file_uses_a_folder_that_stands_after_its_own() {
    for Layers { name, order, sources } in listed() {
        let place = |module: &[String]| {
            let first = module.first().map_or("lib.rs", String::as_str);
            order.iter().position(|folder| folder == first).unwrap_or(order.len())
        };
        for (module, file) in &sources.files {
            for used in sources.used_by(module, file) {
                assert!(
                    place(&used) <= place(module),
                    "{name}: {} uses {}, which stands after it in ARCHITECTURE.md",
                    module.join("::"),
                    if used.is_empty() { "lib.rs".to_owned() } else { used.join("::") },
                );
            }
        }
    }
}

#[test]
fn every_folder_has_its_place() {
    for Layers { name, order, sources } in listed() {
        let listed: BTreeSet<_> = order.iter().cloned().collect();
        assert_eq!(listed.len(), order.len(), "{name}: a folder is listed twice");
        let found: BTreeSet<_> =
            sources.files.keys().filter_map(|module| module.first().cloned()).collect();
        assert_eq!(listed, found, "{name}: ARCHITECTURE.md, and what is there");
    }
}

/// Crates of more files than one can keep in mind. Not the one that only tests use.
#[test]
fn every_large_crate_is_listed() {
    let listed: BTreeSet<_> = listed().into_iter().map(|layers| layers.name).collect();
    for room in ["shared", "functions"] {
        for entry in std::fs::read_dir(repository().join(room)).expect("a room") {
            let folder = entry.expect("an entry").path();
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let files = Sources::count(&folder.join("src"));
            assert!(
                files <= 15 || name == "testkit" || listed.contains(&name),
                "{name} has {files} files and no order in ARCHITECTURE.md"
            );
        }
    }
}

#[test]
fn no_file_uses_one_that_uses_it() {
    for Layers { name, sources, .. } in listed() {
        let mut uses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (module, file) in &sources.files {
            let used = sources.used_by(module, file).into_iter();
            uses.insert(module.clone(), used.filter(|used| used != module).collect());
        }
        while let Some(outside) = outside_circles(&uses) {
            uses.remove(&outside);
            for used in uses.values_mut() {
                used.remove(&outside);
            }
        }
        let circle: Vec<_> = uses.keys().map(|module| module.join("::")).collect();
        assert!(circle.is_empty(), "{name}: a circle among {circle:?}");
    }
}

/// What uses nothing that is left, or is used by nothing that is left.
fn outside_circles(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Option<Vec<String>> {
    let is_used = |module| uses.values().any(|used| used.contains(module));
    let mut outside = uses.iter().filter(|(module, used)| used.is_empty() || !is_used(*module));
    outside.next().map(|(module, _)| module.clone())
}

/// A crate whose folders have an order.
struct Layers {
    name: String,
    order: Vec<String>,
    sources: Sources,
}

/// The crates listed in ARCHITECTURE.md, a line such as ``- `bridge`: `json` → `values` `` for each. A crate
/// without such a line is not checked.
fn listed() -> Vec<Layers> {
    let map = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("the map");
    // A list goes on in the lines below that are indented.
    let map = map.replace("\n  ", " ");
    let lists = map.lines().filter_map(|line| {
        let (name, order) = line.trim_start_matches("- ").strip_prefix('`')?.split_once("`: ")?;
        let order =
            order.trim_end_matches('.').split('→').map(|folder| folder.trim().trim_matches('`'));
        let order: Vec<_> = order.map(str::to_owned).collect();
        let rooms = ["shared", "functions"].map(|room| repository().join(room).join(name));
        if order.len() < 2 {
            return None;
        }
        let folder = rooms.into_iter().find(|room| room.is_dir());
        let folder =
            folder.unwrap_or_else(|| panic!("ARCHITECTURE.md lists {name}, which is no crate"));
        Some(Layers { name: name.to_owned(), order, sources: Sources::read(&folder) })
    });
    let lists: Vec<_> = lists.collect();
    assert!(lists.len() >= 3, "the lists are read");
    lists
}

/// The files of a crate by the path of their module, `lib.rs` and `main.rs` apart.
struct Sources {
    files: BTreeMap<Vec<String>, String>,
}

impl Sources {
    fn read(folder: &Path) -> Self {
        let source = folder.join("src");
        let mut files = BTreeMap::new();
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of sources") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(module) = module(&source, &path) {
                    let text = std::fs::read_to_string(&path).expect("a source file");
                    files.insert(module, without_tests(&text));
                }
            }
        }
        assert!(files.len() > 5, "{}: files are found", source.display());
        Self { files }
    }

    fn count(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .map(|path| if path.is_dir() { Self::count(&path) } else { 1 })
            .sum()
    }

    /// The modules that a file names, by their files. What is no module is an item of the last that is one.
    /// A file that only hands a name on, by `pub use`, does not use it.
    fn used_by(&self, module: &[String], text: &str) -> BTreeSet<Vec<String>> {
        let (_, own) = handed_on(text);
        let paths = paths(&own).into_iter().filter_map(|path| self.resolve(module, &path));
        paths.collect()
    }

    /// The file that a module has an item from, where it only hands that on.
    fn origin(&self, module: &[String], item: &str) -> Option<Vec<String>> {
        let (handed_on, _) = handed_on(self.files.get(module)?);
        let path =
            handed_on.into_iter().find(|path| path.last().is_some_and(|name| name == item))?;
        self.resolve(module, &path).filter(|origin| origin != module)
    }

    /// The file that a path leads to; `None` where it leaves the crate.
    fn resolve(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut full: Vec<String> = match path.first().map(String::as_str)? {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            // A module declared in this file.
            child => {
                let below: Vec<_> = module.iter().cloned().chain([child.to_owned()]).collect();
                self.files.get(&below)?;
                below
            }
        };
        for step in &path[1..] {
            match step.as_str() {
                "super" => drop(full.pop()),
                "self" => {}
                step => full.push(step.to_owned()),
            }
        }
        let mut item = None;
        while !full.is_empty() && !self.files.contains_key(&full) {
            item = full.pop();
        }
        item.and_then(|item| self.origin(&full, &item)).or(Some(full))
    }
}

fn module(source: &Path, path: &Path) -> Option<Vec<String>> {
    let relative = path.strip_prefix(source).expect("below it").with_extension("");
    let mut module: Vec<_> =
        relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.extension().is_none_or(|extension| extension != "rs") {
        return None;
    }
    match (module.last().map(String::as_str), module.len()) {
        (Some("lib" | "main"), 1) => None,
        // Tests may use what they like.
        (Some("tests"), _) => None,
        (Some("mod"), _) => {
            module.pop();
            Some(module)
        }
        _ => Some(module),
    }
}

/// Source without comments and without what is compiled for tests alone.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            // As rustfmt writes it, a module ends where a brace begins a line.
            if lines
                .by_ref()
                .find(|line| !line.starts_with("#["))
                .is_some_and(|line| line.ends_with('{'))
            {
                lines.by_ref().find(|line| *line == "}");
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The paths that a source hands on by `pub use`, and the rest of it.
fn handed_on(text: &str) -> (Vec<Vec<String>>, String) {
    let (mut found, mut own) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some(start) = rest.find("pub") {
        let is_word = !rest[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let visibility = rest[start + 3..]
            .strip_prefix(|c| c == '(')
            .and_then(|in_brackets| in_brackets.split_once(") ").map(|(_, behind)| behind));
        let behind = visibility.or_else(|| rest[start + 3..].strip_prefix(' '));
        let tree = behind.filter(|_| is_word).and_then(|behind| behind.strip_prefix("use "));
        let Some((tree, behind)) = tree.and_then(|tree| tree.split_once(';')) else {
            own.push_str(&rest[..start + 3]);
            rest = &rest[start + 3..];
            continue;
        };
        own.push_str(&rest[..start]);
        expand(tree, &[], &mut found);
        rest = behind;
    }
    own.push_str(rest);
    (found, own)
}

/// Every path in a source, the groups of `use` taken apart.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let word_begins = !rest[..start].ends_with(|c: char| c == ':' || c.is_ascii_digit());
        rest = &rest[start..];
        let length = tree_length(rest);
        let (tree, behind) = rest.split_at(length);
        if word_begins && tree.contains("::") {
            expand(tree, &[], &mut found);
        }
        rest = behind;
    }
    found
}

/// How long a path is that text begins with, its groups included.
fn tree_length(text: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut length = 0;
    loop {
        let rest = &text[length..];
        length += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        match text[length..].strip_prefix("::") {
            Some(group) if group.starts_with('{') => {
                let mut depth = 0;
                let end = group.find(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth == 0
                });
                return length + 2 + end.map_or(group.len(), |end| end + 1);
            }
            Some(next) if next.starts_with(is_word) => length += 2,
            _ => return length,
        }
    }
}

fn expand(tree: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let (head, group) = match tree.split_once("::{") {
        Some((head, group)) => (head, group.strip_suffix('}')),
        None => (tree, None),
    };
    let steps = head.split("::").map(|step| step.split_whitespace().next().unwrap_or_default());
    let path: Vec<_> = before.iter().cloned().chain(steps.map(str::to_owned)).collect();
    let Some(group) = group else { return found.push(path) };
    let (mut depth, mut start) = (0, 0);
    for (place, character) in group.char_indices().chain([(group.len(), ',')]) {
        depth += i32::from(character == '{') - i32::from(character == '}');
        if character == ',' && depth == 0 {
            let part = group[start..place].trim();
            if !part.is_empty() {
                expand(part, &path, found);
            }
            start = place + 1;
        }
    }
}

#[test]
fn paths_are_read() {
    let text = "use crate::a::{self, b::{C, d as e}, f};\n    let x = super::y::z(crate::q::R);";
    let found = paths(&without_tests(text));
    let found: Vec<_> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        [
            "crate::a::self",
            "crate::a::b::C",
            "crate::a::b::d",
            "crate::a::f",
            "super::y::z",
            "crate::q::R"
        ]
    );
    let text =
        "mod a;\n#[cfg(test)]\nmod tests {\n    use crate::b;\n}\nuse crate::c; // crate::d\n";
    assert_eq!(paths(&without_tests(text)), [["crate", "c"], ["crate", "d"]]);
}

#[test]
fn a_path_leads_to_its_file() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let text = |module| if module == "a" { "pub(crate) use b::{Item, Other};" } else { "" };
    let files = ["a", "a::b", "c"].map(|module| (path(module), text(module).to_owned()));
    let sources = Sources { files: files.into() };
    let leads = |text| sources.resolve(&path("a::b"), &path(text)).map(|found| found.join("::"));
    assert_eq!(leads("crate::a::b::Item").as_deref(), Some("a::b"));
    assert_eq!(leads("crate::a::Another").as_deref(), Some("a"));
    // What `a` only hands on is that of `b`.
    assert_eq!(leads("crate::a::Item").as_deref(), Some("a::b"));
    assert_eq!(sources.used_by(&path("a"), text("a")), BTreeSet::new());
    assert_eq!(leads("super::super::c::Item").as_deref(), Some("c"));
    assert_eq!(leads("crate::Item").as_deref(), Some(""));
    assert_eq!(leads("std::fmt"), None);
    let below = sources.resolve(&path("a"), &path("b::Item"));
    assert_eq!(below, Some(path("a::b")));
}
