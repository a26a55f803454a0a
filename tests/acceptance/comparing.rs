//! `sluice compare`: whether a table equals its copy, in one kind of database and across kinds.

mod keys;
mod limits;
mod moving;
mod types;

use serde_json::Value;
use sluice_tests::database::session::Session;
use sluice_tests::pipeline::sluice;
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, unique};

/// A server that holds a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Postgres,
    OldPostgres,
    Mariadb,
    Mysql,
}

use Server::{Mariadb, Mysql, OldPostgres, Postgres};

impl Server {
    fn variable(self) -> &'static str {
        match self {
            Postgres => "TEST_POSTGRES",
            OldPostgres => "TEST_POSTGRES_9_6",
            Mariadb => "TEST_MARIADB",
            Mysql => "TEST_MYSQL",
        }
    }

    fn url(self) -> String {
        std::env::var(self.variable())
            .unwrap_or_else(|_| panic!("{} is not set: run scripts/test.sh", self.variable()))
    }

    fn is_mysql(self) -> bool {
        matches!(self, Mariadb | Mysql)
    }

    fn connector(self) -> &'static str {
        if self.is_mysql() { "analyticdb-mysql" } else { "analyticdb-postgresql" }
    }

    /// One of two words, as the kind of database needs it.
    fn says<'w>(self, postgres: &'w str, mysql: &'w str) -> &'w str {
        if self.is_mysql() { mysql } else { postgres }
    }
}

/// A table and its copy, each in a server. Dropped, both are gone.
struct Pair {
    servers: [Server; 2],
    sessions: [Session; 2],
    names: [String; 2],
}

impl Pair {
    /// Tables of these columns.
    async fn new(servers: [Server; 2], what: &str, columns: [&str; 2]) -> Self {
        let name = unique(what);
        let names = [name.clone(), format!("{name}_copy")];
        let open = |server: Server| async move {
            Session::open(&server.url()).await.expect("the database answers")
        };
        let sessions = [open(servers[0]).await, open(servers[1]).await];
        let pair = Self { servers, sessions, names };
        for (side, columns) in columns.into_iter().enumerate() {
            pair.sql(side, &format!("CREATE TABLE THE_TABLE ({columns})")).await;
        }
        pair
    }

    /// Runs a statement on the source (0) or the copy (1), in which `THE_TABLE` stands for it.
    async fn sql(&self, side: usize, statement: &str) {
        let statement = statement.replace("THE_TABLE", &self.names[side]);
        self.sessions[side]
            .run(&statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    async fn both(&self, statement: &str) {
        self.sql(0, statement).await;
        self.sql(1, statement).await;
    }

    async fn compare(&self, arguments: &[&str]) -> Run {
        let mut command = sluice();
        command.args(["compare", "--table", &self.names[0], "--copy-table", &self.names[1]]);
        for (side, server) in ["source", "copy"].iter().zip(self.servers) {
            command.arg(format!("--{side}")).arg(binary(server.connector()));
            let url = format!("{}_URL", side.to_uppercase());
            command.arg(format!("--{side}-option")).arg(format!("connection.url=${{env:{url}}}"));
            command.env(url, server.url());
        }
        command.args(arguments);
        Running::start(command, None).ended().await
    }

    /// The report as JSON, and the exit code.
    async fn report(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let run = self.compare(&[arguments, &["--output", "json"]].concat()).await;
        let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
        (run.code, report)
    }

    /// The rows that differ as `key kind columns`, having made sure that the exit code says so.
    async fn differences(&self, arguments: &[&str]) -> Vec<String> {
        let (code, report) = self.report(arguments).await;
        let found: Vec<String> = list(&report["differences"]).iter().map(told).collect();
        assert_eq!(code, Some(i32::from(!found.is_empty())), "{report:#}");
        assert_eq!(report["equal"], found.is_empty(), "{report:#}");
        found
    }
}

impl Drop for Pair {
    /// Also after a failure, so that nothing stays in the servers.
    fn drop(&mut self) {
        let tables: Vec<_> =
            self.servers.iter().map(|server| server.url()).zip(self.names.clone()).collect();
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                for (url, table) in tables {
                    let Ok(session) = Session::open(&url).await else { continue };
                    let _ = session.run(&format!("DROP TABLE {table}")).await;
                }
            });
        });
        let _ = cleaner.join();
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn told(difference: &Value) -> String {
    let words = |value: &Value| value.as_str().unwrap_or("NULL").to_owned();
    let key = list(&difference["key"]).iter().map(words).collect::<Vec<_>>().join("/");
    let columns = list(&difference["columns"]).iter().map(|it| words(&it["column"]));
    let columns = columns.collect::<Vec<_>>().join(",");
    format!("{key} {} {columns}", words(&difference["kind"])).trim().to_owned()
}

/// Every pair of kinds, and the oldest server that is spoken to.
const PAIRS: [[Server; 2]; 6] = [
    [Postgres, Postgres],
    [Mysql, Mariadb],
    [Mariadb, Postgres],
    [Postgres, Mysql],
    [Mysql, Postgres],
    [OldPostgres, Postgres],
];

#[tokio::test]
async fn equal_tables_are_equal_and_every_kind_of_difference_is_named() {
    for servers in PAIRS {
        let columns = "id int PRIMARY KEY, a varchar(20), b varchar(20)";
        let pair = Pair::new(servers, "compared", [columns; 2]).await;
        let values = (1..=300).map(|id| format!("({id},'v{id}','x')")).collect::<Vec<_>>();
        pair.both(&format!("INSERT INTO THE_TABLE VALUES {}", values.join(","))).await;
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
        for change in [
            "UPDATE THE_TABLE SET a = 'other' WHERE id = 7",
            "UPDATE THE_TABLE SET a = NULL, b = '' WHERE id = 8",
            "DELETE FROM THE_TABLE WHERE id = 9",
            "INSERT INTO THE_TABLE VALUES (1000, 'new', NULL)",
        ] {
            pair.sql(1, change).await;
        }
        let expected = ["7 changed a", "8 changed a,b", "9 only in source", "1000 only in copy"];
        assert_eq!(pair.differences(&[]).await, expected, "{servers:?}");
        assert_eq!(pair.differences(&["--columns", "b"]).await[0], "8 changed b", "{servers:?}");
        let (code, report) = pair.report(&["--only", "counts"]).await;
        assert_eq!((code, &report["source"]["rows"]), (Some(0), &Value::from(300)), "{servers:?}");
        let (code, report) = pair.report(&["--only", "checksums"]).await;
        assert_eq!((code, list(&report["differences"]).len()), (Some(1), 0), "{servers:?}");
    }
}

#[tokio::test]
async fn null_and_empty_are_two_things() {
    for servers in PAIRS {
        let columns = "id int PRIMARY KEY, v varchar(20)";
        let pair = Pair::new(servers, "nulls", [columns; 2]).await;
        pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, NULL), (2, ''), (3, 'NULL'), (4, NULL)")
            .await;
        pair.sql(1, "INSERT INTO THE_TABLE VALUES (1, ''), (2, NULL), (3, NULL), (4, NULL)").await;
        let expected = ["1 changed v", "2 changed v", "3 changed v"];
        assert_eq!(pair.differences(&[]).await, expected, "{servers:?}");
    }
}

/// Keys are needed to find a row, and are printed; all else only where somebody asks.
#[tokio::test]
async fn no_value_is_told_unless_asked_for() {
    let columns = "id int PRIMARY KEY, v varchar(20)";
    let pair = Pair::new([Mariadb, Postgres], "silent", [columns; 2]).await;
    pair.sql(0, "INSERT INTO THE_TABLE VALUES (1, 'hush'), (2, NULL), (3, 'hush')").await;
    pair.sql(1, "INSERT INTO THE_TABLE VALUES (1, 'psst'), (2, 'psst')").await;
    let run = pair.compare(&[]).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = format!("{run:?}");
    assert!(!said.contains("hush") && !said.contains("psst"), "{said}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines.contains(&"  1  differs in v") && lines.contains(&"  3  is missing in the copy"));
    assert_eq!(lines.last(), Some(&"3 rows differ"));
    let run = pair.compare(&["--values"]).await;
    assert!(run.stdout.contains("    v: hush / psst"), "{run:#?}");
    assert!(run.stdout.contains("    v: NULL / psst"), "{run:#?}");
}

#[tokio::test]
async fn what_cannot_be_compared_says_why() {
    let columns = "id int PRIMARY KEY, v varchar(20)";
    let pair = Pair::new([Postgres, Mariadb], "unable", [columns; 2]).await;
    for (arguments, words) in [
        (&["--table", "no_such_table"][..], "cannot be used multiple times"),
        (&["--columns", "w"], "the source has no column w"),
        (&["--key", "w"], "--key"),
        (&["--source-option", "connection.url=postgresql://nobody@127.0.0.1:1/x"], "source"),
    ] {
        let run = pair.compare(arguments).await;
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(words), "no `{words}` in {run:#?}");
    }
    pair.sql(1, "DROP TABLE THE_TABLE").await;
    let run = pair.compare(&[]).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("copy: ") && run.stderr.contains("does not exist"), "{run:#?}");
}
