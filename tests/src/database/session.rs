//! A session with a database, past any function: statements go in, text comes out.

use std::error::Error;
use std::str::FromStr;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Value};
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

type Failed = Box<dyn Error + Sync + Send>;

/// A session.
#[derive(Debug)]
pub enum Session {
    /// With PostgreSQL.
    Postgres(Client),
    /// With MariaDB.
    Mariadb(Mutex<Conn>),
}

/// A row of an answer, as its database spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Vec<Option<String>>);

impl Session {
    /// Opens one at the URL of a [`crate::database::target::Target`].
    ///
    /// # Errors
    /// The database does not answer, or lets nobody in.
    pub async fn open(url: &str) -> Result<Self, Failed> {
        if url.starts_with("mysql:") {
            return Ok(Self::Mariadb(Mutex::new(Conn::new(Opts::from_url(url)?).await?)));
        }
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(async move { connection.await.ok() });
        Ok(Self::Postgres(client))
    }

    /// Runs statements.
    ///
    /// # Errors
    /// One of them fails.
    pub async fn run(&self, statements: &str) -> Result<(), Failed> {
        match self {
            Self::Postgres(client) => Ok(client.batch_execute(statements).await?),
            Self::Mariadb(session) => Ok(session.lock().await.query_drop(statements).await?),
        }
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// The query fails.
    pub async fn query(&self, query: &str) -> Result<Vec<Row>, Failed> {
        match self {
            Self::Postgres(client) => {
                let answer = client.simple_query(query).await?;
                Ok(answer.iter().filter_map(from_postgres).collect())
            }
            Self::Mariadb(session) => {
                let rows: Vec<mysql_async::Row> = session.lock().await.query(query).await?;
                Ok(rows.into_iter().map(from_mariadb).collect())
            }
        }
    }
}

fn from_postgres(message: &SimpleQueryMessage) -> Option<Row> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    Some(Row((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect()))
}

/// Answers to statements in text are text.
fn from_mariadb(row: mysql_async::Row) -> Row {
    let cell = |value| match value {
        Value::Bytes(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    };
    Row(row.unwrap().into_iter().map(cell).collect())
}

impl Row {
    /// The cell at `place`.
    ///
    /// # Panics
    /// There is none, it is null, or it reads otherwise.
    #[must_use]
    pub fn get<T: FromStr>(&self, place: usize) -> T {
        let text = self.text(place).unwrap_or_else(|| panic!("null at {place}: {self:?}"));
        text.parse().unwrap_or_else(|_| panic!("not what was wanted at {place}: {self:?}"))
    }

    /// The same, of a cell that may be null.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn text(&self, place: usize) -> Option<&str> {
        self.0[place].as_deref()
    }
}
