//! The contract of every sink, and what only this connector does, held against the stand-in of
//! `scripts/services.sh tablestore`. It reads what is sent with the official SDK's decoders, and refuses what the
//! service's pages say; `scripts/services/tablestore/server.py` says what it does not prove.

#[path = "contract/creation.rs"]
mod creation;
#[path = "contract/delivery.rs"]
mod delivery;
#[path = "contract/faults.rs"]
mod faults;
#[path = "contract/history.rs"]
mod history;
#[path = "contract/letters.rs"]
mod letters;
#[path = "contract/limits.rs"]
mod limits;
#[path = "contract/official_client.rs"]
mod official_client;
#[path = "contract/operations.rs"]
mod operations;
#[path = "contract/series.rs"]
mod series;
#[path = "contract/series_delivery.rs"]
mod series_delivery;
#[path = "contract/series_limits.rs"]
mod series_limits;
#[path = "contract/stand_in.rs"]
mod stand_in;
#[path = "contract/subject.rs"]
mod subject;

mod every_clause {
    sluice_testkit::contract_durable_at_once!(crate::subject::Instance::new());
}
