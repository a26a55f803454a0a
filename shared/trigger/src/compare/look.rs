//! Rows that differ looked at again, by their keys: which columns do, and which rows have come to be
//! equal meanwhile.

use std::collections::HashMap;

use crate::compare::ask::Ask;
use crate::compare::comparison::Comparison;
use crate::compare::plan::Plan;
use crate::compare::report::{Difference, Kind, Unlike};
use crate::compare::side::{Key, Side, both};

/// So many keys go into one question.
const AT_ONCE: usize = 200;

/// Asks for the rows again and leaves out those that no longer differ. A key that is there more than
/// once, or that holds a null, stays as it was found.
pub(super) async fn again(
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
        let asks = [0, 1].map(|side| Ask::look(plan, comparison, side, &keys));
        match both(source.look(&asks[0]), copy.look(&asks[1])).await? {
            (Some(one), Some(other)) => {
                let [one, other] = [one, other].map(by_key);
                left.extend(some.into_iter().filter_map(|difference| {
                    match findable(&difference) {
                        Some(_) => judged(difference, plan, comparison.values, (&one, &other)),
                        None => Some(difference),
                    }
                }));
            }
            // A key that one side cannot even be asked for, such as a number that its column cannot
            // hold, must not hide the others.
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

/// The rows of a key, of which there may be several.
type Found = HashMap<Key, Vec<Key>>;

fn by_key(rows: Vec<(Key, Key)>) -> Found {
    let mut found = Found::new();
    for (key, columns) in rows {
        found.entry(key).or_default().push(columns);
    }
    found
}

/// The difference as it is now; `None` if there is none.
fn judged(
    difference: Difference,
    plan: &Plan,
    values: bool,
    (one, other): (&Found, &Found),
) -> Option<Difference> {
    let [one, other] =
        [one, other].map(|found| found.get(&difference.key).map_or(&[][..], Vec::as_slice));
    let (kind, columns) = match (one, other) {
        ([], []) => return None,
        (_, []) => (Kind::OnlySource, Vec::new()),
        ([], _) => (Kind::OnlyCopy, Vec::new()),
        ([one], [other]) if one == other => return None,
        ([one], [other]) => (Kind::Changed, unlike(plan, values, one, other)),
        _ => (Kind::Changed, Vec::new()),
    };
    let times = one.len().max(other.len());
    Some(Difference { kind, columns, times, ..difference })
}

fn unlike(plan: &Plan, values: bool, one: &Key, other: &Key) -> Vec<Unlike> {
    let pairs = plan.pairs.iter().zip(one.iter().zip(other));
    let differ = pairs.filter(|(_, (one, other))| one != other);
    let unlike = differ.map(|(pair, (one, other))| Unlike {
        column: pair.names[0].clone(),
        values: values.then(|| [one.clone(), other.clone()]),
    });
    unlike.collect()
}
