//! Splits a URL into parts, so that no part of a password is taken for another part.
//!
//! Not here: the meaning of a database's own parameters.

/// The parts of a URL, not decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'u> {
    /// Whether the URL starts with `jdbc:`.
    pub is_jdbc: bool,
    /// The part before `://`.
    pub scheme: &'u str,
    /// The part between `://` and `?`: login, hosts, database.
    pub address: &'u str,
    /// The part after `?`.
    pub query: &'u str,
}

/// Splits a URL, if there is only one way to do so. With a wrong split, a message could show a part of the
/// password as the host's name, or the URL's TLS settings could get lost.
///
/// # Errors
/// The end of a sentence that starts with the option's name. It never contains a part of a password.
/// `must_start` is returned for a scheme that is not in `schemes`.
pub fn split<'u>(
    url: &'u str,
    schemes: &[&str],
    must_start: &'static str,
) -> Result<Parts<'u>, &'static str> {
    let bare = url.strip_prefix("jdbc:");
    let is_jdbc = bare.is_some();
    let (scheme, rest) = bare.unwrap_or(url).split_once("://").unwrap_or_default();
    if !schemes.contains(&scheme) {
        return Err(must_start);
    }
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.split_once('@').is_some_and(|(_, host)| host.contains(['/', '?'])) {
        return Err("has an @ after a ?: in a user name or password, write ? as %3F and @ as %40");
    }
    if address.matches('@').count() > 1 {
        return Err("has an @ in the user name or password: write it as %40");
    }
    Ok(Parts { is_jdbc, scheme, address, query })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(url: &str) -> Result<Parts<'_>, &'static str> {
        split(url, &["mysql", "mariadb"], "must start with mysql://")
    }

    #[test]
    fn a_url_is_cut_at_its_marks() {
        let parts = cut("jdbc:mysql://u:p@h:1/d?a=1&b=/@").ok();
        let (address, query) = ("u:p@h:1/d", "a=1&b=/@");
        assert!(parts == Some(Parts { is_jdbc: true, scheme: "mysql", address, query }));
        assert!(cut("mariadb://h").is_ok_and(|parts| !parts.is_jdbc && parts.query.is_empty()));
    }

    #[test]
    fn what_can_be_cut_in_two_ways_is_refused() {
        for (url, why) in [
            ("postgresql://h/d", "must start"),
            ("mysql:h", "must start"),
            ("mysql://u:p@ss@h/d", "has an @ in the user name"),
            ("mysql://u:p?ss@h/d", "has an @ after a ?"),
        ] {
            assert!(cut(url).is_err_and(|told| told.starts_with(why)), "{url}");
        }
    }
}
