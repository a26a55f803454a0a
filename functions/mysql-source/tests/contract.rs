//! The source against real servers: what it tells of every type, what it finds new, and that no committed row is
//! lost. Kafka is a journal in memory here; the binary with a broker is tested in `tests/acceptance`.

#[path = "contract/accounts.rs"]
mod accounts;
#[path = "contract/changes.rs"]
mod changes;
#[path = "contract/large.rs"]
mod large;
#[path = "contract/late.rs"]
mod late;
#[path = "contract/locked.rs"]
mod locked;
#[path = "contract/modes.rs"]
mod modes;
#[path = "contract/queries.rs"]
mod queries;
#[path = "contract/registered.rs"]
mod registered;
#[path = "contract/rows.rs"]
mod rows;
#[path = "contract/schemas.rs"]
mod schemas;
#[path = "contract/shared.rs"]
mod shared;
#[path = "contract/stage.rs"]
mod stage;
#[path = "contract/storms.rs"]
mod storms;
#[path = "contract/tasks.rs"]
mod tasks;
#[path = "contract/traps.rs"]
mod traps;
#[path = "contract/types.rs"]
mod types;
