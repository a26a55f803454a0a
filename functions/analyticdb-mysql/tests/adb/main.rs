//! AnalyticDB for MySQL, which cannot be run here, played by a stand-in: it stands before a real
//! MariaDB, takes only what the vendor documents, and answers as the vendor says that it does.
//!
//! It proves that nothing else is ever sent, and that what is sent leaves the right rows on a server
//! that keeps every statement at once and rolls none back. It does not prove what AnalyticDB's own
//! error numbers are, when it shows a row to others, how it spreads and compares keys, what it makes
//! of `sql_mode` and `time_zone`, nor that its catalog has every column the vendor leaves unnamed:
//! AnalyticDB itself was never asked.
//!
//! What it is written after, all in the "Developer reference" of "AnalyticDB for MySQL": "INSERT
//! INTO", "REPLACE INTO", "INSERT ON DUPLICATE KEY UPDATE", "UPDATE", "DELETE", "CREATE TABLE",
//! "ALTER TABLE", "Basic data types", "DML differences", "Other SQL feature differences", "Limits",
//! "Metadatabase data dictionary"; "Data modification best practices"; "Enable client-side
//! PrepareStatement"; and the page of DataX's `adbmysqlwriter` for an INSERT whose key is there.

mod bad_rows;
mod contract;
mod ddl;
mod dictionary;
mod faults;
mod grammar;
mod lexer;
mod making;
mod operations;
mod played;
mod scene;
mod size;
mod stand_in;
#[allow(dead_code, reason = "the stand-in needs a part of it")]
#[path = "../contract/subject.rs"]
mod subject;
#[allow(dead_code, unused_imports, reason = "the scenes need a part of it")]
#[path = "../server/support.rs"]
mod support;
mod types;
mod wire;
