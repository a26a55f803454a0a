//! How a client shows who it is.

mod oauth;

use sluice_bridge::model::failure::SinkError;
use sluice_http::Request;

use crate::client::lazy::LazyClient;

pub(crate) use oauth::{OAuth, OAuthClient};

/// A login. There is no `Debug`, because it would print a secret.
pub(crate) enum Login {
    /// None, or the client's certificate.
    Nothing,
    Basic {
        user: String,
        password: String,
    },
    /// A token that does not change.
    Token(String),
    OAuth(OAuth),
}

impl Login {
    /// The request with the login. A new token is asked for if it is `renewed`, or too old.
    ///
    /// # Errors
    /// There is no token.
    pub(crate) async fn apply(
        &self,
        client: &LazyClient,
        request: Request,
        renewed: bool,
    ) -> Result<Request, SinkError> {
        Ok(match self {
            Login::Nothing => request,
            Login::Basic { user, password } => request.basic(user, password),
            Login::Token(token) => request.bearer(token),
            Login::OAuth(oauth) => request.bearer(&oauth.token(client, renewed).await?),
        })
    }

    /// Whether a new login may be accepted where this one was refused.
    pub(crate) fn is_renewable(&self) -> bool {
        matches!(self, Login::OAuth(_))
    }
}
