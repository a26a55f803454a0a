//! Network addresses and MAC addresses in the server's binary form.
//!
//! Formats: `network_recv` in the server's `network.c`, `macaddr_recv` in `mac.c`.

use std::net::IpAddr;

use sluice_bridge::values::binary::hexadecimal;
use sluice_bridge::values::number::Reason;

/// Appends an `inet` or a `cidr`: an address with an optional prefix length. The server's shorter notations,
/// such as `10.1`, are refused.
pub(crate) fn address(text: &str, is_cidr: bool, out: &mut Vec<u8>) -> Result<(), Reason> {
    const WHY: Reason = "the text is not an IP address, such as 10.0.0.1/24 or ::1";
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| WHY)?;
    let (family, bytes) = match address {
        IpAddr::V4(four) => (2, four.octets().to_vec()),
        IpAddr::V6(six) => (3, six.octets().to_vec()),
    };
    let max = bytes.len() as u8 * 8;
    let is_plain = |bits: &&str| {
        bits.bytes().all(|byte| byte.is_ascii_digit()) && (*bits == "0" || !bits.starts_with('0'))
    };
    let bits = match bits.map(|bits| Some(bits).filter(is_plain)?.parse().ok()) {
        None => max,
        Some(Some(bits)) if bits <= max => bits,
        Some(_) => return Err(WHY),
    };
    let value = bytes.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    if is_cidr && bits < max && value & (u128::MAX >> (128 - max + bits)) != 0 {
        return Err("the address has bits set to the right of its netmask");
    }
    out.extend([family, bits, u8::from(is_cidr), bytes.len() as u8]);
    out.extend(bytes);
    Ok(())
}

/// Appends a `macaddr` (six bytes) or a `macaddr8` (eight bytes, of which the middle two are optional): pairs
/// of digits separated by colons or hyphens, groups of four separated by points, or digits without
/// separators.
pub(crate) fn mac_address(text: &str, length: usize, out: &mut Vec<u8>) -> Result<(), Reason> {
    const WHY: Reason = "the text is not a MAC address, such as 08:00:2b:01:02:03";
    let (separator, size) = match text.find([':', '-', '.']).map(|at| text.as_bytes()[at]) {
        Some(b'.') => ('.', 4),
        Some(other) => (char::from(other), 2),
        None => ('.', text.len()),
    };
    let mut bytes = Vec::with_capacity(length);
    for group in text.split(separator) {
        if group.len() != size {
            return Err(WHY);
        }
        hexadecimal(group.as_bytes(), &mut bytes).map_err(|_| WHY)?;
    }
    if (length, bytes.len()) == (8, 6) {
        bytes.splice(3..3, [0xff, 0xfe]);
    }
    if bytes.len() != length {
        return Err(WHY);
    }
    out.extend(bytes);
    Ok(())
}
