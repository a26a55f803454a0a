//! Standard output and standard error. A reader that has gone does not change the result of the work:
//! nothing is said about it. Any other failure to write gives exit code 2 at the end.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

/// The command could not do its work: wrong arguments, no broker, a function that does not start.
pub(crate) const UNABLE: u8 = 2;

/// The first failure of standard output, but for a reader that has gone.
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

/// Prints text on standard output as it is.
pub(crate) fn text(text: &str) {
    bytes(text.as_bytes());
}

/// Prints bytes on standard output as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    keep(stdout.write_all(bytes).and_then(|()| stdout.flush()));
}

/// Prints a line on standard error. If that fails, nobody can be told.
pub(crate) fn error(text: Arguments) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn keep(written: io::Result<()>) {
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
            note!("sluice: cannot write to standard output: {error}; what was done stays done");
            ExitCode::from(UNABLE)
        }
    }
}
