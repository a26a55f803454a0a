//! The parts of an X.509 certificate that are needed if rustls does not read it: for version 1, and
//! for the host name in the subject.
//!
//! Format: RFC 5280, section 4.1, and X.690 for DER.

/// A certificate's parts, as its DER contains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certificate<'d> {
    /// The start of its validity, in seconds since 1970.
    pub not_before: u64,
    /// The end of its validity, in seconds since 1970.
    pub not_after: u64,
    /// `SubjectPublicKeyInfo`, its tag included.
    pub key_info: &'d [u8],
    /// The content of its `AlgorithmIdentifier`.
    pub key_algorithm: &'d [u8],
    /// The bits of the key.
    pub key: &'d [u8],
    /// The first common name of the subject.
    pub common_name: Option<&'d str>,
    /// Whether an extension names hosts or addresses.
    pub names_hosts: bool,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT: u8 = 0x06;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const BOOLEAN: u8 = 0x01;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `id-at-commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// `id-ce-subjectAltName`, 2.5.29.17.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 29, 17];
/// UTF8String, PrintableString, IA5String.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];
/// `dNSName` and `iPAddress`.
const HOSTS: [u8; 2] = [0x82, 0x87];

impl<'d> Certificate<'d> {
    /// Reads DER; `None` if it is not a certificate. Whether the certificate can be trusted is
    /// checked elsewhere.
    #[must_use]
    pub fn read(der: &'d [u8]) -> Option<Self> {
        let mut signed = Reader(Reader(der).take(SEQUENCE)?);
        let mut body = Reader(signed.take(SEQUENCE)?);
        body.skip_if(VERSION);
        let (_serial, _signature, _issuer) = (body.next()?, body.next()?, body.next()?);
        let mut validity = Reader(body.take(SEQUENCE)?);
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = body.take(SEQUENCE)?;
        let (_, key_content, key_info) = body.next()?;
        let mut key_content = Reader(key_content);
        let key_algorithm = key_content.take(SEQUENCE)?;
        // The first octet of a bit string is the number of unused bits in the last octet.
        let key = key_content.take(BITS)?.strip_prefix(&[0])?;
        let common_name = common_name(subject);
        let names_hosts = names_hosts(body);
        Some(Self { not_before, not_after, key_info, key_algorithm, key, common_name, names_hosts })
    }

    /// Whether the subject's common name is this host. A star stands for the first label, as in
    /// libpq. Always `false` if an extension names hosts.
    #[must_use]
    pub fn is_named(&self, host: &str) -> bool {
        let Some(name) = self.common_name.filter(|_| !self.names_hosts) else { return false };
        if name.eq_ignore_ascii_case(host) {
            return true;
        }
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        match (name.strip_prefix("*."), host.split_once('.')) {
            (Some(rest), Some((label, domain))) => {
                !is_address && !label.is_empty() && rest.eq_ignore_ascii_case(domain)
            }
            _ => false,
        }
    }
}

fn common_name(subject: &[u8]) -> Option<&str> {
    let mut parts = Reader(subject);
    while let Some(part) = parts.take(SET) {
        let mut pair = Reader(Reader(part).take(SEQUENCE)?);
        if pair.take(OBJECT)? == COMMON_NAME {
            let (tag, content, _) = pair.next()?;
            let text = std::str::from_utf8(content).ok()?;
            return Some(text).filter(|text| TEXTS.contains(&tag) && !text.contains('\0'));
        }
    }
    None
}

/// Searches the parts after the key. If they cannot be read they count as naming hosts, so that the
/// subject's name is not used instead.
fn names_hosts(mut rest: Reader<'_>) -> bool {
    while let Some((tag, content, _)) = rest.next() {
        if tag == EXTENSIONS {
            return extension_names_hosts(content).unwrap_or(true);
        }
    }
    !rest.0.is_empty()
}

fn extension_names_hosts(content: &[u8]) -> Option<bool> {
    let mut extensions = Reader(Reader(content).take(SEQUENCE)?);
    while !extensions.0.is_empty() {
        let mut extension = Reader(extensions.take(SEQUENCE)?);
        let object = extension.take(OBJECT)?;
        extension.skip_if(BOOLEAN);
        if object == ALTERNATIVE_NAMES {
            let mut names = Reader(Reader(extension.take(OCTETS)?).take(SEQUENCE)?);
            while !names.0.is_empty() {
                let (tag, ..) = names.next()?;
                if HOSTS.contains(&tag) {
                    return Some(true);
                }
            }
        }
    }
    Some(false)
}

/// DER that is still to be read.
#[derive(Clone, Copy)]
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// Tag, content and all bytes of the next value.
    fn next(&mut self) -> Option<(u8, &'d [u8], &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            _ if first < 0x80 => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                let length = octets.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet));
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some((tag, content, whole))
    }

    /// The content of the next value, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, content, _) = self.next()?;
        (found == tag).then_some(content)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

/// The seconds since 1970 of a `Time`; in RFC 5280 both forms end with seconds and `Z`.
fn time((tag, content, _): (u8, &[u8], &[u8])) -> Option<u64> {
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let year = match tag {
        UTC_TIME if digits.len() == 12 => 2,
        GENERALIZED_TIME if digits.len() == 14 => 4,
        _ => return None,
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u64>().ok();
    let part = |at: usize| number(year + 2 * at, year + 2 * at + 2);
    let year = match (number(0, year)?, tag) {
        (year @ 0..50, UTC_TIME) => 2000 + year,
        (year, UTC_TIME) => 1900 + year,
        (year, _) => year,
    };
    let (month, day) = (part(0)?, part(1)?);
    let days = days(year, month, day)?;
    Some(days * 86_400 + part(2)? * 3_600 + part(3)? * 60 + part(4)?)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; an earlier day counts as 1970-01-01.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years are counted from March, so that February is the last month.
    let (year, month) =
        if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let all = 365 * year + year / 4 - year / 100 + year / 400 + of_year;
    Some(all.saturating_sub(719_468))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (date, expected) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2038, 1, 19), 24_855),
        ] {
            let (year, month, day) = date;
            assert_eq!(days(year, month, day), Some(expected), "{date:?}");
        }
        assert_eq!(days(2000, 13, 1), None);
    }

    #[test]
    fn both_forms_of_a_time() {
        assert_eq!(time((UTC_TIME, b"700101000001Z", &[])), Some(1));
        assert_eq!(time((UTC_TIME, b"491231235959Z", &[])), Some(2_524_607_999));
        assert_eq!(time((GENERALIZED_TIME, b"20500101000000Z", &[])), Some(2_524_608_000));
        for wrong in [&b"7001010000Z"[..], b"700101000000", b"70+101000000Z", b""] {
            assert_eq!(time((UTC_TIME, wrong, &[])), None);
        }
    }

    #[test]
    fn a_star_is_one_label() {
        let named = |common_name, names_hosts| Certificate {
            not_before: 0,
            not_after: 0,
            key_info: &[],
            key_algorithm: &[],
            key: &[],
            common_name,
            names_hosts,
        };
        let star = named(Some("*.example.com"), false);
        assert!(star.is_named("db.EXAMPLE.com"));
        for host in ["example.com", ".example.com", "a.db.example.com", "db.example.org"] {
            assert!(!star.is_named(host), "{host}");
        }
        assert!(named(Some("127.0.0.1"), false).is_named("127.0.0.1"));
        assert!(!named(Some("*.0.0.1"), false).is_named("127.0.0.1"));
        assert!(!named(Some("db"), true).is_named("db"));
        assert!(!named(None, false).is_named(""));
    }
}
