//! The columns that a table gets from a schema.

use sluice_bridge::format::registry::{Answer, SchemaKind};
use sluice_testkit::{Kind, MemoryDatabase, TableSpec};

use crate::asking::{Scripted, write_to};
use crate::schema;

/// A later record may set it, and a row that was written before then has no other value.
#[test]
fn a_field_that_no_record_sets_gets_its_column_too() {
    const MESSAGE: &str =
        r#"syntax = "proto3"; message M { int64 id = 1; optional string later = 2; }"#;
    let message = Answer::Schema(schema(SchemaKind::Protobuf, MESSAGE));
    // The first message of the schema, whose field 1 is 7.
    let value = vec![0, 0, 0, 0, 1, 0, 8, 7];
    for (evolve, columns) in [("true", 2), ("false", 1)] {
        let registry = Scripted::new(|_, _| Ok(message.clone()));
        let database = MemoryDatabase::with([TableSpec::new("t").key("id", Kind::Integer)]);
        let options = [("auto.evolve", evolve)];
        let (outcome, rows) =
            write_to(&database, &registry, &options, std::slice::from_ref(&value));
        assert_eq!((outcome.unwrap().written, rows[0].len()), (1, columns), "{rows:?}");
    }
}
