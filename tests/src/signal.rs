//! Signals to processes.

/// Sends a signal to one process.
///
/// # Panics
/// There is no such process.
pub fn signal(process: u32, name: &str) {
    let arguments = [format!("-{name}"), process.to_string()];
    let sent = std::process::Command::new("kill").args(arguments).status();
    assert!(sent.expect("kill exists").success(), "no process {process}");
}
