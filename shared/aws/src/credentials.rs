//! The credentials of the function's role.

/// Credentials. There is no `Debug`, because it would print a secret.
pub struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
}

impl Credentials {
    /// Reads the variables that Lambda sets for a function. The platform may renew them, so they are
    /// read for each request.
    ///
    /// # Errors
    /// The name of the missing variable.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, &'static str> {
        let given = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| given(name).ok_or(name);
        Ok(Self {
            access_key: required("AWS_ACCESS_KEY_ID")?,
            secret_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: given("AWS_SESSION_TOKEN"),
        })
    }
}
