//! From an event to the bytes for the target, as production does it, save talking to the server:
//! Avro and Protobuf beside plain JSON of the same records.

use std::time::{Duration, Instant};

use analyticdb_postgresql::EncodeOnly;
use bumpalo::Bump;
use futures_util::FutureExt;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::rules::Rules;
use sluice_bridge::run::pipeline::{self, Registry};
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_testkit::invocation::{self, TestClock};
use sluice_tests::database::session::Session;

use super::payloads::COLUMNS;
use super::rows::{OPTIONS, known, values};
use super::turns::{Failed, best, nanos};
use crate::results::figures::Figure;
use crate::setting::database::{Database, SCHEMA};
use crate::setting::event;

/// As many as one batch has at most.
const RECORDS: i64 = 10_000;
/// How long a round is.
const ROUND: Duration = Duration::from_millis(150);

/// A registry that was asked before.
struct Asked(KnownSchemas);

impl Registry for Asked {
    fn known(&self) -> &KnownSchemas {
        &self.0
    }

    async fn ask(&self, _ids: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        Err(SinkError::fatal("all schemas are known"))
    }
}

pub(super) async fn figures(database: &Database) -> Result<Vec<Figure>, Failed> {
    let name = format!("{SCHEMA}.formats");
    database.run(&format!("CREATE TABLE {name} ({COLUMNS})")).await?;
    let Session::Postgres(client) = &database.session else { return Err("only PostgreSQL".into()) };
    let table = TableName { schema: Some(SCHEMA.to_owned()), name: "formats".to_owned() };
    let sink = EncodeOnly::of(client, &table).await;
    let mut sink = sink.map_err(|error| error.cause.message.to_string())?;
    let rules = invocation::rules(&[&OPTIONS[..], &[("table.name.format", &name)]].concat());
    let registry = Asked(known()?);
    let bodies = ["json", "avro", "protobuf"]
        .map(|format| values(format, RECORDS).map(|values| event::of_bytes(&values)));
    let [json, avro, protobuf] = bodies;
    let bodies = [json?, avro?, protobuf?];
    let mut arena = Bump::new();
    let rates = best(|way| {
        let (start, mut records) = (Instant::now(), 0);
        while start.elapsed() < ROUND {
            arena.reset();
            records += one(&mut sink, &rules, &registry, &arena, &bodies[way])?;
        }
        Ok(records as f64 / start.elapsed().as_secs_f64())
    });
    database.run(&format!("DROP TABLE {name}")).await?;
    let [json, avro, protobuf] = rates?;
    let figure = |id: &str, name: &str, rate: f64| {
        let what = format!("decode, map and encode: {name}, 10 fields, one core");
        Figure::new(id, what, rate / json, "×")
            .against("plain JSON of the same records")
            .at_least(1.0, 1.2)
            .detail(format!("{} against {} a record", nanos(rate), nanos(json)))
    };
    Ok(vec![
        figure("formats-avro-json", "Avro", avro),
        figure("formats-protobuf-json", "Protobuf", protobuf),
    ])
}

fn one(
    sink: &mut EncodeOnly,
    rules: &Rules,
    registry: &Asked,
    arena: &Bump,
    body: &[u8],
) -> Result<usize, Failed> {
    let (mut event, clock) = (Incoming::new(body, arena), TestClock::new(Duration::MAX));
    let (mut waiting, mut tries) = (Waiting::default(), Tries::default());
    let written =
        pipeline::write_with(sink, &mut event, rules, registry, &clock, &mut waiting, &mut tries);
    let outcome = written.now_or_never().ok_or("there is nothing to wait for")?;
    Ok(outcome.map_err(|given_back| given_back.error.cause.message.to_string())?.written)
}
