//! Records that were written with a schema of a registry: what it costs to make rows of them, beside
//! the most used crates, and beside plain JSON of the same records.

mod payloads;
mod rivals;
mod rows;
mod turns;
mod whole;

use crate::parts::formats::turns::Failed;
use crate::results::figures::Figure;
use crate::setting::database::Database;

/// Both: from bytes to rows, and from an event to the bytes for the target.
///
/// # Errors
/// The table cannot be described, or two ways do not make the same rows.
pub async fn figures(database: &Database) -> Result<Vec<Figure>, Failed> {
    let mut figures = rows::figures()?;
    figures.extend(whole::figures(database).await?);
    Ok(figures)
}
