//! How requests log in: with the user's password, with a token that the user has, or with the token of a client's
//! session, which the server gives for the password (`session_token=enable` in the URL, as in the official drivers).
//!
//! A first statement never waits for that token: it logs in with the password, as everything before the token is there,
//! and as the one request that finds the token expired. The server ties a query to the session in whose name it began,
//! so the session stays the same while a query runs; only its token changes.
//!
//! Not here: the requests for a token (`renew`).
//!
//! API: `servers/http/middleware/session.rs` and `session_header.rs` of the server's sources, `core/src/client.rs` of
//! the official driver's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sluice_http::Request;

/// What the user has.
pub(super) enum Credential {
    Password { user: String, password: String },
    Token(String),
}

/// The user's credential, and the session's token where one is used.
pub(super) struct Login {
    credential: Credential,
    /// `None` if no token is to be asked for.
    session: Option<Mutex<State>>,
}

/// What is known about the client's session.
#[derive(Default)]
struct State {
    /// Its name at the server; once there is one, it stays as long as the process.
    id: Option<String>,
    tokens: Option<Tokens>,
    /// The server gives no tokens.
    is_unavailable: bool,
}

/// The tokens of a session.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) session: String,
    pub(super) refresh: String,
    /// From when on there should be new ones, by the clock of the day: the monotonic clock stops while the execution
    /// environment is frozen.
    pub(super) renew_at: SystemTime,
}

/// What the server has answered to a request for tokens.
pub(super) enum Given {
    Tokens {
        id: String,
        tokens: Tokens,
    },
    /// It knows no sessions, or gives no tokens for this login.
    Never,
}

impl Tokens {
    /// Tokens whose time is so long, as the server tells it. It tells the time of the refresh token. The session's
    /// token has a quarter of it, and then ten minutes more (`client_session_manager.rs`, `consts.rs`).
    pub(super) fn new(session: String, refresh: String, told: Duration) -> Self {
        Self { session, refresh, renew_at: SystemTime::now() + told / 4 }
    }
}

impl Login {
    pub(super) fn new(credential: Credential, uses_session: bool) -> Self {
        // For a token of the user the server gives no other one.
        let has_password = matches!(credential, Credential::Password { .. });
        Self { credential, session: (uses_session && has_password).then(Mutex::default) }
    }

    /// The session in whose name queries may begin; `None` before the first login.
    pub(super) fn id(&self) -> Option<String> {
        self.state()?.id.clone()
    }

    /// The tokens that are used now.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.state()?.tokens.clone()
    }

    /// Whether new tokens should be asked for.
    pub(super) fn is_due(&self) -> bool {
        self.state().is_some_and(|state| {
            let is_fresh = state.tokens.as_ref().is_some_and(|it| SystemTime::now() < it.renew_at);
            !state.is_unavailable && !is_fresh
        })
    }

    /// Keeps what the server has answered.
    pub(super) fn keep(&self, given: Given) {
        let Some(mut state) = self.state() else { return };
        match given {
            Given::Tokens { id, tokens } => {
                state.id.get_or_insert(id);
                state.tokens = Some(tokens);
            }
            Given::Never => state.is_unavailable = true,
        }
    }

    /// Drops tokens that the server refuses, unless there are newer ones.
    pub(super) fn drop_tokens(&self, refused: &Tokens) {
        if let Some(mut state) = self.state() {
            state.tokens.take_if(|held| held == refused);
        }
    }

    /// The request with the user's own credential.
    pub(super) fn own(&self, request: Request) -> Request {
        match &self.credential {
            Credential::Password { user, password } => request.basic(user, password),
            Credential::Token(token) => request.bearer(token),
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let session = self.session.as_ref()?;
        Some(session.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The request in the name of a session. The server reads this from a client's cookies.
pub(super) fn in_session(request: Request, id: Option<&str>) -> Request {
    match id {
        Some(id) => request.header("cookie", format!("cookie_enabled=true; session_id={id}")),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Credential {
        Credential::Password { user: "u".to_owned(), password: "p".to_owned() }
    }

    fn tokens(name: &str, told: u64) -> Given {
        let tokens = Tokens::new(name.to_owned(), "r".to_owned(), Duration::from_secs(told));
        Given::Tokens { id: format!("of {name}"), tokens }
    }

    #[test]
    fn tokens_are_renewed_after_a_quarter_of_their_time_and_the_session_stays() {
        let login = Login::new(password(), true);
        assert!(login.is_due() && login.id().is_none());
        login.keep(tokens("a", 4_000));
        assert!(!login.is_due());
        let first = login.tokens().expect("tokens");
        let left = first.renew_at.duration_since(SystemTime::now()).expect("later");
        assert!(left > Duration::from_secs(900) && left <= Duration::from_secs(1_000), "{left:?}");
        login.keep(tokens("b", 0));
        assert!(login.is_due());
        // The refusal of an older token says nothing about the new one.
        login.drop_tokens(&first);
        let second = login.tokens().expect("tokens");
        assert_eq!((second.session.as_str(), login.id().as_deref()), ("b", Some("of a")));
        login.drop_tokens(&second);
        assert!(login.is_due() && login.tokens().is_none() && login.id().is_some());
    }

    #[test]
    fn without_tokens_nothing_is_asked_for() {
        let unavailable = Login::new(password(), true);
        unavailable.keep(Given::Never);
        let own = Login::new(Credential::Token("t".to_owned()), true);
        for login in [unavailable, own, Login::new(password(), false)] {
            assert!(!login.is_due() && login.id().is_none() && login.tokens().is_none());
        }
    }
}
