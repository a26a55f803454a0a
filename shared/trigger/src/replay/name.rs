//! The default name of the group in which the progress of a replay is committed.

const NAME: &str = "sluice-replay";

/// A name that depends on the conditions, but not on their order. Each condition is an option and
/// its value, as they were typed. Without conditions it is `sluice-replay`.
#[must_use]
pub fn group_name(conditions: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = conditions.iter().map(|(option, value)| (*option, &**value)).collect();
    sorted.sort_unstable();
    if sorted.is_empty() {
        return NAME.to_owned();
    }
    let bytes = sorted.iter().flat_map(|(option, value)| [*option, "\0", *value, "\0"]);
    format!("{NAME}-{:016x}", fnv(bytes.flat_map(str::bytes)))
}

/// FNV-1a. The name must be the same in every version of this program, which the hashes of the
/// standard library do not promise.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_the_conditions_and_on_nothing_else() {
        let pair = |option, value: &str| (option, value.to_owned());
        assert_eq!(group_name(&[]), "sluice-replay");
        let (column, code) = (pair("column", "amount"), pair("code", "22003"));
        let name = group_name(&[column.clone(), code.clone()]);
        assert_eq!(name, group_name(&[code.clone(), column.clone()]));
        assert_ne!(name, group_name(&[column]));
        assert_ne!(group_name(&[pair("a", "bc")]), group_name(&[pair("ab", "c")]));
        // Clusters have committed offsets under this name, so a later version must not change it.
        assert_eq!(group_name(&[code]), "sluice-replay-29e01a331c899293");
        assert_eq!(fnv(b"foobar".iter().copied()), 0x8594_4171_f739_67e8);
    }
}
