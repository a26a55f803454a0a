//! The secrets and parameters to which references refer, and their values.

use std::collections::HashMap;
use std::fmt;

/// A secret or a parameter; several references can use different fields of it. Displays with its
/// kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SecretRef {
    /// A secret of Secrets Manager: a name or an ARN, and a version stage other than `AWSCURRENT`.
    Secret { id: String, stage: Option<String> },
    /// A parameter of Systems Manager's Parameter Store: a name; a version or label can follow
    /// after a colon.
    Parameter(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { id, stage: None } => write!(f, "the secret {id}"),
            Self::Secret { id, stage: Some(stage) } => write!(f, "the secret {id} ({stage})"),
            Self::Parameter(name) => write!(f, "the parameter {name}"),
        }
    }
}

/// The values that were read. There is no `Debug`, because it would print them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SecretValues(HashMap<SecretRef, String>);

impl SecretValues {
    pub(crate) fn insert(&mut self, secret: SecretRef, text: String) {
        self.0.insert(secret, text);
    }

    pub(crate) fn get(&self, secret: &SecretRef) -> Option<&str> {
        self.0.get(secret).map(String::as_str)
    }
}
