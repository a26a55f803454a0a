//! Numbers as people read them.

/// `1,234,567`
#[must_use]
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with as many digits as tell something.
#[must_use]
pub fn short(number: f64) -> String {
    match number.abs() {
        100.0.. => thousands(number),
        10.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
