//! The sink: an instance whose rows are durable as soon as they are written.
//!
//! Not here: how a batch is written (`write`), and how a table is described (`catalog`).

mod numbered_key;
mod of_data_tables;

use jiff::Timestamp;
use sluice_bridge::compare::Compare;
use sluice_bridge::connector::Connector;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::letters::ERRORS_TABLE;
use sluice_bridge::options::offsets::EXACTLY_ONCE_ENABLED;
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, TableLetter, Written};

use crate::catalog::create::{self, NewTable};
use crate::catalog::known::KnownTable;
use crate::catalog::remembered::RememberedTables;
use crate::catalog::{describe, series as series_table};
use crate::endpoint::Endpoint;
use crate::endpoint::config::{self, Connection};
use crate::types::limits::{check_name, is_name};
use crate::types::options::{self, DeclaredColumns};
use crate::types::series::{self, Series};
use crate::write::plan::{self, WriteOptions};
use crate::write::{Ending, send, send_points, write_letters};

/// All options of this connector.
const OPTIONS: &[&Opt] = &[
    &config::CONNECTION_URL,
    &config::CONNECTION_USER,
    &config::CONNECTION_PASSWORD,
    &config::CONNECTION_TOKEN,
    &config::CONNECTION_INSTANCE,
    &config::CONNECTION_REGION,
    &config::CONNECTION_SIGNATURE,
    &config::CONNECTION_CA,
    &series::MODE,
    &series::MEASUREMENT,
    &series::DATA_SOURCE,
    &series::TAGS,
    &series::TIME,
    &series::LOWERCASE,
    &series::META_UPDATE,
    &options::COLUMNS_TYPES,
    &options::VERSION_COLUMN,
    &plan::INSERT_CONDITION,
    &plan::DELETE_COLUMNS,
    &plan::MAX_CONCURRENCY,
    &create::TIME_TO_LIVE,
    &create::MAX_VERSIONS,
    &create::RESERVED_READ,
    &create::RESERVED_WRITE,
    &create::AUTO_INCREMENT_COLUMN,
    &ERRORS_TABLE,
];

/// Writes into the tables of one instance.
#[derive(Debug)]
pub struct TablestoreSink {
    endpoint: Endpoint,
    /// What points are made of; `None` if the tables are data tables.
    series: Option<Series>,
    declared: DeclaredColumns,
    options: WriteOptions,
    new_table: NewTable,
    tables: RememberedTables,
}

impl TablestoreSink {
    async fn look_up(&self, name: &TableName) -> Result<Option<KnownTable>, SinkError> {
        match &self.series {
            None => describe(&self.endpoint, name).await,
            Some(_) => series_table::describe(&self.endpoint, name).await,
        }
    }

    /// Whether a table is not what it was, or may not be. After a refusal it is described again before any row is at
    /// fault: it may have been made again with another key. This is no retry, so that `max.retries=0` allows it.
    async fn is_another(&mut self, name: &TableName) -> bool {
        if !self.tables.doubt(name) {
            return false;
        }
        match self.look_up(name).await {
            Ok(Some(table)) => !self.tables.confirm(name, table, Timestamp::now()),
            // The next attempt asks again.
            Ok(None) | Err(_) => true,
        }
    }
}

impl Connector for TablestoreSink {
    const OPTIONS: &'static [&'static Opt] = OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        let connection = Connection::from_settings(settings);
        let series = Series::from_settings(settings);
        match series {
            Some(_) => of_data_tables::refuse(settings),
            None => numbered_key::check(settings),
        }
        let declared = DeclaredColumns::from_settings(settings);
        let options = WriteOptions::from_settings(settings);
        let new_table = NewTable::from_settings(settings);
        if settings.flag(&EXACTLY_ONCE_ENABLED) {
            settings.problem(
                "exactly.once.enabled=true is not possible: Tablestore has no transaction over the rows of a batch and their offsets; with insert.mode=upsert, or with pk.mode=kafka, a record that is delivered again changes nothing",
            );
        }
        check_name(settings, &ERRORS_TABLE);
        let endpoint = match Endpoint::new(connection?) {
            Ok(endpoint) => endpoint,
            Err(unusable) => {
                let (name, why) = (config::CONNECTION_CA.name, unusable.into_reason());
                settings.problem(format!("{name}: {why}"));
                return None;
            }
        };
        let tables = RememberedTables::default();
        Some(Self { endpoint, series, declared, options, new_table, tables })
    }
}

impl Sink for TablestoreSink {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.tables.begin(Timestamp::now());
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let told = |known: &KnownTable| match &self.series {
            None => known.table(name, &self.declared),
            Some(series) => series_table::table(known, name, &self.declared, series),
        };
        if let Some(known) = self.tables.get(name) {
            return Ok(Some(told(known)));
        }
        let described = self.look_up(name).await;
        let now = Timestamp::now();
        let known = match described {
            Ok(Some(table)) => self.tables.insert(name, table, now),
            Ok(None) => {
                self.tables.forget(name);
                return Ok(None);
            }
            // Such as too many descriptions in a second, for all functions of the instance.
            Err(error) if error.fault == Fault::Transient => {
                self.tables.extend(name, now).ok_or(error)?
            }
            Err(error) => return Err(error),
        };
        Ok(Some(told(known)))
    }

    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        match missing {
            SchemaChange::Table { name, columns, key } => {
                let (endpoint, declared, new) = (&self.endpoint, &self.declared, &self.new_table);
                let made = match &self.series {
                    None => create::create(endpoint, name, columns, key, declared, new).await?,
                    Some(_) => series_table::create(endpoint, name, new).await?,
                };
                self.tables.insert(name, made, Timestamp::now());
            }
            // The service needs no description of them. Those of a new table are learned like all others, so that
            // it gets no column that the rules leave out.
            SchemaChange::Columns { table, columns } => self.tables.learn(table, columns),
        }
        Ok(())
    }

    fn is_durable_at_once(&self) -> bool {
        true
    }

    fn is_column_name(name: &str) -> bool {
        is_name(name)
    }

    /// A time-series table is made by its name alone.
    fn new_tables_need_columns(&self) -> bool {
        self.series.is_none()
    }

    /// A request must not have two rows of one key.
    fn repeats_keys(&self) -> bool {
        false
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let answers = match &self.series {
            None => send(&self.endpoint, batch, self.options).await?,
            Some(series) => send_points(&self.endpoint, batch, series.update, self.options).await?,
        };
        let name = &batch.table.name;
        let is_another = answers.is_refused() && self.is_another(name).await;
        if answers.is_missing() {
            self.tables.forget(name);
        }
        match answers.ending() {
            Ending::Written(written) => Ok(written),
            Ending::Refused(cause) => {
                let fault = if is_another { Fault::Transient } else { Fault::Data(None) };
                Err(SinkError { fault, cause })
            }
            Ending::Fault(error) => Err(error),
        }
    }

    async fn write_letters(
        &mut self,
        table: &TableName,
        letters: &mut Vec<TableLetter<'_>>,
    ) -> Result<(), SinkError> {
        write_letters(&self.endpoint, table, letters).await
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.tables.commit();
        Ok(())
    }

    async fn abandon(&mut self) {}
}

impl DryRun for TablestoreSink {
    /// Columns need no definition, so nothing is created for them.
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin().await?;
        for change in missing {
            match change {
                SchemaChange::Columns { table, columns } => self.tables.learn(table, columns),
                SchemaChange::Table { name, .. } => {
                    return Err(SinkError::fatal(format!(
                        "table {name} does not exist, and nothing is created for a check only: create it, or leave its records out of the check"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl Compare for TablestoreSink {}
