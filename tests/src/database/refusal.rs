//! What the databases call the same refusal.

use crate::database::target::Target;

/// Something that a database refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A login, for its password is wrong.
    Login,
    /// A statement, for a privilege is missing.
    Privilege,
    /// A row whose key is there.
    Unique,
    /// A row that a check does not let in.
    Check,
}

impl Refusal {
    /// The SQLSTATE of PostgreSQL, the error number of MariaDB.
    #[must_use]
    pub fn code(self, target: Target) -> &'static str {
        match (self, target) {
            (Self::Login, Target::Postgres) => "28P01",
            (Self::Login, Target::Mariadb) => "1045",
            (Self::Privilege, Target::Postgres) => "42501",
            (Self::Privilege, Target::Mariadb) => "1142",
            (Self::Unique, Target::Postgres) => "23505",
            (Self::Unique, Target::Mariadb) => "1062",
            (Self::Check, Target::Postgres) => "23514",
            (Self::Check, Target::Mariadb) => "4025",
        }
    }
}
