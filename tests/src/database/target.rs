//! The databases that a pipeline may end at: where each is, and which connector writes into it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::database::session::Session;
use crate::services::{exported, repository};
use crate::signal;

/// A database that is started for the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
}

impl Target {
    /// Every one there is.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Mariadb];

    /// The connector that writes into it.
    #[must_use]
    pub fn connector(self) -> &'static str {
        match self {
            Self::Postgres => "analyticdb-postgresql",
            Self::Mariadb => "analyticdb-mysql",
        }
    }

    /// What `scripts/services.sh` calls it.
    #[must_use]
    pub fn service(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// The variable that says where it is.
    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "TEST_POSTGRES",
            Self::Mariadb => "TEST_MARIADB",
        }
    }

    /// Where it is: a URL with user and password.
    ///
    /// # Panics
    /// Its variable is not set.
    #[must_use]
    pub fn url(self) -> String {
        exported(self.variable())
    }

    /// Where it is for a pipeline's function. MariaDB knows a session by its user only, so that each
    /// pipeline has one of its own; PostgreSQL is told the connector's name.
    ///
    /// # Panics
    /// As [`Target::url`].
    #[must_use]
    pub fn url_of(self, pipeline: &str) -> String {
        match self {
            Self::Postgres => self.url(),
            Self::Mariadb => {
                format!(
                    "mysql://{pipeline}:{}@{}/{}",
                    self.password(),
                    self.address(),
                    self.database()
                )
            }
        }
    }

    /// What its URLs begin with.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Mariadb => "mysql",
        }
    }

    /// Where it is, and nothing of who logs in.
    ///
    /// # Panics
    /// As [`Target::url`].
    #[must_use]
    pub fn url_without_login(self) -> String {
        format!("{}://{}/{}", self.scheme(), self.address(), self.database())
    }

    /// A URL of it in the clear at another `host:port`, so that what is said can be looked for.
    ///
    /// # Panics
    /// As [`Target::url`].
    #[must_use]
    pub fn in_the_clear(self, url: &str, address: &str) -> String {
        let url = url.replace(&self.address(), address);
        match self {
            Self::Postgres => format!("{url}?sslmode=disable"),
            Self::Mariadb => format!("{url}?sslMode=DISABLED"),
        }
    }

    /// The password in its URL.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn password(self) -> String {
        let url = self.url();
        let credentials = url.split("//").nth(1).and_then(|rest| rest.rsplit_once('@'));
        let password = credentials.and_then(|(credentials, _)| credentials.split_once(':'));
        password.expect("a URL with user and password").1.to_owned()
    }

    pub(crate) fn database(self) -> String {
        self.url().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Its `host:port`.
    ///
    /// # Panics
    /// Its URL has no user.
    #[must_use]
    pub fn address(self) -> String {
        let url = self.url();
        let rest = url.rsplit_once('@').expect("a URL with a user").1;
        rest.split('/').next().expect("a host").to_owned()
    }

    /// A session with it, as its owner.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn connect(self) -> Session {
        Session::open(&self.url()).await.expect("the database answers")
    }

    /// Whether it can be asked what became of a transaction whose COMMIT went unanswered.
    #[must_use]
    pub fn knows_transactions(self) -> bool {
        self == Self::Postgres
    }

    /// Whether it was started from this checkout for us alone, so that it may be killed: its
    /// variable with `_IS_OURS` at the end says so.
    #[must_use]
    pub fn is_ours(self) -> bool {
        std::env::var_os(format!("{}_IS_OURS", self.variable())).is_some()
    }

    /// Kills it without a checkpoint, so that the next start recovers from its log, and starts it
    /// again after a pause.
    ///
    /// # Panics
    /// It was not started by `scripts/services.sh`, or does not start again.
    pub async fn crash(self, pause: Duration) {
        let noted: PathBuf = [".services", self.service(), "pid"].iter().collect();
        let noted = std::fs::read_to_string(repository().join(noted));
        let noted = noted.expect("scripts/services.sh has started it");
        let process = noted.split(' ').next().and_then(|pid| pid.parse().ok());
        // PostgreSQL is many processes, of which the first one tells the others.
        let signal = if self == Self::Postgres { "QUIT" } else { "KILL" };
        signal::signal(process.expect("a process id"), signal);
        tokio::time::sleep(pause).await;
        let mut command = tokio::process::Command::new(repository().join("scripts/services.sh"));
        let up = command.args(["up", self.service()]).output().await.expect("the script runs");
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    }
}

/// The passwords of the databases that are there, which may stand in no output of anything.
///
/// # Panics
/// A URL holds none.
#[must_use]
pub fn passwords() -> Vec<String> {
    let there = |target: &Target| std::env::var_os(target.variable()).is_some();
    Target::ALL.into_iter().filter(there).map(Target::password).collect()
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Makes a test of each law, which is an async function of a target, for every target.
#[macro_export]
macro_rules! on_each_target {
    ($($law:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test]
            async fn $law() {
                super::$law($crate::database::target::Target::Postgres).await;
            })+
        }

        mod mariadb {
            $(#[tokio::test]
            async fn $law() {
                super::$law($crate::database::target::Target::Mariadb).await;
            })+
        }
    };
}
