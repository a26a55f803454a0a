//! From the text of a schema to its plan.

use super::plan::AvroPlan;
use super::{choice, declare, parse};

impl AvroPlan {
    /// Compiles a schema; `references` define the named types that it uses, each after those that
    /// it uses itself. With `flatten`, a union of several types is the value itself.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn compile(
        text: &str,
        references: &[(&str, &str)],
        flatten: bool,
    ) -> Result<Self, String> {
        let (mut nodes, root) = parse::parse(text, references)?;
        if !flatten {
            choice::convert(&mut nodes);
        }
        let (declared, known) = declare::declare(&nodes, root)?;
        let branches = (0..nodes.len()).map(|index| known.get(&index).cloned()).collect();
        Ok(Self { nodes, root, declared, branches })
    }
}
