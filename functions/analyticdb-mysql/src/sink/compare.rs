//! Reads tables for a comparison, on separate connections. The state of an invocation is not changed.

use std::ops::ControlFlow;
use std::time::SystemTime;

use sluice_bridge::compare::{Compare, Description, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;

use crate::compare;
use crate::sink::state::MySqlSink;

impl Compare for MySqlSink {
    async fn describe(&mut self, table: &TableName) -> Result<Option<Description>, SinkError> {
        compare::describe(&self.connection, &self.zone.clock(SystemTime::now()), table).await
    }

    async fn read(
        &mut self,
        selection: &Selection,
        each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<Reached, SinkError> {
        compare::read(&self.connection, &self.zone.clock(SystemTime::now()), selection, each).await
    }
}
