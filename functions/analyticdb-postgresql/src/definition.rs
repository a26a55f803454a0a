//! `auto.create` and `auto.evolve`: the statements that make tables and columns, each in a
//! transaction of its own. Nothing that is there is ever changed.

mod made;

use sluice_bridge::design::Missing;
use sluice_bridge::failure::SinkError;

use crate::fault;
use crate::profile::Profile;
use crate::session::Session;
use crate::statement::{quote, quote_table};
use made::{declaration, default};

/// `NAMEDATALEN`: what is longer the server would cut.
const LONGEST_NAME: usize = 63;

/// Whether a column can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains('\0')
}

/// Makes what is missing, in the transaction that was just begun, and commits it.
///
/// # Errors
/// It may not be made, or nobody knows whether it was.
pub(crate) async fn make(session: &Session, missing: &Missing) -> Result<(), SinkError> {
    let statement = statement(missing, &session.profile);
    let made = session.client.batch_execute(&format!("{statement}; COMMIT")).await;
    let Err(error) = made else { return Ok(()) };
    if fault::is_made(&error) {
        let undone = session.client.batch_execute("ROLLBACK").await;
        return undone.map_err(|error| fault::classify_outside_rows(&error));
    }
    Err(fault::classify_attempt(&format!("{} cannot be made", shown(missing)), &error))
}

/// Makes a table in the transaction under way, which will be undone.
///
/// # Errors
/// It may not be made. New columns are not: nobody could read the table meanwhile.
pub(crate) async fn rehearse(session: &Session, missing: &Missing) -> Result<(), SinkError> {
    if let Missing::Columns { .. } = missing {
        let definition = statement(missing, &session.profile);
        return Err(SinkError::fatal(format!(
            "auto.evolve would say `{definition}`, which locks readers out and is not tried: add the columns, or leave these records out of the check"
        )));
    }
    let made = session.client.batch_execute(&statement(missing, &session.profile)).await;
    made.map_err(|error| {
        fault::classify_attempt(&format!("{} cannot be made", shown(missing)), &error)
    })
}

fn shown(missing: &Missing) -> String {
    match missing {
        Missing::Table { name, .. } => format!("table {name}"),
        Missing::Columns { table, .. } => format!("new columns of table {table}"),
    }
}

/// What is said to make something.
pub(crate) fn statement(missing: &Missing, profile: &Profile) -> String {
    match missing {
        Missing::Table { name, columns, key } => {
            let is_key = |place: usize| key.contains(&place);
            let mut parts: Vec<String> = columns
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    let more = if is_key(place) { " NOT NULL".to_owned() } else { default(column) };
                    format!("{}{more}", declaration(column))
                })
                .collect();
            let names: Vec<String> = key.iter().map(|&place| quote(&columns[place].name)).collect();
            let names = names.join(", ");
            if !key.is_empty() {
                parts.push(format!("PRIMARY KEY ({names})"));
            }
            let distributed = match (profile.distributed, key.is_empty()) {
                (false, _) => String::new(),
                (true, false) => format!(" DISTRIBUTED BY ({names})"),
                (true, true) => " DISTRIBUTED RANDOMLY".to_owned(),
            };
            let (table, parts) = (quote_table(name), parts.join(", "));
            format!("CREATE TABLE IF NOT EXISTS {table} ({parts}){distributed}")
        }
        // One that is there already is an error, and then the catalog is read again: older
        // servers have no IF NOT EXISTS here.
        Missing::Columns { table, columns } => {
            let added = columns
                .iter()
                .map(|column| format!("ADD COLUMN {}{}", declaration(column), default(column)));
            let added: Vec<String> = added.collect();
            format!("ALTER TABLE {} {}", quote_table(table), added.join(", "))
        }
    }
}
