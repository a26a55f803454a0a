//! The credentials of the role that a function runs as. Its platform hands them over, and new ones before they
//! expire.
//!
//! Where they come from is decided by the runtime, and what they are good for by a connector.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// Credentials for a limited time. They are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RoleCredentials {
    /// The id of the access key.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token without which the key is not known.
    pub token: String,
}

impl RoleCredentials {
    /// Credentials of an id, a secret and a token; `None` if one is missing or empty.
    #[must_use]
    pub fn of(parts: [Option<&str>; 3]) -> Option<Self> {
        let [id, secret, token] = parts.map(|part| part.filter(|part| !part.is_empty()));
        Some(Self { id: id?.to_owned(), secret: secret?.to_owned(), token: token?.to_owned() })
    }
}

impl fmt::Debug for RoleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleCredentials").finish_non_exhaustive()
    }
}

/// A function's role. All copies share its credentials: who keeps one always has the latest.
#[derive(Debug, Clone, Default)]
pub struct Role(Rc<RefCell<Option<RoleCredentials>>>);

impl Role {
    /// Replaces the credentials.
    pub fn renew(&self, credentials: RoleCredentials) {
        self.0.replace(Some(credentials));
    }

    /// The latest credentials; `None` if there were none yet.
    #[must_use]
    pub fn credentials(&self) -> Option<RoleCredentials> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_latest_credentials_and_shows_none() {
        let role = Role::default();
        let copy = role.clone();
        assert_eq!(copy.credentials(), None);
        for token in ["first", "second"] {
            let new = RoleCredentials::of([Some("number-1"), Some("s3cret"), Some(token)]).unwrap();
            role.renew(new.clone());
            assert_eq!(copy.credentials(), Some(new));
            let shown = format!("{copy:?}");
            assert!(["number-1", "s3cret", token].iter().all(|it| !shown.contains(it)), "{shown}");
        }
    }

    #[test]
    fn credentials_have_three_parts() {
        for parts in [[None, Some("s"), Some("t")], [Some("i"), Some(""), Some("t")]] {
            assert_eq!(RoleCredentials::of(parts), None);
        }
    }
}
