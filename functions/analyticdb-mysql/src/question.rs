//! What the server is asked of a table, and what it answers: nothing is made of it here.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};
use sluice_bridge::table::TableName;

use crate::fault;
use crate::literal::{Escapes, quoted};
use crate::profile::Profile;
use crate::session::{BEGIN, SAVEPOINT};
use crate::statement::quote_table;

/// What a column is.
const COLUMNS: &str = "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, \
     CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, \
     DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
     COLUMN_KEY";

/// The spatial reference system of a column, and whether it counts a latitude before a longitude.
const REFERENCE: &str = ", SRS_ID, (SELECT s.DEFINITION LIKE 'GEOGCS%' \
     AND s.DEFINITION LIKE '%AXIS[\"Lat\",NORTH],AXIS[\"Lon\",EAST]%' \
     FROM information_schema.ST_SPATIAL_REFERENCE_SYSTEMS s WHERE s.SRS_ID = c.SRS_ID)";

/// A part of a value's beginning, or an expression, makes an index odd.
const UNIQUE: &str = "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS \
     WHERE NON_UNIQUE = 0 AND ";

/// With the table's name: a subquery that has to look it up reads the triggers of all tables.
const TRIGGERS: &str = "EXISTS (SELECT 1 FROM information_schema.TRIGGERS WHERE ";
const KEPT: &str = "FROM information_schema.TABLES t \
     LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE ";

/// MariaDB's JSON is text that passes this check.
const CHECKS: &str = "SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS \
     WHERE CHECK_CLAUSE LIKE 'json\\_valid(%' AND ";

/// What the server is asked of a table, and what it is called there.
pub(crate) struct Question {
    lock: String,
    look: String,
    columns: String,
    unique: String,
    kept: String,
    checks: Option<String>,
}

/// What it answers, in the same order.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Row>,
    pub(crate) unique: Vec<Row>,
    pub(crate) kept: Vec<Row>,
    pub(crate) checks: Vec<Row>,
}

impl Question {
    pub(crate) fn of(name: &TableName, profile: &Profile) -> Self {
        // Read alike with backslashes and without, for a name has none that matters here.
        let text = |text: &str| quoted(text, Escapes::Backslash);
        let schema = name.schema.as_deref().map_or("DATABASE()".to_owned(), text);
        let table = text(&name.name);
        let reference = if profile.has_references { REFERENCE } else { "" };
        let look = format!("SELECT 1 FROM {} LIMIT 0", quote_table(name));
        let of_table = format!("TABLE_SCHEMA = {schema} AND TABLE_NAME = {table}");
        Self {
            lock: format!("{look} FOR UPDATE"),
            look,
            columns: format!(
                "{COLUMNS}{reference} FROM information_schema.COLUMNS c \
                 WHERE {of_table} ORDER BY ORDINAL_POSITION"
            ),
            unique: format!("{UNIQUE}{of_table} ORDER BY INDEX_NAME, SEQ_IN_INDEX"),
            kept: format!(
                "SELECT t.ENGINE, e.TRANSACTIONS, {TRIGGERS}EVENT_OBJECT_SCHEMA = {schema} \
                 AND EVENT_OBJECT_TABLE = {table}) {KEPT}{of_table}"
            ),
            checks: profile
                .is_maria
                .then(|| format!("{CHECKS}CONSTRAINT_SCHEMA = {schema} AND TABLE_NAME = {table}")),
        }
    }

    /// Asks. Who has read a table to update it keeps others from changing its columns until the
    /// transaction ends, and comes before whoever waits to do so. Who may not update it waits behind
    /// them, and who may not even read it does without.
    ///
    /// # Errors
    /// Whatever the server says, among it that there is no such table.
    pub(crate) async fn ask(&self, conn: &mut Conn, profile: &Profile) -> Result<Answer, Error> {
        if !profile.transactional {
            let columns = conn.query(&self.columns).await?;
            return Ok(Answer { columns, ..Answer::default() });
        }
        for lock in [self.lock.as_str(), &self.look] {
            match self.ask_behind(conn, &[lock]).await {
                Err(error) if fault::is_not_allowed(&error) => {}
                answer => return answer,
            }
        }
        self.ask_behind(conn, &[]).await
    }

    /// The same for somebody who only reads: nothing is locked that a writer waits for.
    ///
    /// # Errors
    /// As [`Question::ask`], or it may not be read.
    pub(crate) async fn ask_to_read(
        &self,
        conn: &mut Conn,
        profile: &Profile,
    ) -> Result<Answer, Error> {
        if !profile.transactional {
            return self.ask(conn, profile).await;
        }
        self.ask_behind(conn, &[&self.look]).await
    }

    /// Begins a transaction, asks and leaves a savepoint, in one journey.
    ///
    /// # Errors
    /// As [`Question::ask`], or it may not be updated.
    pub(crate) async fn ask_first(&self, conn: &mut Conn) -> Result<Answer, Error> {
        self.ask_behind(conn, &[BEGIN, &self.lock, SAVEPOINT]).await
    }

    async fn ask_behind(&self, conn: &mut Conn, before: &[&str]) -> Result<Answer, Error> {
        let questions = [&self.columns, &self.unique, &self.kept].into_iter().chain(&self.checks);
        let parts = before.iter().copied().chain(questions.map(String::as_str));
        let message = parts.collect::<Vec<_>>().join("; ");
        let mut answers = conn.query_iter(message).await?;
        for _ in before {
            answers.collect::<Row>().await?;
        }
        let answer = Answer {
            columns: answers.collect().await?,
            unique: answers.collect().await?,
            kept: answers.collect().await?,
            checks: answers.collect().await?,
        };
        // A statement that failed has no rows, and is told of here.
        answers.drop_result().await?;
        Ok(answer)
    }
}
