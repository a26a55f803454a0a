//! What the stand-in says of itself and of its tables where MariaDB would say something else. Its
//! catalog tells types by the vendor's names, and of lengths, fractions and collations what a MySQL
//! would mean by something that means nothing there.

use std::borrow::Cow;

const VARIABLES: &str = "SELECT 'version' AS Variable_name, '8.0.26' AS Value \
     UNION ALL SELECT 'version_comment', 'AnalyticDB for MySQL'";

/// In this order, for some of them are about others.
const COLUMNS: [(&str, &str); 6] = [
    ("CHARACTER_SET_NAME", "IF(CHARACTER_SET_NAME IS NULL, NULL, 'utf8')"),
    ("COLLATION_NAME", "IF(COLLATION_NAME IS NULL, NULL, 'utf8_general_ci')"),
    ("CHARACTER_MAXIMUM_LENGTH", "IF(CHARACTER_MAXIMUM_LENGTH IS NULL, NULL, 4)"),
    ("CHARACTER_OCTET_LENGTH", "IF(CHARACTER_OCTET_LENGTH IS NULL, NULL, 4)"),
    ("DATETIME_PRECISION", "IF(DATETIME_PRECISION IS NULL, NULL, 0)"),
    (
        "DATA_TYPE",
        "IF(EXISTS (SELECT 1 FROM information_schema.CHECK_CONSTRAINTS k \
         WHERE k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME \
         AND k.CONSTRAINT_NAME = c.COLUMN_NAME AND k.CHECK_CLAUSE LIKE 'json%'), 'json', \
         CASE WHEN DATA_TYPE LIKE '%text' THEN 'varchar' WHEN DATA_TYPE LIKE '%blob' THEN 'binary' \
         WHEN DATA_TYPE = 'varbinary' THEN 'binary' WHEN COLUMN_TYPE = 'tinyint(1)' THEN 'boolean' \
         ELSE DATA_TYPE END)",
    ),
];

/// What MariaDB is asked instead.
pub(crate) fn translate(said: &str) -> Cow<'_, str> {
    if said.starts_with("SHOW VARIABLES") {
        return VARIABLES.into();
    }
    if !said.starts_with("SELECT") || !said.contains("information_schema.COLUMNS") {
        return said.into();
    }
    let replace = |said: String, (theirs, ours): &(&str, &str)| said.replacen(theirs, ours, 1);
    COLUMNS.iter().fold(said.to_owned(), replace).into()
}
