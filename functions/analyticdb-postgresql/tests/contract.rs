//! The contract of every sink, held against a real server: as it is, and as its relatives are.

#[path = "contract/changes.rs"]
mod changes;
#[allow(dead_code, reason = "the contract needs a part of it")]
#[path = "server/stand_in.rs"]
mod stand_in;
#[path = "contract/subject.rs"]
mod subject;
#[allow(dead_code, unused_imports, reason = "the contract needs a part of it")]
#[path = "server/support.rs"]
mod support;

use crate::stand_in::{Lineage, StandIn};
use crate::subject::Postgres;
use crate::support::service;

/// A server that is what it is.
async fn itself() -> Postgres {
    Postgres::at(&service("TEST_POSTGRES")).await
}

/// One that seems to be another.
async fn like(lineage: Lineage) -> Postgres {
    Postgres::at(&StandIn::of(lineage).await.before(&service("TEST_POSTGRES"))).await
}

sluice_testkit::contract!(itself().await);
sluice_testkit::contract_exactly_once!(itself().await);
sluice_testkit::contract_database!(itself().await);

mod greenplum_6 {
    sluice_testkit::contract!(super::like(super::Lineage::Greenplum6).await);
    sluice_testkit::contract_exactly_once!(super::like(super::Lineage::Greenplum6).await);
}

mod analytic_db {
    sluice_testkit::contract!(super::like(super::Lineage::AnalyticDb).await);
    sluice_testkit::contract_exactly_once!(super::like(super::Lineage::AnalyticDb).await);
}
