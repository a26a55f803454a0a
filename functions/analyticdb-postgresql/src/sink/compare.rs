//! Reads tables for a comparison, on separate connections. The state of an invocation is not changed.

use std::ops::ControlFlow;

use sluice_bridge::compare::{Compare, Description, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;

use crate::compare;
use crate::sink::state::PostgresSink;

impl Compare for PostgresSink {
    async fn describe(&mut self, table: &TableName) -> Result<Option<Description>, SinkError> {
        compare::describe(&self.connection, table).await
    }

    async fn read(
        &mut self,
        selection: &Selection,
        each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<Reached, SinkError> {
        compare::read(&self.connection, selection, each).await
    }
}
