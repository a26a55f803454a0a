//! A registry's URL, and the addresses below it.

use percent_encoding::percent_decode_str;
use sluice_http::Url;

/// The place of Apicurio's APIs in its URLs, and the version of the one that is Confluent's.
const COMPATIBLE: [&str; 2] = ["ccompat", "v7"];
const OWN: [&str; 2] = ["registry", "v2"];

/// The base URL of a registry that answers as Confluent's does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Below it are Confluent's paths.
    confluent: Url,
    /// Below it are the paths of Apicurio's own API, if the registry is Apicurio.
    apicurio: Option<Url>,
}

/// A user and a password.
pub(crate) type UserInfo = (String, String);

impl Base {
    /// Reads a URL, and the login in it. The URL of Apicurio's own API means both of its APIs.
    ///
    /// # Errors
    /// The end of a sentence that begins with the option's name; it contains nothing of the URL.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<UserInfo>), String> {
        let mut url =
            Url::parse(text).map_err(|error| format!("has a URL that is not valid: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("has a URL that begins with neither http:// nor https://".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a URL with a ? or a #: only a path may follow the host".to_owned());
        }
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, decoded(password.unwrap_or_default())?)),
        };
        // Only a URL without a host has no place for them.
        let _ = (url.set_username(""), url.set_password(None));
        let path = url.path().trim_end_matches('/').to_owned();
        let segments: Vec<&str> = path.rsplit('/').take(3).collect();
        let (confluent, apicurio) = match segments[..] {
            [_, "ccompat", "apis"] => (url.clone(), Some(beside(&url, OWN))),
            [_, "registry", "apis"] => (beside(&url, COMPATIBLE), Some(url)),
            _ => (url, None),
        };
        Ok((Self { confluent, apicurio }, login))
    }

    /// The host, as a message names it.
    pub(crate) fn host(&self) -> &str {
        self.confluent.host_str().unwrap_or_default()
    }

    /// An address of Confluent's API; the segments are encoded.
    pub(crate) fn confluent(&self, segments: &[&str]) -> Url {
        below(&self.confluent, segments)
    }

    /// An address of Apicurio's own API; `None` if the registry is not Apicurio.
    pub(crate) fn apicurio(&self, segments: &[&str]) -> Option<Url> {
        self.apicurio.as_ref().map(|base| below(base, segments))
    }

    /// Whether the URL is that of the third version of Apicurio's own API.
    pub(crate) fn is_third(&self) -> bool {
        self.apicurio
            .as_ref()
            .is_some_and(|base| base.path().trim_end_matches('/').ends_with("/v3"))
    }
}

fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// The URL of another API of the same registry.
fn beside(url: &Url, api: [&str; 2]) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().pop().pop().extend(api);
    }
    url
}

/// Decodes a user or a password of a URL.
fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "has a URL whose user or password is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Base {
        Base::parse(text).expect("a good URL").0
    }

    #[test]
    fn a_base_may_have_a_path() {
        for (text, expected) in [
            ("http://h:8081", "http://h:8081/schemas/ids/7"),
            ("https://h/", "https://h/schemas/ids/7"),
            ("https://h/a/b", "https://h/a/b/schemas/ids/7"),
            ("https://h/a/b/", "https://h/a/b/schemas/ids/7"),
        ] {
            assert_eq!(base(text).confluent(&["schemas", "ids", "7"]).as_str(), expected);
            assert_eq!(base(text).apicurio(&["x"]), None);
        }
        let subject = base("http://h").confluent(&["subjects", "a/b c:.d", "versions", "1"]);
        assert_eq!(subject.as_str(), "http://h/subjects/a%2Fb%20c:.d/versions/1");
    }

    #[test]
    fn apicurio_has_two_apis() {
        for (text, compatible, own, third) in [
            (
                "http://h/apis/ccompat/v7",
                "http://h/apis/ccompat/v7/x",
                "http://h/apis/registry/v2/x",
                false,
            ),
            (
                "http://h/p/apis/ccompat/v6/",
                "http://h/p/apis/ccompat/v6/x",
                "http://h/p/apis/registry/v2/x",
                false,
            ),
            (
                "http://h/apis/registry/v3",
                "http://h/apis/ccompat/v7/x",
                "http://h/apis/registry/v3/x",
                true,
            ),
        ] {
            let base = base(text);
            assert_eq!(base.confluent(&["x"]).as_str(), compatible);
            assert_eq!(base.apicurio(&["x"]).unwrap().as_str(), own);
            assert_eq!(base.is_third(), third);
        }
    }

    #[test]
    fn a_login_leaves_the_url() {
        let (base, login) = Base::parse("https://us%40er:p%3Aw@h/a").unwrap();
        assert_eq!(login, Some(("us@er".to_owned(), "p:w".to_owned())));
        assert_eq!(base.confluent(&[]).as_str(), "https://h/a");
        for wrong in
            ["h:8081", "ftp://h", "https://", "https://u:hunter2@h/?a", "https://u:hunter2@h:x/"]
        {
            let why = Base::parse(wrong).expect_err(wrong);
            assert!(why.starts_with("has a URL") && !why.contains("hunter2"), "{why}");
        }
    }
}
