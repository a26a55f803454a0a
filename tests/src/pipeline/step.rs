//! The steps of an invocation, as they can be waited for on a wire.

use crate::database::target::Target;
use crate::pipeline::Pipeline;
use crate::wire::hold::Held;
use crate::wire::proxy::{Proxy, Side};

/// A step of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The offsets are about to be locked.
    Lock,
    /// Rows are about to be written.
    Write,
    /// A bad row is about to be looked for.
    Isolate,
    /// A letter is about to arrive.
    Letter,
    /// The offsets are about to be stored.
    Store,
    /// The COMMIT is about to arrive.
    Commit,
    /// It is done, and about to be answered.
    Answer,
}

impl Step {
    /// Holds a pipeline's function back at the step, on the wire to its target; a letter's is the wire
    /// to the broker.
    #[must_use]
    pub fn hold(self, pipeline: &Pipeline, proxy: &Proxy) -> Held {
        match (self, pipeline.target) {
            (Self::Answer, Target::Postgres) => proxy.hold(Side::Server, b"C\0\0\0\x0bCOMMIT\0"),
            // An answer of MariaDB's does not say what it answers.
            (Self::Answer, Target::Mariadb) => {
                let commit = Self::Commit.words(pipeline);
                proxy.hold_after((Side::Client, &commit), (Side::Server, b""))
            }
            _ => proxy.hold(Side::Client, &self.words(pipeline)),
        }
    }

    /// What the function says.
    fn words(self, pipeline: &Pipeline) -> Vec<u8> {
        let words: &[u8] = match (self, pipeline.target) {
            (Self::Lock, _) => b"FOR UPDATE",
            // The table of offsets has a longer name.
            (Self::Write, Target::Postgres) => {
                return format!("\"{}\"", pipeline.name).into_bytes();
            }
            (Self::Write, Target::Mariadb) => return format!("`{}`", pipeline.name).into_bytes(),
            (Self::Isolate, Target::Postgres) => b"SAVEPOINT sluice",
            (Self::Isolate, Target::Mariadb) => b"GET DIAGNOSTICS",
            (Self::Letter, _) => b"__connect.errors.topic",
            (Self::Store, _) => b"SET next_offset",
            (Self::Commit | Self::Answer, Target::Postgres) => b"Q\0\0\0\x0bCOMMIT\0",
            (Self::Commit | Self::Answer, Target::Mariadb) => b"\x07\0\0\0\x03COMMIT",
        };
        words.to_vec()
    }
}
