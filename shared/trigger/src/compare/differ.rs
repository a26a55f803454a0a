//! Compares the rows of both sides. Pure.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::compare::report::{Difference, DifferenceKind};
use crate::compare::side::Key;

/// The differences, sorted by key. Without a key a row is identified by its hash, and the same row
/// can exist more than once.
pub(super) fn differences(
    source: Vec<(Key, u128)>,
    copy: Vec<(Key, u128)>,
    is_keyed: bool,
) -> Vec<Difference> {
    let mut rows: HashMap<(Key, u128), [Vec<u128>; 2]> = HashMap::new();
    for (side, found) in [source, copy].into_iter().enumerate() {
        for (key, hash) in found {
            let row = (key, if is_keyed { 0 } else { hash });
            rows.entry(row).or_default()[side].push(hash);
        }
    }
    let mut differences: Vec<Difference> = Vec::new();
    for ((key, _), [mut one, mut other]) in rows {
        one.sort_unstable();
        other.sort_unstable();
        let kind = match (one.len(), other.len()) {
            _ if one == other => continue,
            (_, 0) => DifferenceKind::OnlySource,
            (0, _) => DifferenceKind::OnlyCopy,
            (many, fewer) if !is_keyed && many > fewer => DifferenceKind::OnlySource,
            _ if !is_keyed => DifferenceKind::OnlyCopy,
            _ => DifferenceKind::Changed,
        };
        let times = match kind {
            DifferenceKind::Changed => one.len().max(other.len()),
            _ => one.len().abs_diff(other.len()),
        };
        differences.push(Difference { key, kind, times, columns: Vec::new() });
    }
    differences.sort_by(|one, other| {
        in_order(&one.key, &other.key).then((one.kind, one.times).cmp(&(other.kind, other.times)))
    });
    differences
}

/// Orders numbers by value, everything else as text.
fn in_order(one: &Key, other: &Key) -> Ordering {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i128>().ok());
    let each = one.iter().zip(other).map(|(one, other)| match (number(one), number(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    });
    each.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, hash: u128) -> (Key, u128) {
        (vec![Some(key.to_owned())], hash)
    }

    #[test]
    fn rows_are_missing_added_or_changed() {
        let source = vec![row("10", 1), row("9", 2), row("a", 3), row("same", 4)];
        let copy = vec![row("same", 4), row("9", 5), row("b", 6)];
        let found = differences(source, copy, true);
        let found: Vec<_> =
            found.iter().map(|it| (it.key[0].as_deref().unwrap_or("-"), it.kind)).collect();
        let expected = [
            ("9", DifferenceKind::Changed),
            ("10", DifferenceKind::OnlySource),
            ("a", DifferenceKind::OnlySource),
            ("b", DifferenceKind::OnlyCopy),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn without_a_key_equal_rows_are_counted() {
        let rows = |hashes: &[u128]| hashes.iter().map(|hash| (Vec::new(), *hash)).collect();
        let found = differences(rows(&[1, 1, 1, 2]), rows(&[1, 2, 2, 3]), false);
        let found: Vec<_> = found.iter().map(|it| (it.kind, it.times)).collect();
        assert_eq!(
            found,
            [
                (DifferenceKind::OnlySource, 2),
                (DifferenceKind::OnlyCopy, 1),
                (DifferenceKind::OnlyCopy, 1)
            ]
        );
        assert_eq!(differences(rows(&[1, 2]), rows(&[2, 1]), false), []);
    }

    #[test]
    fn a_key_that_is_there_twice_is_a_change() {
        let found = differences(vec![row("1", 1)], vec![row("1", 1), row("1", 1)], true);
        assert_eq!((found[0].kind, found[0].times), (DifferenceKind::Changed, 2));
    }
}
