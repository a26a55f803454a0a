//! The catalog queries about a table, and the rows that the server returns. Nothing is interpreted here.

use mysql_async::prelude::{FromValue, Queryable};
use mysql_async::{Conn, DriverError, Error, Row};
use sluice_bridge::model::table::TableName;
use tokio::time::timeout;

use crate::catalog::visibility::Visibility;
use crate::connection::connect::ALIVE_TIMEOUT;
use crate::connection::profile::Profile;
use crate::connection::session::{BEGIN, SAVEPOINT};
use crate::fault;
use crate::sql::quote::quote_table;
use crate::values::sql_literal::{Escapes, quoted};

/// The columns of a table.
const COLUMNS: &str = "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, \
     CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, \
     DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
     COLUMN_KEY";

/// The spatial reference system of a column, and whether its latitude comes before its longitude.
const REFERENCE: &str = ", SRS_ID, (SELECT s.DEFINITION LIKE 'GEOGCS%' \
     AND s.DEFINITION LIKE '%AXIS[\"Lat\",NORTH],AXIS[\"Lon\",EAST]%' \
     FROM information_schema.ST_SPATIAL_REFERENCE_SYSTEMS s WHERE s.SRS_ID = c.SRS_ID)";

/// The unique indexes. `SUB_PART` is set for a prefix, `COLUMN_NAME` is null for an expression.
const UNIQUE: &str = "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS \
     WHERE NON_UNIQUE = 0 AND ";

/// The condition contains the table's name. A subquery that looks the name up would read the triggers of all
/// tables.
const TRIGGERS: &str = "EXISTS (SELECT 1 FROM information_schema.TRIGGERS WHERE ";
/// Whether a delete also deletes or changes other rows of the same table.
const CASCADES: &str = "EXISTS (SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS \
     WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AND ";
const STORAGE: &str = "FROM information_schema.TABLES t \
     LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE ";

/// The error for a connection that does not confirm the begin of a transaction.
const SILENT: Error = Error::Driver(DriverError::ConnectionClosed);

/// The statements that query the catalog about one table.
pub(crate) struct CatalogQuery {
    lock: String,
    probe: String,
    columns: String,
    unique: String,
    storage: String,
    definition: String,
    /// A statement that the server refuses if the user may not see all columns.
    all_columns: String,
}

/// The rows that the server returns, in the order of the queries.
#[derive(Default)]
pub(crate) struct CatalogRows {
    pub(crate) columns: Vec<Row>,
    pub(crate) unique: Vec<Row>,
    pub(crate) storage: Vec<Row>,
    pub(crate) visibility: Visibility,
}

impl CatalogQuery {
    pub(crate) fn of(name: &TableName, profile: &Profile) -> Self {
        // Both escape modes read the text in the same way, because a table's name contains no backslash that
        // matters here.
        let text = |text: &str| quoted(text, Escapes::Backslash);
        let schema = name.schema.as_deref().map_or("DATABASE()".to_owned(), text);
        let table = text(&name.name);
        let reference = if profile.has_spatial_references { REFERENCE } else { "" };
        let quoted = quote_table(name);
        let probe = format!("SELECT 1 FROM {quoted} LIMIT 0");
        let of_table = format!("TABLE_SCHEMA = {schema} AND TABLE_NAME = {table}");
        Self {
            lock: format!("{probe} FOR UPDATE"),
            probe,
            columns: format!(
                "{COLUMNS}{reference} FROM information_schema.COLUMNS c \
                 WHERE {of_table} ORDER BY ORDINAL_POSITION"
            ),
            unique: format!("{UNIQUE}{of_table} ORDER BY INDEX_NAME, SEQ_IN_INDEX"),
            storage: format!(
                "SELECT t.ENGINE, e.TRANSACTIONS, {TRIGGERS}EVENT_OBJECT_SCHEMA = {schema} \
                 AND EVENT_OBJECT_TABLE = {table}), {CASCADES}CONSTRAINT_SCHEMA = {schema} \
                 AND TABLE_NAME = {table} AND REFERENCED_TABLE_NAME = {table}) {STORAGE}{of_table}"
            ),
            definition: format!("SHOW CREATE TABLE {quoted}"),
            all_columns: format!("SELECT * FROM {quoted} LIMIT 0"),
        }
    }

    /// Queries the catalog. A user who may update the table reads it `FOR UPDATE`: others then cannot change
    /// its columns until the transaction ends, and sessions that wait to do so do not come first. A user who
    /// may only read the table waits after such sessions. A user who may not read it holds no lock.
    ///
    /// # Errors
    /// The server's error, for example that the table does not exist.
    pub(crate) async fn run(
        &self,
        conn: &mut Conn,
        profile: &Profile,
    ) -> Result<CatalogRows, Error> {
        if !profile.transactional {
            let columns = conn.query(&self.columns).await?;
            return Ok(CatalogRows { columns, ..CatalogRows::default() });
        }
        for lock in [self.lock.as_str(), &self.probe] {
            match self.run_after(conn, &[lock]).await {
                Err(error) if fault::is_not_allowed(&error) => {}
                answer => return answer,
            }
        }
        match self.run_after(conn, &[]).await {
            Err(error) if fault::is_not_allowed(&error) => Ok(CatalogRows::default()),
            answer => answer,
        }
    }

    /// The same for a session that only reads. It takes no lock that makes a writer wait.
    ///
    /// # Errors
    /// As [`CatalogQuery::ask`], or the user may not read the table.
    pub(crate) async fn run_read_only(
        &self,
        conn: &mut Conn,
        profile: &Profile,
    ) -> Result<CatalogRows, Error> {
        if !profile.transactional {
            return self.run(conn, profile).await;
        }
        self.run_after(conn, &[&self.probe]).await
    }

    /// Begins a transaction, queries the catalog and sets a savepoint, in one round trip.
    ///
    /// # Errors
    /// As [`CatalogQuery::ask`], or the user may not update the table. If the connection does not confirm the
    /// begin of the transaction in time, the error is that the connection is closed.
    pub(crate) async fn run_in_new_transaction(
        &self,
        conn: &mut Conn,
    ) -> Result<CatalogRows, Error> {
        self.run_after(conn, &[BEGIN, &self.lock, SAVEPOINT]).await
    }

    async fn run_after(&self, conn: &mut Conn, before: &[&str]) -> Result<CatalogRows, Error> {
        // The definition comes last. If the user may not read it, the other queries are already answered.
        let questions = [&self.columns, &self.unique, &self.storage, &self.definition];
        let parts = before.iter().copied().chain(questions.map(String::as_str));
        let message = parts.collect::<Vec<_>>().join("; ");
        let asked = conn.query_iter(message);
        let mut answers = match before {
            [BEGIN, ..] => timeout(ALIVE_TIMEOUT, asked).await.map_err(|_| SILENT)??,
            _ => asked.await?,
        };
        for _ in before {
            answers.collect::<Row>().await?;
        }
        let (columns, unique) = (answers.collect().await?, answers.collect().await?);
        let storage: Vec<Row> = answers.collect().await?;
        // The error of a failed statement is returned here.
        let definition: Result<Vec<Row>, Error> = answers.collect().await;
        let definition = match (definition, answers.drop_result().await) {
            (Ok(definition), ended) => ended.map(|()| definition),
            (failed, _) => failed,
        };
        let visibility = match definition {
            Ok(definition) => definition.first().and_then(definition_of),
            Err(error) if !storage.is_empty() && fault::is_not_allowed(&error) => None,
            Err(error) => return Err(error),
        };
        let visibility = match visibility {
            Some(text) => Visibility::Definition(text),
            None => self.check_all_columns(conn).await?,
        };
        Ok(CatalogRows { columns, unique, storage, visibility })
    }

    async fn check_all_columns(&self, conn: &mut Conn) -> Result<Visibility, Error> {
        match conn.query_drop(&self.all_columns).await {
            Ok(()) => Ok(Visibility::Columns),
            Err(error) if fault::is_not_allowed(&error) => Ok(Visibility::Part),
            Err(error) => Err(error),
        }
    }
}

/// Finds a table whose name differs from this one only in case or quotes.
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

/// The definition of a table. The definition of a view does not show which columns its user may see.
fn definition_of(row: &Row) -> Option<String> {
    let is_table = row.columns_ref().first().is_some_and(|column| column.name_str() == "Table");
    row.get_opt(1)?.ok().filter(|_| is_table)
}

/// A value of a catalog row, if it has this type.
pub(super) fn get<T: FromValue>(row: &Row, position: usize) -> Option<T> {
    row.get_opt::<Option<T>, _>(position)?.ok().flatten()
}
