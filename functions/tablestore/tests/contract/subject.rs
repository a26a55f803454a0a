//! The stand-in as the contract wants it. A column besides the key has the type that an option gives it.

use serde_json::{Value, json};
use sluice_testkit::contract::Subject;
use sluice_testkit::{ColumnSpec, Kind, TableSpec};
use tablestore::TablestoreSink;

use crate::stand_in::StandIn;

/// An instance, and the types of the columns of its tables as `columns.types` has them.
pub(crate) struct Instance {
    stand_in: StandIn,
    types: Vec<String>,
}

impl Instance {
    pub(crate) fn new() -> Self {
        Self { stand_in: StandIn::new(), types: Vec::new() }
    }
}

impl Subject for Instance {
    type Sink = TablestoreSink;

    const LEFT_OUT: &'static str = "∅";

    async fn create(&mut self, table: &TableSpec) {
        let key: Vec<Value> = table
            .primary_key
            .iter()
            .map(|&index| &table.columns[index])
            .map(|column| {
                json!([
                    column.name,
                    if column.kind == Kind::Integer { "integer" } else { "string" }
                ])
            })
            .collect();
        self.stand_in.table(&table.name, json!(key)).await;
        let others = table.columns.iter().enumerate();
        let others = others.filter(|(index, _)| !table.primary_key.contains(index));
        let declared = |(_, column): (usize, &ColumnSpec)| {
            format!("{}.{}:{}", table.name, column.name, kind(column))
        };
        self.types.extend(others.map(declared));
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.stand_in.post("tables", json!({ "name": table.name })).await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>> {
        let Value::Array(rows) = self.stand_in.get(&format!("rows/{}", table.name)).await else {
            panic!("there is no table {}", table.name)
        };
        let text = |row: &Value, column: &ColumnSpec| {
            let cell = [&row["key"], &row["columns"]].map(|part| &part[&column.name][1]);
            match cell.into_iter().find(|cell| !cell.is_null()) {
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => "∅".to_owned(),
            }
        };
        let row = |row: &Value| table.columns.iter().map(|column| text(row, column)).collect();
        rows.iter().map(row).collect()
    }

    async fn sink(&mut self) -> TablestoreSink {
        self.stand_in.sink(&[("columns.types", &self.types.join(","))])
    }

    /// An HTTP client opens a lost connection again without a word, so its next request is lost as well.
    async fn sever(&mut self) {
        self.stand_in.post("sever", json!({})).await;
    }
}

fn kind(column: &ColumnSpec) -> &'static str {
    match column.kind {
        Kind::Integer => "integer",
        Kind::Boolean => "boolean",
        _ => "string",
    }
}
