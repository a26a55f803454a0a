//! A stand-in for the relatives of PostgreSQL that cannot be run here: it stands before a real
//! PostgreSQL, refuses the statements that Greenplum's parser refuses, and takes out the words
//! that only Greenplum knows.
//!
//! It proves that no such statement is sent, and that those that are sent do what they should on
//! one machine. It does not prove how AnalyticDB plans and distributes them, what its error codes
//! are, nor that it knows nothing less than was found out of it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::support::service;

/// Who is stood in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// Greenplum 6 as it is: a grammar without ON CONFLICT.
    Greenplum6,
    /// AnalyticDB, which has added it.
    AnalyticDb,
}

/// What Greenplum 6 says of itself.
const VERSION: &str =
    "'PostgreSQL 9.4.26 (Greenplum Database 6.24.3 build commit:25d3498) on x86_64'::text";

/// How its catalog says that a table is only appended to; here it goes by the name.
const STORAGE: &str = "CASE c.relname WHEN 'appended' THEN 'a' ELSE 'h' END";

impl Lineage {
    /// Whether its parser refuses a statement: `gram.y`, `transformInsertStmt`, `pg_proc.h`; of
    /// AnalyticDB, its documentation of INSERT ON CONFLICT.
    fn refuses(self, sql: &str) -> bool {
        let writes_twice = sql.starts_with("WITH ")
            && sql.contains("INSERT INTO")
            && ["(UPDATE", "(INSERT", "(DELETE"].iter().any(|write| sql.contains(write));
        writes_twice
            || sql.contains("txid_status")
            || sql.contains("OVERRIDING")
            || sql.contains("ON CONFLICT")
                && (self == Lineage::Greenplum6 || sql.contains("\"appended\""))
    }

    /// What PostgreSQL is told instead.
    fn translate(self, sql: &str) -> String {
        if self.refuses(sql) {
            return "the stand-in refuses this".to_owned();
        }
        let mut sql = sql
            .replace("pg_catalog.version()", VERSION)
            .replace("pg_catalog.current_setting('server_version_num')", "'90426'")
            .replace("pg_catalog.to_json(c)->>'relstorage'", STORAGE)
            .replace("SET LOCAL optimizer =", "SET LOCAL greenplum.optimizer =");
        if self == Lineage::Greenplum6 {
            let words = "(SELECT word FROM pg_get_keywords() WHERE word <> 'conflict') AS words";
            sql = sql.replace("pg_catalog.pg_get_keywords()", words);
        }
        match sql.split_once(" DISTRIBUTED BY (") {
            Some((before, after)) => {
                format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest))
            }
            None => sql,
        }
    }
}

/// The stand-in, as long as the test's runtime lives.
#[derive(Debug)]
pub(crate) struct StandIn {
    port: u16,
    said: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    /// Stands before the server of the tests.
    pub(crate) async fn of(lineage: Lineage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
        let port = listener.local_addr().expect("the loopback works").port();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (server, heard) = (server_port(), Arc::clone(&said));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.expect("it listens");
                for side in [&client, &server] {
                    side.set_nodelay(true).expect("small messages need not wait");
                }
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(interpret(lineage, Arc::clone(&heard), from_client, to_server));
                tokio::spawn(async move {
                    tokio::io::copy(&mut from_server, &mut to_client).await.ok()
                });
            }
        });
        Self { port, said }
    }

    /// The address of the server, with the stand-in before it.
    pub(crate) fn before(&self, url: &str) -> String {
        let url = url.replace(&format!(":{}/", server_port()), &format!(":{}/", self.port));
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}sslmode=disable")
    }

    /// Every statement so far.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn server_port() -> u16 {
    let config: tokio_postgres::Config = service("TEST_POSTGRES").parse().expect("an address");
    config.get_ports()[0]
}

/// Passes on what a client says, statements in translation, until either side hangs up.
async fn interpret(
    lineage: Lineage,
    said: Arc<Mutex<Vec<String>>>,
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
) -> std::io::Result<()> {
    // The first message of all has no type.
    let length = client.read_i32().await?;
    server.write_i32(length).await?;
    tokio::io::copy(&mut (&mut client).take(length as u64 - 4), &mut server).await?;
    loop {
        let kind = client.read_u8().await?;
        let mut body = vec![0; client.read_i32().await? as usize - 4];
        client.read_exact(&mut body).await?;
        // A query is its text; before that of a Parse stands the statement's name.
        let start = match kind {
            b'Q' => Some(0),
            b'P' => body.iter().position(|byte| *byte == 0).map(|end| end + 1),
            _ => None,
        };
        if let Some(start) = start {
            let end =
                body[start..].iter().position(|byte| *byte == 0).expect("a text ends") + start;
            let sql = String::from_utf8_lossy(&body[start..end]).into_owned();
            body.splice(start..end, lineage.translate(&sql).into_bytes());
            said.lock().unwrap_or_else(PoisonError::into_inner).push(sql);
        }
        let mut message = vec![kind];
        message.extend((body.len() as i32 + 4).to_be_bytes());
        message.extend(body);
        server.write_all(&message).await?;
    }
}
