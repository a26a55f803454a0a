//! Standard output and standard error. If the reader of standard output has closed it, the command
//! continues without a message. Any other error of standard output leads to exit code 2 at the end.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

/// The exit code if the command cannot do its work: wrong arguments, no broker, a function that
/// does not start.
pub(crate) const UNABLE: u8 = 2;

/// The first error of standard output, except a closed pipe.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line on standard output.
macro_rules! out {
    () => { $crate::display::output::text("\n") };
    ($($text:tt)*) => { $crate::display::output::text(&format!("{}\n", format_args!($($text)*))) };
}
/// Prints a line on standard error.
macro_rules! note {
    ($($text:tt)*) => { $crate::display::output::error(format_args!($($text)*)) };
}
pub(crate) use {note, out};

/// Prints text on standard output.
pub(crate) fn text(text: &str) {
    bytes(text.as_bytes());
}

/// Prints bytes on standard output.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    remember_error(stdout.write_all(bytes).and_then(|()| stdout.flush()));
}

/// Prints a line on standard error. An error is ignored, because it cannot be reported.
pub(crate) fn error(text: Arguments) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn remember_error(written: io::Result<()>) {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => _ = FAILED.set(error),
        _ => {}
    }
}

/// The exit code of work that ended with `code`: 2 if its output could not be written.
pub(crate) fn conclude(code: ExitCode) -> ExitCode {
    match FAILED.get() {
        None => code,
        Some(error) => {
            note!("sluice: cannot write to standard output: {error}; the work was done");
            ExitCode::from(UNABLE)
        }
    }
}
