//! Numbers as the digits that every part behind the decoders reads.

/// The digits of an integer.
#[inline]
pub(crate) fn of_integer<R>(number: i64, take: impl FnOnce(&str) -> R) -> R {
    take(itoa::Buffer::new().format(number))
}

/// The digits of an integer without a sign.
#[inline]
pub(crate) fn of_unsigned<R>(number: u64, take: impl FnOnce(&str) -> R) -> R {
    take(itoa::Buffer::new().format(number))
}

/// The shortest digits that are read as the same number; `1e16` and larger and `1e-5` and smaller have
/// an exponent. What is not finite is the name that Jackson writes.
#[inline]
pub(crate) fn of_float<R>(number: f64, take: impl FnOnce(&str) -> R) -> R {
    // Beyond these limits the fast library writes exponents in another way.
    if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        return take(zmij::Buffer::new().format_finite(number));
    }
    match name(number) {
        Some(name) => take(name),
        None => take(&format!("{number:?}")),
    }
}

/// The same for 32 bits, whose shortest digits are others.
pub(crate) fn of_float32<R>(number: f32, take: impl FnOnce(&str) -> R) -> R {
    match name(number.into()) {
        Some(name) => take(name),
        None => take(&format!("{number:?}")),
    }
}

/// The name of what is not a finite number.
pub(crate) fn name(number: f64) -> Option<&'static str> {
    match number {
        number if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for number in [0, 7, -7, i64::MAX, i64::MIN] {
            assert_eq!(of_integer(number, str::to_owned), number.to_string());
        }
        assert_eq!(of_unsigned(u64::MAX, str::to_owned), "18446744073709551615");
    }

    /// Two libraries write them; where two texts are equally short and near, they may choose
    /// differently.
    #[test]
    fn floats_are_the_shortest_digits() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        let mut differ = 0;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let near = (bits >> 20) as f64 / 1e6;
            let numbers = [f64::from_bits(bits), near, -near / 1e9];
            for number in numbers.into_iter().filter(|it| it.is_finite()) {
                let (text, other) = (of_float(number, str::to_owned), format!("{number:?}"));
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text}");
                assert_eq!(text.len(), other.len(), "{text} {other}");
                differ += usize::from(text != other);
            }
        }
        assert!(differ < 10, "{differ}");
        for number in [0.0, -0.0, 1e-4, 9.999e-5, 1e15, 9.999e15, 1e16, 1e-5, 5e-324, 1e300, 0.1] {
            assert_eq!(of_float(number, str::to_owned), format!("{number:?}"));
        }
        assert_eq!(of_float32(0.1, str::to_owned), "0.1");
    }

    #[test]
    fn what_is_not_finite_has_a_name() {
        let names =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|it| of_float(it, str::to_owned));
        assert_eq!(names, ["NaN", "Infinity", "-Infinity"]);
        assert_eq!(of_float32(f32::NEG_INFINITY, str::to_owned), "-Infinity");
    }
}
