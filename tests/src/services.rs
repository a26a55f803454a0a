//! Where the servers and the binaries are, and names nobody else uses.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longer than anything here takes; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The file with the authority that vouches for the servers; their certificate is beside it.
///
/// # Panics
/// `TEST_POSTGRES_CA` is not set.
#[must_use]
pub fn authority() -> String {
    exported("TEST_POSTGRES_CA")
}

/// The same database through a pooler in transaction mode, with two connections.
///
/// # Panics
/// `TEST_PGBOUNCER` is not set.
#[must_use]
pub fn pgbouncer() -> String {
    exported("TEST_PGBOUNCER")
}

/// The stand-in for Tablestore, as a URL.
///
/// # Panics
/// `TEST_TABLESTORE` is not set.
#[must_use]
pub fn tablestore() -> String {
    exported("TEST_TABLESTORE")
}

/// The broker, as `host:port`.
///
/// # Panics
/// `TEST_KAFKA` is not set.
#[must_use]
pub fn kafka() -> String {
    exported("TEST_KAFKA")
}

/// A binary of this workspace: from `TEST_BIN_DIR`, or where this test was built.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let binary = built().join(name);
    assert!(binary.exists(), "there is no {}: run scripts/test.sh", binary.display());
    binary
}

/// The root of the repository.
///
/// # Panics
/// This package is not in a folder of it.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of it")
}

/// `what`, made unique: letters, digits and underscores, fit for a topic and for a table.
///
/// # Panics
/// The clock stands before 1970.
#[must_use]
pub fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("acc_{:x}_{:x}_{count}_{what}", now.as_secs(), std::process::id())
}

/// Waits until `done` holds.
///
/// # Panics
/// It does not hold within [`PATIENCE`].
pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < PATIENCE, "gave up waiting: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn exported(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run scripts/test.sh, or eval \"$(scripts/services.sh env)\"")
    })
}

/// Where binaries are built to: `TEST_BIN_DIR`, or where we were. Tests are built into
/// `<profile>/deps`, binaries into `<profile>`.
///
/// # Panics
/// We have no path.
#[must_use]
pub fn built() -> PathBuf {
    if let Some(directory) = std::env::var_os("TEST_BIN_DIR") {
        return directory.into();
    }
    let us = std::env::current_exe().expect("a test has a path");
    let folder = us.parent().expect("it is in a folder");
    let beside = folder.file_name().is_some_and(|name| name == "deps");
    if beside {
        folder.parent().expect("deps is in a profile").to_owned()
    } else {
        folder.to_owned()
    }
}
