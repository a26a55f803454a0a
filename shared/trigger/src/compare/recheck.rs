//! Reads rows that differ again, by their keys: finds the columns that differ, and the rows that
//! have become equal in the meantime.

use std::collections::HashMap;

use crate::compare::comparison::Comparison;
use crate::compare::plan::Plan;
use crate::compare::question::Question;
use crate::compare::report::{ColumnDifference, Difference, DifferenceKind};
use crate::compare::side::{Key, Side, both};

/// The number of keys in one question.
const AT_ONCE: usize = 200;

/// Reads the rows again and removes those that no longer differ. A difference whose key exists more
/// than once or contains a null is kept unchanged.
pub(super) async fn recheck(
    comparison: &Comparison,
    plan: &Plan,
    (source, copy): (&mut Side, &mut Side),
    found: &mut Vec<Difference>,
) -> Result<(), String> {
    let mut left = Vec::new();
    let mut portions = Vec::new();
    while !found.is_empty() {
        portions.push(found.split_off(found.len().saturating_sub(AT_ONCE)));
    }
    while let Some(mut some) = portions.pop() {
        let keys: Vec<Vec<String>> = some.iter().filter_map(findable).collect();
        if keys.is_empty() {
            left.append(&mut some);
            continue;
        }
        let questions = [0, 1].map(|side| Question::look(plan, comparison, side, &keys));
        match both(source.look(&questions[0]), copy.look(&questions[1])).await? {
            (Some(one), Some(other)) => {
                let [one, other] = [one, other].map(by_key);
                left.extend(some.into_iter().filter_map(|difference| {
                    match findable(&difference) {
                        Some(_) => compared(difference, plan, comparison.values, (&one, &other)),
                        None => Some(difference),
                    }
                }));
            }
            // One side may refuse a key, such as a number that is too large for its column. This
            // must not affect the other keys.
            _ if some.len() > 1 => {
                let behind = some.split_off(some.len() / 2);
                portions.extend([behind, some]);
            }
            _ => left.append(&mut some),
        }
    }
    *found = left;
    Ok(())
}

fn findable(difference: &Difference) -> Option<Vec<String>> {
    let key: Option<Vec<String>> = difference.key.iter().cloned().collect();
    key.filter(|_| difference.times == 1)
}

/// The columns of the rows of each key; a key may have several rows.
type Found = HashMap<Key, Vec<Key>>;

fn by_key(rows: Vec<(Key, Key)>) -> Found {
    let mut found = Found::new();
    for (key, columns) in rows {
        found.entry(key).or_default().push(columns);
    }
    found
}

/// The difference as it is now; `None` if the rows are equal.
fn compared(
    difference: Difference,
    plan: &Plan,
    values: bool,
    (one, other): (&Found, &Found),
) -> Option<Difference> {
    let [one, other] =
        [one, other].map(|found| found.get(&difference.key).map_or(&[][..], Vec::as_slice));
    let (kind, columns) = match (one, other) {
        ([], []) => return None,
        (_, []) => (DifferenceKind::OnlySource, Vec::new()),
        ([], _) => (DifferenceKind::OnlyCopy, Vec::new()),
        ([one], [other]) if one == other => return None,
        ([one], [other]) => (DifferenceKind::Changed, differing_columns(plan, values, one, other)),
        _ => (DifferenceKind::Changed, Vec::new()),
    };
    let times = one.len().max(other.len());
    Some(Difference { kind, columns, times, ..difference })
}

fn differing_columns(plan: &Plan, values: bool, one: &Key, other: &Key) -> Vec<ColumnDifference> {
    let pairs = plan.pairs.iter().zip(one.iter().zip(other));
    let differ = pairs.filter(|(_, (one, other))| one != other);
    let unlike = differ.map(|(pair, (one, other))| ColumnDifference {
        column: pair.names[0].clone(),
        values: values.then(|| [one.clone(), other.clone()]),
    });
    unlike.collect()
}
