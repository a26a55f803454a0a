//! A server of a test's own: the same PostgreSQL as the one of all tests, with other settings. It
//! runs on this machine, so that the one of all tests must, too.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::admin;

/// Where its files are, who runs it, and with which programs.
pub(crate) struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
    owner: (u32, u32),
}

/// One that runs.
pub(crate) struct Running {
    process: Child,
    pub(crate) port: u16,
}

impl Cluster {
    /// Makes one whose superuser is `owner` and who believes every name that comes from here.
    pub(crate) async fn make(name: &str) -> Self {
        let admin = admin().await;
        let ask = async |query: &str| -> PathBuf {
            let row = admin.query_one(query, &[]).await.expect("a superuser may know");
            row.get::<_, String>(0).into()
        };
        let programs = ask("SELECT setting FROM pg_config WHERE name = 'BINDIR'").await;
        let data = ask("SELECT current_setting('data_directory')").await;
        let owner = std::fs::metadata(data).expect("the server runs on this machine");
        let directory = std::env::temp_dir().join(format!("sluice-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        let cluster = Self { directory, programs, owner: (owner.uid(), owner.gid()) };
        cluster.give(&cluster.directory);
        let mut initdb = cluster.program("initdb");
        initdb.args([
            "-D",
            "data",
            "-U",
            "owner",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        ]);
        assert!(initdb.status().expect("initdb runs").success(), "initdb fails");
        cluster
    }

    /// A file that the server can read, and nobody else.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::write(&path, content).expect("it can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
            .expect("it is ours");
        self.give(&path);
        path
    }

    /// Who may log in, in the words of `pg_hba.conf`.
    pub(crate) fn let_in(&self, who: &str) {
        self.file("data/pg_hba.conf", who.as_bytes());
    }

    /// Starts it on a free port with these settings. Another process may take the port first, so
    /// that the server ends; it then gets another one.
    pub(crate) async fn start(&self, settings: &[&str]) -> Running {
        let mut log = String::new();
        for _ in 0..3 {
            if let Some(running) = self.start_once(settings).await {
                return running;
            }
            log = std::fs::read_to_string(self.directory.join("log")).expect("it can be read");
        }
        panic!("it does not start: {settings:?}: {log}");
    }

    async fn start_once(&self, settings: &[&str]) -> Option<Running> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        drop(listener);
        let port_setting = format!("port={port}");
        let own =
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", &port_setting];
        let mut server = self.program("postgres");
        server.args(["-D", "data"]);
        for setting in own.iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let log = std::fs::File::create(self.directory.join("log")).expect("it can be made");
        let mut process = server.stderr(log).spawn().expect("it can be started");
        let lock_file = self.directory.join("data/postmaster.pid");
        for _ in 0..2_000 {
            if process.try_wait().expect("it is ours").is_some() {
                return None;
            }
            let lines = std::fs::read_to_string(&lock_file).unwrap_or_default();
            // Versions before 10 do not say that they are ready, but where they listen.
            let listens = lines.lines().nth(5).is_some_and(|address| !address.is_empty());
            if lines.contains("ready")
                || (listens && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
            {
                return Some(Running { process, port });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it takes too long to start: {settings:?}");
    }

    fn give(&self, path: &Path) {
        let (user, group) = self.owner;
        chown(path, Some(user), Some(group)).expect("the server's user can have it");
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.directory).uid(self.owner.0).gid(self.owner.1);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Running {
    /// Ends it, clients or not.
    pub(crate) fn stop(mut self) {
        let id = self.process.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status();
        assert!(asked.is_ok_and(|asked| asked.success()), "it cannot be ended");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Running {
    /// Where the test failed.
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let removed = std::fs::remove_dir_all(&self.directory);
        assert!(removed.is_ok() || std::thread::panicking(), "{} stays", self.directory.display());
    }
}
