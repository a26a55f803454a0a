//! What the server is asked of a table, and what it answers: nothing is made of it here.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, Row};
use sluice_bridge::model::table::TableName;
use tokio::time::timeout;

use crate::catalog::visibility::Sight;
use crate::connection::profile::Profile;
use crate::connection::session::{BEGIN, SAVEPOINT};
use crate::fault;
use crate::sql::quote::quote_table;
use crate::values::sql_literal::{Escapes, quoted};
use sluice_mysql::ALIVE_WITHIN;

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
/// Whether a delete takes rows of the same table with it, or changes them.
const CASCADES: &str = "EXISTS (SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS \
     WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AND ";
const KEPT: &str = "FROM information_schema.TABLES t \
     LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE ";

/// What becomes of a connection that does not even answer that a transaction is begun.
const SILENT: Error = Error::Driver(DriverError::ConnectionClosed);

/// What the server is asked of a table, and what it is called there.
pub(crate) struct Question {
    lock: String,
    look: String,
    columns: String,
    unique: String,
    kept: String,
    definition: String,
    /// Refused where a column is hidden.
    whole: String,
}

/// What it answers, in the same order.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Row>,
    pub(crate) unique: Vec<Row>,
    pub(crate) kept: Vec<Row>,
    pub(crate) sight: Sight,
}

impl Question {
    pub(crate) fn of(name: &TableName, profile: &Profile) -> Self {
        // Read alike with backslashes and without, for a name has none that matters here.
        let text = |text: &str| quoted(text, Escapes::Backslash);
        let schema = name.schema.as_deref().map_or("DATABASE()".to_owned(), text);
        let table = text(&name.name);
        let reference = if profile.has_references { REFERENCE } else { "" };
        let quoted = quote_table(name);
        let look = format!("SELECT 1 FROM {quoted} LIMIT 0");
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
                 AND EVENT_OBJECT_TABLE = {table}), {CASCADES}CONSTRAINT_SCHEMA = {schema} \
                 AND TABLE_NAME = {table} AND REFERENCED_TABLE_NAME = {table}) {KEPT}{of_table}"
            ),
            definition: format!("SHOW CREATE TABLE {quoted}"),
            whole: format!("SELECT * FROM {quoted} LIMIT 0"),
        }
    }

    /// Asks the server. A user who may update the table reads it `FOR UPDATE`: others then cannot change
    /// its columns until the transaction ends, and sessions that wait to do so do not come first. A
    /// user who may only read the table waits behind such sessions. A user who may not even read it
    /// holds no lock.
    ///
    /// # Errors
    /// The server's error, for example that the table does not exist.
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
        match self.ask_behind(conn, &[]).await {
            Err(error) if fault::is_not_allowed(&error) => Ok(Answer::default()),
            answer => answer,
        }
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
    /// As [`Question::ask`], or it may not be updated. Nothing is known where the connection does not
    /// even answer that the transaction is begun.
    pub(crate) async fn ask_first(&self, conn: &mut Conn) -> Result<Answer, Error> {
        self.ask_behind(conn, &[BEGIN, &self.lock, SAVEPOINT]).await
    }

    async fn ask_behind(&self, conn: &mut Conn, before: &[&str]) -> Result<Answer, Error> {
        // The definition comes last: where it may not be read, the others are answered.
        let questions = [&self.columns, &self.unique, &self.kept, &self.definition];
        let parts = before.iter().copied().chain(questions.map(String::as_str));
        let message = parts.collect::<Vec<_>>().join("; ");
        let asked = conn.query_iter(message);
        let mut answers = match before {
            [BEGIN, ..] => timeout(ALIVE_WITHIN, asked).await.map_err(|_| SILENT)??,
            _ => asked.await?,
        };
        for _ in before {
            answers.collect::<Row>().await?;
        }
        let (columns, unique) = (answers.collect().await?, answers.collect().await?);
        let kept: Vec<Row> = answers.collect().await?;
        // The error of a statement that failed is read here.
        let definition: Result<Vec<Row>, Error> = answers.collect().await;
        let definition = match (definition, answers.drop_result().await) {
            (Ok(definition), ended) => ended.map(|()| definition),
            (failed, _) => failed,
        };
        let sight = match definition {
            Ok(definition) => definition.first().and_then(shown),
            Err(error) if !kept.is_empty() && fault::is_not_allowed(&error) => None,
            Err(error) => return Err(error),
        };
        let sight = match sight {
            Some(text) => Sight::Definition(text),
            None => self.look_at_whole(conn).await?,
        };
        Ok(Answer { columns, unique, kept, sight })
    }

    async fn look_at_whole(&self, conn: &mut Conn) -> Result<Sight, Error> {
        match conn.query_drop(&self.whole).await {
            Ok(()) => Ok(Sight::Columns),
            Err(error) if fault::is_not_allowed(&error) => Ok(Sight::Part),
            Err(error) => Err(error),
        }
    }
}

/// A table whose name differs from this one in case or in quotes only.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn similar(conn: &mut Conn, name: &TableName) -> Result<Option<TableName>, Error> {
    let folded = |name: &str| {
        let bare = name.trim_matches(['"', '`', '\'']).to_lowercase();
        quoted(&bare, Escapes::Backslash)
    };
    let schema = match &name.schema {
        Some(schema) => format!("LOWER(TABLE_SCHEMA) = {}", folded(schema)),
        None => "TABLE_SCHEMA = DATABASE()".to_owned(),
    };
    let asked = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
         WHERE {schema} AND LOWER(TABLE_NAME) = {} ORDER BY 1, 2 LIMIT 1",
        folded(&name.name)
    );
    let found: Option<(String, String)> = conn.query_first(asked).await?;
    Ok(found.map(|(schema, name)| TableName { schema: Some(schema), name }))
}

/// The definition of a table; that of a view does not tell which columns its user may see.
fn shown(row: &Row) -> Option<String> {
    let is_table = row.columns_ref().first().is_some_and(|column| column.name_str() == "Table");
    row.get_opt(1)?.ok().filter(|_| is_table)
}
