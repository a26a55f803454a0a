//! Errors that end a command, and failures of an invocation.

use std::fmt;

use krafka::KrafkaError;

/// An error that ends a command. Its text is one sentence, without a value of a record or a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection options are wrong, or the cluster cannot be reached with them.
    Access(String),
    /// The broker refused a request, or the client cannot continue.
    Kafka {
        /// What failed.
        doing: &'static str,
        /// The client's error.
        source: KrafkaError,
    },
    /// A topic does not exist, or the login is not allowed to describe it.
    Topic(String, KrafkaError),
    /// No topic matches a pattern.
    NoTopic(String),
    /// The state of a group does not allow the command.
    Group(String),
    /// The offsets of a source cannot be read or changed.
    SourceOffsets(String),
    /// The function did not start.
    Function(Failure),
    /// A line cannot become a record. The lines before it were sent.
    Record {
        /// The number of the line, from 1 on.
        line: u64,
        /// The reason.
        why: String,
    },
    /// A file or pipe could not be read or written.
    Io(String, std::io::Error),
    /// A task of the run panicked, which is a bug.
    Defect(String),
}

impl Error {
    pub(crate) fn kafka(doing: &'static str) -> impl FnOnce(KrafkaError) -> Self {
        move |source| Self::Kafka { doing, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(text) | Self::Group(text) | Self::SourceOffsets(text) => f.write_str(text),
            Self::Kafka { doing, source } => write!(f, "{doing}: {source}"),
            Self::Topic(topic, source) => {
                write!(
                    f,
                    "topic {topic} cannot be used: create it, or allow access to it: {source}"
                )
            }
            Self::NoTopic(pattern) => write!(f, "no topic matches {pattern}"),
            Self::Function(failure) => failure.fmt(f),
            Self::Record { line: 1, why } => write!(f, "line 1: {why}; nothing was sent"),
            Self::Record { line, why } => {
                write!(f, "line {line}: {why}; the {} lines before it were sent", line - 1)
            }
            Self::Io(what, source) => write!(f, "{what}: {source}"),
            Self::Defect(text) => write!(f, "a task panicked, please report it: {text}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Kafka { source, .. } | Self::Topic(_, source) => Some(source),
            Self::Function(failure) => Some(failure),
            Self::Io(_, source) => Some(source),
            Self::Access(_)
            | Self::NoTopic(_)
            | Self::Group(_)
            | Self::SourceOffsets(_)
            | Self::Record { .. }
            | Self::Defect(_) => None,
        }
    }
}

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// What happened; the function's own message, if there is one.
    pub message: String,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The function reported an error.
    Error,
    /// It did not answer in time and was killed.
    Timeout,
    /// Its process ended in the middle of the invocation.
    Crash,
    /// It did not start.
    Init,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let happened = match self.kind {
            FailureKind::Error => "the function reported an error",
            FailureKind::Timeout => "the function timed out",
            FailureKind::Crash => "the function crashed",
            FailureKind::Init => "the function did not start",
        };
        write!(f, "{happened}: {}", self.message)
    }
}

impl std::error::Error for Failure {}
