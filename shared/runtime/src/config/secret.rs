//! What references ask AWS for, and the answers as long as they are kept.

use std::collections::HashMap;
use std::fmt;

/// A secret or a parameter, of which several references may want different fields. Displays as
/// what a person calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SecretRef {
    /// Of Secrets Manager: a name or an ARN, and a version other than `AWSCURRENT`.
    Secret { id: String, stage: Option<String> },
    /// Of Systems Manager's Parameter Store: a name, with a version or label behind a colon if
    /// it is not the latest.
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

/// The texts that were read. It has no `Debug`, which would print them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SecretValues(HashMap<SecretRef, String>);

impl SecretValues {
    pub(crate) fn insert(&mut self, asked: SecretRef, text: String) {
        self.0.insert(asked, text);
    }

    pub(crate) fn get(&self, asked: &SecretRef) -> Option<&str> {
        self.0.get(asked).map(String::as_str)
    }
}
