//! Folders have an order, printed in ARCHITECTURE.md: a file uses what stands in its own folder or in one
//! before it. And no file uses one that uses it.
//!
//! Paths are read as text: those in `use`, and those written out in code. Two things are not seen: `impl` blocks of
//! one type in several files, and what a macro makes of its words.

mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sluice_tests::services::repository;

use crate::paths::{handed_on, paths, without_tests};

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
        let rooms = ["shared", "functions", "tests", "."];
        let rooms = rooms.map(|room| repository().join(room).join(name));
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
