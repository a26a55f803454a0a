//! From the files of a schema to its plan.

use super::plan::ProtobufPlan;
use super::{fields, names};

impl ProtobufPlan {
    /// Compiles a schema; `references` are the files that it imports, by their paths. With `flatten`,
    /// members of a oneof are fields of their message.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn compile(
        text: &str,
        references: &[(&str, &str)],
        flatten: bool,
    ) -> Result<Self, String> {
        let names = names::Files::read(text, references)?;
        fields::compile(&names, flatten)
    }
}
