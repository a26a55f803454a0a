//! A URL cut into pieces so that no piece of a password is taken for anything else.
//!
//! Not here: what a database's own parameters mean.

/// The pieces of a URL, as they stand there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'u> {
    /// Whether `jdbc:` stood before it.
    pub is_jdbc: bool,
    /// Before `://`.
    pub scheme: &'u str,
    /// Behind that, before the `?`: login, hosts, database.
    pub address: &'u str,
    /// Behind the `?`.
    pub query: &'u str,
}

/// Cuts a URL, if that can be done in one way only: cut at the wrong place, a piece of a password would be
/// told as the host's name, or a URL could lose what it says of TLS.
///
/// # Errors
/// The rest of a sentence that begins with the option's name; never a piece of a password.
/// `must_start` is what to say of another scheme than `schemes`.
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
        return Err("has an @ behind a ?: in a user or password write ? as %3F and @ as %40");
    }
    if address.matches('@').count() > 1 {
        return Err("has an @ in its user or password: write it as %40");
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
            ("mysql://u:p@ss@h/d", "has an @ in its user"),
            ("mysql://u:p?ss@h/d", "has an @ behind a ?"),
        ] {
            assert!(cut(url).is_err_and(|told| told.starts_with(why)), "{url}");
        }
    }
}
