//! Paths in a source, read as text.

/// Source without comments and without what is compiled for tests alone.
pub(crate) fn without_tests(text: &str) -> String {
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
pub(crate) fn handed_on(text: &str) -> (Vec<Vec<String>>, String) {
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
pub(crate) fn paths(text: &str) -> Vec<Vec<String>> {
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
