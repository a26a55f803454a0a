//! The schemas to which one refers, in the order in which a compiler needs them.

use std::collections::BTreeMap;

use sluice_bridge::format::registry::Reference;

use crate::client::schema::{Found, Link, Place};

/// How many schemas may refer to each other in a row.
const DEEPEST: usize = 64;

/// All schemas to which `schema` refers, each once, after those to which it refers itself.
///
/// # Errors
/// A sentence: they refer to each other in a circle, or too deeply, or one is missing.
pub(crate) fn ordered(
    schema: &Found,
    known: &BTreeMap<Place, Found>,
) -> Result<Vec<Reference>, String> {
    let mut walk = Walk { known, open: Vec::new(), done: Vec::new(), references: Vec::new() };
    walk.follow(&schema.links)?;
    Ok(walk.references)
}

struct Walk<'f> {
    known: &'f BTreeMap<Place, Found>,
    /// The places from the first schema to where we are.
    open: Vec<&'f Place>,
    done: Vec<&'f Link>,
    references: Vec<Reference>,
}

impl<'f> Walk<'f> {
    fn follow(&mut self, links: &'f [Link]) -> Result<(), String> {
        for link in links {
            if self.done.contains(&link) {
                continue;
            }
            if self.open.contains(&&link.place) {
                return Err(format!("{} refers to itself", link.place.shown()));
            }
            if self.open.len() == DEEPEST {
                return Err(format!("its references are more than {DEEPEST} levels deep"));
            }
            let found = self.known.get(&link.place);
            let found = found.ok_or_else(|| format!("{} is missing", link.place.shown()))?;
            self.open.push(&link.place);
            self.follow(&found.links)?;
            self.open.pop();
            self.done.push(link);
            self.references.push(Reference { name: link.name.clone(), text: found.text.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::format::registry::SchemaKind;

    use super::*;

    fn place(subject: &str) -> Place {
        Place::Subject { subject: subject.to_owned(), version: 1 }
    }

    fn found(text: &str, links: &str) -> Found {
        let link = |name: &str| Link { name: name.to_owned(), place: place(name) };
        let links = links.split_whitespace().map(link).collect();
        Found { kind: Ok(SchemaKind::Avro), text: text.to_owned(), links }
    }

    fn order(root: &str, known: &[(&str, &str)]) -> Result<String, String> {
        let known = known.iter().map(|(name, links)| (place(name), found(name, links))).collect();
        let all = ordered(&found("root", root), &known)?;
        let texts = all.iter().map(|it| {
            assert_eq!(it.name, it.text);
            it.text.as_str()
        });
        Ok(texts.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_comes_once_and_after_what_it_needs() {
        assert_eq!(order("", &[]).as_deref(), Ok(""));
        let diamond = [("a", "b c"), ("b", "d"), ("c", "d"), ("d", "")];
        assert_eq!(order("a d", &diamond).as_deref(), Ok("d b c a"));
        assert_eq!(order("c a", &diamond).as_deref(), Ok("d c b a"));
    }

    #[test]
    fn a_circle_ends() {
        let circle = [("a", "b"), ("b", "a")];
        assert_eq!(order("a", &circle).unwrap_err(), "version 1 of a refers to itself");
        let names: Vec<_> = (0..70).map(|n| (format!("s{n}"), format!("s{}", n + 1))).collect();
        let chain: Vec<_> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert!(order("s0", &chain).unwrap_err().contains("64 levels"));
        assert_eq!(order("s10", &chain).unwrap_err(), "version 1 of s70 is missing");
        assert!(order("s10", &[&chain[..], &[("s70", "")]].concat()).is_ok());
    }
}
