//! From the files of a schema to its plan.

use super::plan::ProtobufPlan;
use super::{fields, names};

impl ProtobufPlan {
    /// Compiles a schema; `references` are the files that it imports, by their paths.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn compile(text: &str, references: &[(&str, &str)]) -> Result<Self, String> {
        let names = names::Files::read(text, references)?;
        fields::compile(&names)
    }
}
