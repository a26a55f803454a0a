//! From the text of a schema to its plan.

use super::plan::AvroPlan;
use super::{declare, parse};

impl AvroPlan {
    /// Compiles a schema; `references` define the named types that it uses, each after those that
    /// it uses itself.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn compile(text: &str, references: &[(&str, &str)]) -> Result<Self, String> {
        let (nodes, root) = parse::parse(text, references)?;
        let (declared, known) = declare::declare(&nodes, root)?;
        let branches = (0..nodes.len()).map(|index| known.get(&index).cloned()).collect();
        Ok(Self { nodes, root, declared, branches })
    }
}
