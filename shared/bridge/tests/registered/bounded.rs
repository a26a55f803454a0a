//! What many records become together is bounded, and nothing is lost for it.

use std::time::Duration;

use bumpalo::Bump;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::run::pipeline::{self, Registry};
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::{self, TestClock, run};
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Method, RecordBuilder, Report, TableSpec,
};

use crate::avro::long;
use crate::{REGISTRY, framed, known, schema};

/// What one byte of a record stands for: the symbol of an enum, which is in the schema.
const SYMBOL: usize = 2 << 20;
/// 72 MiB together.
const RECORDS: i64 = 36;

/// A registry that is not asked.
struct Known(KnownSchemas);

impl Registry for Known {
    fn known(&self) -> &KnownSchemas {
        &self.0
    }

    async fn ask(&self, _: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        Err(SinkError::fatal("everything is known"))
    }
}

#[test]
fn small_records_that_become_large_ones_are_written_in_portions() {
    let text = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"id","type":"long"}},
        {{"name":"a","type":{{"type":"enum","name":"E","symbols":["{}"]}}}}]}}"#,
        "x".repeat(SYMBOL)
    );
    let registry = Known(known(&[(SchemaId::Number(1), schema(SchemaKind::Avro, &text))]));
    let record =
        |id: i64| RecordBuilder::new("t", 0, id).value(framed(&[long(id), vec![0]].concat()));
    let body = (0..RECORDS).map(record).fold(EventBuilder::msk(), EventBuilder::record).build();
    let table = TableSpec::new("t").key("id", Kind::Integer).column("a", Kind::Text);
    let database = MemoryDatabase::with([table]);
    let mut sink = MemorySink::new(&database, Report::Pointer);
    let rules = invocation::rules(&[REGISTRY]);
    let (arena, clock) = (Bump::new(), TestClock::new(Duration::from_secs(900)));
    let (mut event, mut waiting, mut tries) =
        (Incoming::new(&body, &arena), Waiting::default(), Tries::default());
    let outcome = run(async {
        let write = pipeline::write_with(
            &mut sink,
            &mut event,
            &rules,
            &registry,
            &clock,
            &mut waiting,
            &mut tries,
        );
        let outcome = write.await.expect("all of it is written");
        sink.commit().await.expect("it commits");
        outcome
    });
    assert_eq!((outcome.written, sink.calls(Method::Write)), (RECORDS as usize, 2));
    let rows = database.rows("t");
    assert_eq!(rows.len(), RECORDS as usize);
    assert!(rows.iter().all(|row| row[1].as_ref().is_some_and(|text| text.len() == SYMBOL)));
}
