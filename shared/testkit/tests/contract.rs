//! The contract, held against the sink in memory: so that the contract itself is tested.

use sluice_testkit::contract::{Refusal, Subject};
use sluice_testkit::{MemoryDatabase, MemorySink, Report, TableSpec};

struct Memory {
    database: MemoryDatabase,
    report: Report,
    durable: bool,
}

impl Memory {
    fn new(report: Report) -> Self {
        Self { database: MemoryDatabase::default(), report, durable: false }
    }

    fn durable(report: Report) -> Self {
        Self { durable: true, ..Self::new(report) }
    }
}

impl Subject for Memory {
    type Sink = MemorySink;

    async fn create(&mut self, table: &TableSpec) {
        self.database.create(table.clone());
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.database.drop_table(&table.name);
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>> {
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "∅".to_owned());
        let rows = self.database.rows(&table.name).into_iter();
        rows.map(|row| row.into_iter().map(text).collect()).collect()
    }

    async fn sink(&mut self) -> MemorySink {
        let sink = MemorySink::new(&self.database, self.report);
        if self.durable { sink.durable_at_once() } else { sink }
    }

    async fn sever(&mut self) {
        self.database.sever();
    }

    fn code(&self, why: Refusal) -> Option<&'static str> {
        Some(match why {
            Refusal::Null | Refusal::LeftOut | Refusal::Excepted => "check",
            Refusal::Referred => "reference",
        })
    }
}

mod pointing_at_the_row {
    sluice_testkit::contract!(super::Memory::new(super::Report::Pointer));
    sluice_testkit::contract_exactly_once!(super::Memory::new(super::Report::Pointer));
}

mod saying_nothing_of_the_row {
    sluice_testkit::contract!(super::Memory::new(super::Report::WithoutPointer));
    sluice_testkit::contract_exactly_once!(super::Memory::new(super::Report::WithoutPointer));
}

mod rejecting_row_by_row {
    sluice_testkit::contract!(super::Memory::new(super::Report::Rejected));
    sluice_testkit::contract_exactly_once!(super::Memory::new(super::Report::Rejected));
}

mod naming_the_bad_of_suspects {
    sluice_testkit::contract!(super::Memory::new(super::Report::Suspects));
    sluice_testkit::contract_exactly_once!(super::Memory::new(super::Report::Suspects));
}

mod durable_at_once {
    mod pointing_at_the_row {
        use super::super::{Memory, Report};
        sluice_testkit::contract_durable_at_once!(Memory::durable(Report::Pointer));
    }

    mod saying_nothing_of_the_row {
        use super::super::{Memory, Report};
        sluice_testkit::contract_durable_at_once!(Memory::durable(Report::WithoutPointer));
    }

    mod rejecting_row_by_row {
        use super::super::{Memory, Report};
        sluice_testkit::contract_durable_at_once!(Memory::durable(Report::Rejected));
    }
}
