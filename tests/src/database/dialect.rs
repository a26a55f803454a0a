//! What is said to one database otherwise than to another, in their own SQL. `name` is a pipeline's:
//! its table's, and its function's sessions'.

use crate::database::target::Target;

impl Target {
    /// A type whose values rise from row to row, in the order they are inserted.
    #[must_use]
    pub fn serial(self) -> &'static str {
        match self {
            Self::Postgres => "bigserial",
            Self::Mariadb => "serial",
        }
    }

    /// A type for text of any length.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Postgres => "text",
            Self::Mariadb => "longtext",
        }
    }

    /// Columns, each with a comma behind it, that number the rows and whose next number a check
    /// leaves as it is. MariaDB has none: where it numbers rows, nothing is tried.
    #[must_use]
    pub fn numbered(self) -> &'static str {
        match self {
            Self::Postgres => "number bigint GENERATED ALWAYS AS IDENTITY, serial serial, ",
            Self::Mariadb => "",
        }
    }

    /// How it shows a type that was declared in words that both know.
    #[must_use]
    pub fn shows(self, declared: &str) -> String {
        match (self, declared) {
            (Self::Postgres, "int") => "integer".to_owned(),
            (Self::Mariadb, "int") => "int(11)".to_owned(),
            (Self::Mariadb, declared) => declared.replace("numeric", "decimal"),
            (_, declared) => declared.to_owned(),
        }
    }

    /// Queries for everything whose name holds this one, and for the next numbers in it.
    #[must_use]
    pub fn traces(self, name: &str) -> Vec<String> {
        match self {
            Self::Postgres => vec![
                format!(
                    "SELECT relname FROM pg_class WHERE relname LIKE '%{name}%' \
                     OR relname = 'sluice_stage' ORDER BY 1"
                ),
                format!(
                    "SELECT sequencename, last_value FROM pg_sequences \
                     WHERE sequencename LIKE '%{name}%' ORDER BY 1"
                ),
            ],
            Self::Mariadb => vec![format!(
                "SELECT table_name, auto_increment FROM information_schema.tables \
                 WHERE table_name LIKE '%{name}%' ORDER BY 1"
            )],
        }
    }

    /// A name as it stands in a statement, whatever is in it.
    #[must_use]
    pub fn quote(self, name: &str) -> String {
        let quote = match self {
            Self::Postgres => "\"",
            Self::Mariadb => "`",
        };
        format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)))
    }

    /// Whether a table or a column may be called so. MariaDB's names end with no white space and have no
    /// character beyond U+FFFF ("Identifier Names" of its documentation).
    #[must_use]
    pub fn is_column_name(self, name: &str) -> bool {
        let is_basic = |letter: char| letter <= '\u{ffff}';
        self == Self::Postgres || !name.ends_with(char::is_whitespace) && name.chars().all(is_basic)
    }

    /// Lets the function of a pipeline in.
    #[must_use]
    pub fn admit(self, name: &str) -> String {
        match self {
            Self::Postgres => String::new(),
            Self::Mariadb => {
                let user = user(name);
                format!(
                    "CREATE USER {user} IDENTIFIED BY '{}'; GRANT ALL ON {}.* TO {user}",
                    self.password(),
                    self.database()
                )
            }
        }
    }

    /// Has a user of the name who may read the table of the name and no more.
    #[must_use]
    pub fn let_only_read(self, name: &str) -> String {
        match self {
            Self::Postgres => format!(
                "CREATE ROLE {name} LOGIN PASSWORD '{}'; GRANT SELECT ON {name} TO {name}",
                self.password()
            ),
            Self::Mariadb => {
                let user = user(name);
                format!(
                    "REVOKE ALL PRIVILEGES, GRANT OPTION FROM {user}; \
                     GRANT SELECT ON {name} TO {user}"
                )
            }
        }
    }

    /// Lets that user write to it.
    #[must_use]
    pub fn let_write(self, name: &str) -> String {
        let user = match self {
            Self::Postgres => name.to_owned(),
            Self::Mariadb => user(name),
        };
        format!("GRANT INSERT, UPDATE ON {name} TO {user}")
    }

    /// Gives that user another password.
    #[must_use]
    pub fn set_password(self, name: &str, password: &str) -> String {
        match self {
            Self::Postgres => format!("ALTER ROLE {name} PASSWORD '{password}'"),
            Self::Mariadb => format!("ALTER USER {} IDENTIFIED BY '{password}'", user(name)),
        }
    }

    /// Has the table of a schedule take what it refused.
    #[must_use]
    pub fn loosen(self, name: &str) -> Vec<String> {
        match self {
            Self::Postgres => vec![
                format!("ALTER TABLE {name} ALTER n DROP NOT NULL, DROP CONSTRAINT {name}_n_check"),
                format!("DROP TRIGGER refuses ON {name}"),
            ],
            Self::Mariadb => vec![
                "SET system_versioning_alter_history = KEEP".to_owned(),
                format!("ALTER TABLE {name} MODIFY n bigint NULL"),
                format!("DROP TRIGGER {name}_INSERT"),
                format!("DROP TRIGGER {name}_UPDATE"),
            ],
        }
    }

    /// Moves the offsets that are kept in a table.
    #[must_use]
    pub fn move_offsets(self, table: &str, by: i64) -> String {
        format!("UPDATE {table} SET next_offset = next_offset + {by}")
    }

    /// Drops everything of the name.
    #[must_use]
    pub fn forget(self, name: &str) -> Vec<String> {
        // Those that refer to others go first.
        let tables =
            format!("DROP TABLE IF EXISTS {name}_grandchild, {name}_child, {name}, {name}_offsets");
        match self {
            Self::Postgres => vec![
                "SET lock_timeout = '2s'".to_owned(),
                tables,
                format!("DROP FUNCTION IF EXISTS {name}()"),
                format!("DROP ROLE IF EXISTS {name}"),
            ],
            Self::Mariadb => {
                let user = user(name);
                vec![
                    "SET lock_wait_timeout = 2".to_owned(),
                    tables,
                    format!("DROP USER IF EXISTS {user}"),
                ]
            }
        }
    }

    /// The number of the function's sessions.
    #[must_use]
    pub fn count_sessions(self, name: &str) -> String {
        match self {
            Self::Postgres => {
                format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'")
            }
            Self::Mariadb => {
                format!("SELECT count(*) FROM information_schema.processlist WHERE user = '{name}'")
            }
        }
    }

    /// Ends the function's sessions.
    #[must_use]
    pub fn terminate(self, name: &str) -> String {
        match self {
            Self::Postgres => backends("pg_terminate_backend", name),
            Self::Mariadb => format!("KILL CONNECTION USER {}", user(name)),
        }
    }

    /// Cancels their statements.
    #[must_use]
    pub fn cancel(self, name: &str) -> String {
        match self {
            Self::Postgres => backends("pg_cancel_backend", name),
            Self::Mariadb => format!("KILL QUERY USER {}", user(name)),
        }
    }

    /// Gives a table without rows a column `tx` for the number of the transaction that inserts one.
    #[must_use]
    pub fn note_transactions(self, name: &str) -> String {
        match self {
            // Not the number of a savepoint in it.
            Self::Postgres => {
                format!("ALTER TABLE {name} ADD tx bigint NOT NULL DEFAULT txid_current()")
            }
            // "Transaction-Precise History in InnoDB" of MariaDB's documentation.
            Self::Mariadb => format!(
                "ALTER TABLE {name} ADD tx bigint unsigned GENERATED ALWAYS AS ROW START, \
                 ADD gone bigint unsigned GENERATED ALWAYS AS ROW END INVISIBLE, \
                 ADD PERIOD FOR SYSTEM_TIME (tx, gone), ADD SYSTEM VERSIONING"
            ),
        }
    }

    /// Has the table refuse rows whose `pad` is this, by a trigger.
    #[must_use]
    pub fn refuse(self, name: &str, pad: &str) -> String {
        match self {
            Self::Postgres => format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                   BEGIN IF NEW.pad = '{pad}' THEN RAISE 'not this one'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER refuses BEFORE INSERT OR UPDATE ON {name}
                   FOR EACH ROW EXECUTE FUNCTION {name}()"
            ),
            Self::Mariadb => {
                let trigger = |act: &str| {
                    format!(
                        "CREATE TRIGGER {name}_{act} BEFORE {act} ON {name} FOR EACH ROW
                           IF NEW.pad = '{pad}' THEN SIGNAL SQLSTATE '45000'; END IF"
                    )
                };
                [trigger("INSERT"), trigger("UPDATE")].join(";\n")
            }
        }
    }

    /// Keeps others from writing to the table for as long as the session lives, but waits for
    /// them no longer than a second.
    #[must_use]
    pub fn lock_table(self, name: &str) -> String {
        match self {
            Self::Postgres => {
                format!("SET lock_timeout = '1s'; BEGIN; LOCK TABLE {name} IN SHARE MODE")
            }
            Self::Mariadb => format!("SET lock_wait_timeout = 1; LOCK TABLES {name} READ"),
        }
    }

    /// The same with one row of the table, whichever it is.
    #[must_use]
    pub fn lock_a_row(self, name: &str) -> String {
        let (patience, random) = match self {
            Self::Postgres => ("lock_timeout = '1s'", "random()"),
            Self::Mariadb => ("innodb_lock_wait_timeout = 1", "rand()"),
        };
        format!("SET {patience}; BEGIN; SELECT id FROM {name} ORDER BY {random} LIMIT 1 FOR UPDATE")
    }
}

fn backends(act: &str, name: &str) -> String {
    format!("SELECT {act}(pid) FROM pg_stat_activity WHERE application_name = '{name}'")
}

fn user(name: &str) -> String {
    format!("'{name}'@'127.0.0.1'")
}
