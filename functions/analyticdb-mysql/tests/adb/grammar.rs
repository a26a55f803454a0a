//! What AnalyticDB takes, as far as this connector needs it, and what a MariaDB has to be told so
//! that the same comes of it. Everything else is an offence: what is not documented is not sent.

use crate::ddl;
use crate::lexer::{Kind, Reader, Token, tokens};

/// "Data modification best practices": a statement's longest.
pub(crate) const LONGEST: usize = 16 << 20;

/// A statement that is taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// What MariaDB is told.
    pub(crate) said: String,
    pub(crate) counts: Counts,
    pub(crate) writes: bool,
}

/// How many rows the answer says that a statement affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// As many as MariaDB says.
    Same,
    /// One for each row, be it new or not.
    EachRow(u64),
    /// Those it found, be they changed or not.
    Found,
}

/// Judges a message of the text protocol.
///
/// # Errors
/// Why AnalyticDB need not take it.
pub(crate) fn judge(sql: &[u8]) -> Result<Taken, String> {
    if sql.len() > LONGEST {
        return Err(format!("a statement of {} bytes", sql.len()));
    }
    let sql = str::from_utf8(sql).map_err(|_| "a statement that is no UTF-8")?;
    let tokens = tokens(sql)?;
    if tokens.iter().any(|token| token.is_symbol(";")) {
        return Err("several statements in one message".to_owned());
    }
    if tokens.iter().any(|token| token.is_symbol("@")) {
        return Err("a variable".to_owned());
    }
    let mut reader = Reader::new(tokens);
    let Some(verb) = reader.take() else { return Err("nothing".to_owned()) };
    let same = |counts, writes| Taken { said: sql.to_owned(), counts, writes };
    match verb.text.to_ascii_uppercase().as_str() {
        "INSERT" => insert(sql, &mut reader),
        "REPLACE" => {
            rows(&mut reader).and_then(|_| ends(&reader)).map(|()| same(Counts::Same, true))
        }
        "UPDATE" => update(&mut reader).map(|()| same(Counts::Found, true)),
        "DELETE" => delete(&mut reader).map(|()| same(Counts::Same, true)),
        "SELECT" => select(&reader).map(|()| same(Counts::Same, false)),
        "SET" => set(&mut reader).map(|()| same(Counts::Same, false)),
        "CREATE" => ddl::create(sql, &mut reader),
        "ALTER" => ddl::alter(sql, &mut reader),
        "SHOW" => show(&mut reader).map(|()| same(Counts::Same, false)),
        other => Err(format!("{other}, which is not documented")),
    }
}

fn ends(reader: &Reader<'_>) -> Result<(), String> {
    reader.is_at_end().then_some(()).ok_or_else(|| format!("{} behind the end", reader.shown()))
}

/// `INTO table (columns) VALUES (…),(…)`; how many rows, and the first column.
fn rows<'a>(reader: &mut Reader<'a>) -> Result<(u64, &'a str), String> {
    reader.words("INTO")?;
    reader.table()?;
    let columns = reader.names()?;
    reader.words("VALUES")?;
    reader.parenthesis()?;
    let mut rows = 1;
    while reader.symbol(",") {
        reader.parenthesis()?;
        rows += 1;
    }
    Ok((rows, columns[0]))
}

/// A plain one leaves a row that is there as it is: that is said so that MariaDB minds everything
/// else, as its INSERT IGNORE would not.
fn insert(sql: &str, reader: &mut Reader<'_>) -> Result<Taken, String> {
    let (rows, first) = rows(reader)?;
    if reader.is_at_end() {
        let said = format!("{sql} ON DUPLICATE KEY UPDATE {first}={first}");
        return Ok(Taken { said, counts: Counts::Same, writes: true });
    }
    reader.words("ON DUPLICATE KEY UPDATE")?;
    loop {
        reader.name()?;
        reader.expect("=")?;
        if reader.word("VALUES") {
            reader.names().and_then(|names| match names.len() {
                1 => Ok(()),
                _ => Err("VALUES of several columns".to_owned()),
            })?;
        } else {
            literal(reader)?;
        }
        if !reader.symbol(",") {
            break;
        }
    }
    ends(reader)?;
    Ok(Taken { said: sql.to_owned(), counts: Counts::EachRow(rows), writes: true })
}

fn literal(reader: &mut Reader<'_>) -> Result<(), String> {
    let _ = reader.symbol("-");
    let shown = reader.shown();
    match reader.take() {
        Some(Token { kind: Kind::Number | Kind::Text, .. }) => Ok(()),
        Some(token) if ["NULL", "TRUE", "FALSE"].iter().any(|word| token.is_word(word)) => Ok(()),
        Some(token) if token.is_word("x") => match reader.take() {
            Some(Token { kind: Kind::Text, .. }) => Ok(()),
            _ => Err("no digits behind an x".to_owned()),
        },
        _ => Err(format!("{shown}, which is neither a literal nor VALUES of a column")),
    }
}

fn update(reader: &mut Reader<'_>) -> Result<(), String> {
    reader.table()?;
    reader.words("SET")?;
    has_where(reader)
}

fn delete(reader: &mut Reader<'_>) -> Result<(), String> {
    reader.words("FROM")?;
    reader.table()?;
    has_where(reader)
}

fn has_where(reader: &Reader<'_>) -> Result<(), String> {
    let mut words = reader.rest().iter();
    let has = words.any(|token| token.is_word("WHERE"));
    has.then_some(()).ok_or_else(|| "no WHERE".to_owned())
}

/// Of the catalog, two tables are sure to be there.
fn select(reader: &Reader<'_>) -> Result<(), String> {
    let tokens = reader.rest();
    if tokens.iter().any(|token| ["FOR", "LOCK", "INTO"].iter().any(|word| token.is_word(word))) {
        return Err("a SELECT that locks, or goes into something".to_owned());
    }
    for three in tokens.windows(3) {
        let known = ["COLUMNS", "TABLES"].iter().any(|table| three[2].is_word(table));
        if three[0].is_word("information_schema") && !known {
            return Err(format!("information_schema.{}", three[2].text));
        }
    }
    Ok(())
}

fn set(reader: &mut Reader<'_>) -> Result<(), String> {
    if reader.word("NAMES") {
        reader.name()?;
        return ends(reader);
    }
    let _ = reader.word("SESSION");
    if !reader.word("sql_mode") && !reader.word("time_zone") {
        return Err(format!("SET of {}", reader.shown()));
    }
    reader.expect("=")?;
    literal(reader)?;
    ends(reader)
}

/// Only who has to find out what the server is asks so, and then it has to be one that answers.
fn show(reader: &mut Reader<'_>) -> Result<(), String> {
    reader.words("VARIABLES WHERE Variable_name IN")?;
    reader.parenthesis()?;
    ends(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_documented_is_taken() {
        for sql in [
            "REPLACE INTO `t` (`a`,`b`) VALUES (1,'x'),(2,NULL)",
            "INSERT INTO `d`.`t` (`a`,`b`) VALUES (-1,x'00') ON DUPLICATE KEY UPDATE `b`=VALUES(`b`)",
            "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE b = -1, c = 'x', d = NULL",
            "UPDATE `t` SET `b`='it''s; @@x',`c`=NULL WHERE `a`=1",
            "DELETE FROM `t` WHERE (`a`=1) OR (`a`=2)",
            "SELECT 1 FROM `t` WHERE `a`=1",
            "SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
            "SET NAMES utf8mb4",
            "SET SESSION time_zone = '+00:00'",
        ] {
            assert_eq!(judge(sql.as_bytes()).map(|taken| taken.said), Ok(sql.to_owned()));
        }
    }

    #[test]
    fn a_plain_insert_leaves_what_is_there() {
        let taken = judge(b"INSERT INTO `t` (`a`,`b`) VALUES (1,2)").unwrap();
        assert!(taken.said.ends_with(" ON DUPLICATE KEY UPDATE `a`=`a`"), "{}", taken.said);
        let taken = judge(b"INSERT INTO t (a) VALUES (1),((2)) ON DUPLICATE KEY UPDATE b=1");
        assert_eq!(taken.unwrap().counts, Counts::EachRow(2));
    }

    #[test]
    fn everything_else_is_an_offence() {
        for (sql, why) in [
            ("", "nothing"),
            ("INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (2)", "several statements"),
            ("START TRANSACTION", "START"),
            ("BEGIN", "BEGIN"),
            ("COMMIT", "COMMIT"),
            ("ROLLBACK TO SAVEPOINT s", "ROLLBACK"),
            ("SAVEPOINT s", "SAVEPOINT"),
            ("LOCK TABLES t WRITE", "LOCK"),
            ("KILL 7", "KILL"),
            ("GET DIAGNOSTICS @n = NUMBER", "variable"),
            ("PREPARE s FROM 'SELECT 1'", "PREPARE"),
            ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", "LOAD"),
            ("INSERT IGNORE INTO t (a) VALUES (1)", "IGNORE"),
            ("INSERT INTO t VALUES (1)", "VALUES"),
            ("INSERT INTO t (a) SELECT 1", "SELECT"),
            ("INSERT INTO t (a) VALUES (1) AS new ON DUPLICATE KEY UPDATE a=new.a", "AS"),
            ("INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=a", "neither a literal"),
            ("INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=a+1", "neither a literal"),
            (
                "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=VALUES(a)+1",
                "behind the end",
            ),
            (
                "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=IF(1,2,3)",
                "neither a literal",
            ),
            ("REPLACE INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=1", "behind the end"),
            ("UPDATE t SET a=1", "WHERE"),
            ("DELETE FROM t", "WHERE"),
            ("SELECT a FROM t WHERE a=1 FOR UPDATE", "locks"),
            ("SELECT 1 FROM information_schema.STATISTICS", "STATISTICS"),
            ("SELECT @@version", "variable"),
            ("SET @a = 1", "variable"),
            ("SET SESSION autocommit = 1", "autocommit"),
            ("SET SESSION sql_mode = '', autocommit = 1", "behind the end"),
            ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "TRANSACTION"),
            ("SELECT 1 -- why", "comment"),
        ] {
            let offence = judge(sql.as_bytes()).expect_err(sql);
            assert!(offence.contains(why), "{sql}: {offence}");
        }
        let long = format!("DELETE FROM t WHERE a='{}'", "x".repeat(LONGEST));
        assert!(judge(long.as_bytes()).unwrap_err().contains("bytes"));
    }
}
