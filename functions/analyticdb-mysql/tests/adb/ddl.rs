//! Tables and columns as AnalyticDB makes them: "CREATE TABLE", "ALTER TABLE", "Basic data types" and
//! "Limits" of its developer reference, and the MariaDB types that hold the same.

use crate::grammar::{Counts, Taken};
use crate::lexer::{Kind, Reader, Token};

/// The types there are, and MariaDB's for each where no length is said.
const TYPES: &[(&str, &str)] = &[
    ("BOOLEAN", "BOOLEAN"),
    ("TINYINT", "TINYINT"),
    ("SMALLINT", "SMALLINT"),
    ("INT", "INT"),
    ("INTEGER", "INT"),
    ("BIGINT", "BIGINT"),
    ("FLOAT", "FLOAT"),
    ("DOUBLE", "DOUBLE"),
    ("DECIMAL", "DECIMAL"),
    ("NUMERIC", "DECIMAL"),
    ("VARCHAR", "LONGTEXT"),
    ("BINARY", "LONGBLOB"),
    ("DATE", "DATE"),
    // Both to the millisecond, and nothing is said of how.
    ("TIME", "TIME(3)"),
    ("DATETIME", "DATETIME(3)"),
    ("TIMESTAMP", "TIMESTAMP(3)"),
    ("JSON", "JSON"),
];

const LONGEST_NAME: usize = 127;
const MOST_DIGITS: u32 = 38;

/// `CREATE`, behind the word: a table, distributed by its key if it has one.
pub(crate) fn create(sql: &str, reader: &mut Reader<'_>) -> Result<Taken, String> {
    reader.words("TABLE")?;
    if reader.word("IF") {
        reader.words("NOT EXISTS")?;
    }
    table(reader)?;
    let head = &sql[..reader.peek().map_or(sql.len(), |token| token.start)];
    reader.expect("(")?;
    let (mut items, mut key) = (Vec::new(), Vec::new());
    loop {
        if reader.word("PRIMARY") {
            reader.words("KEY")?;
            key = reader.names()?;
            items.push(format!("PRIMARY KEY ({})", key.join(",")));
        } else {
            items.push(column(reader)?);
        }
        if !reader.symbol(",") {
            break;
        }
    }
    reader.expect(")")?;
    match reader.word("DISTRIBUTED") {
        true => {
            reader.words("BY HASH")?;
            let by = reader.names()?;
            if !key.is_empty() && by.iter().any(|name| !key.contains(name)) {
                return Err("distributed by something else than its key".to_owned());
            }
        }
        false if !key.is_empty() => return Err("a key, and no DISTRIBUTED BY".to_owned()),
        false => {}
    }
    made(reader, format!("{head}({}) DEFAULT CHARSET=utf8mb4", items.join(", ")))
}

/// `ALTER`, behind the word: one column, or several in parentheses.
pub(crate) fn alter(sql: &str, reader: &mut Reader<'_>) -> Result<Taken, String> {
    reader.words("TABLE")?;
    table(reader)?;
    reader.words("ADD COLUMN")?;
    let head = &sql[..reader.peek().map_or(sql.len(), |token| token.start)];
    if !reader.symbol("(") {
        let item = column(reader)?;
        return made(reader, format!("{head}{item}"));
    }
    let mut items = vec![column(reader)?];
    while reader.symbol(",") {
        items.push(column(reader)?);
    }
    reader.expect(")")?;
    made(reader, format!("{head}({})", items.join(", ")))
}

fn made(reader: &Reader<'_>, said: String) -> Result<Taken, String> {
    match reader.is_at_end() {
        true => Ok(Taken { said, counts: Counts::Same, writes: false }),
        false => Err(format!("{} behind the end", reader.shown())),
    }
}

fn table(reader: &mut Reader<'_>) -> Result<(), String> {
    name(reader)?;
    if reader.symbol(".") { name(reader).map(|_| ()) } else { Ok(()) }
}

/// A name of letters, digits and underscores that begins with no digit.
fn name<'a>(reader: &mut Reader<'a>) -> Result<&'a str, String> {
    let quoted = reader.name()?;
    let name = quoted.trim_matches('`');
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match fits && name.len() <= LONGEST_NAME && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => Ok(quoted),
        false => Err(format!("the name {quoted}")),
    }
}

/// `name type [NOT NULL | NULL]`, in MariaDB's words.
fn column(reader: &mut Reader<'_>) -> Result<String, String> {
    let name = name(reader)?;
    let Some(Token { kind: Kind::Word, text: ty, .. }) = reader.take() else {
        return Err(format!("no type behind {name}"));
    };
    let ty = ty.to_ascii_uppercase();
    let Some((_, theirs)) = TYPES.iter().find(|(known, _)| *known == ty) else {
        return Err(format!("the type {ty}"));
    };
    let mut said = format!("{name} {theirs}");
    let length = length(reader)?;
    if let Some((length, digits)) = length {
        said = match ty.as_str() {
            "DECIMAL" | "NUMERIC" if digits <= MOST_DIGITS => format!("{name} DECIMAL{length}"),
            "VARCHAR" => format!("{name} VARCHAR{length}"),
            "BINARY" => format!("{name} VARBINARY{length}"),
            _ => return Err(format!("the type {ty}{length}")),
        };
    }
    if reader.word("NOT") {
        reader.words("NULL")?;
        return Ok(said + " NOT NULL");
    }
    // A length binds nothing there; only of a key MariaDB has to be told one.
    if ty == "VARCHAR" {
        said = format!("{name} LONGTEXT");
    }
    if reader.word("NULL") {
        said += " NULL";
    }
    Ok(said)
}

/// `(digits[,places])`, and the digits.
fn length(reader: &mut Reader<'_>) -> Result<Option<(String, u32)>, String> {
    if !reader.symbol("(") {
        return Ok(None);
    }
    let number = |reader: &mut Reader<'_>| match reader.take() {
        Some(Token { kind: Kind::Number, text, .. }) => text.parse::<u32>().ok(),
        _ => None,
    };
    let digits = number(reader).ok_or("a length that is no number")?;
    let mut shown = format!("({digits}");
    if reader.symbol(",") {
        shown += &format!(",{}", number(reader).ok_or("a length that is no number")?);
    }
    reader.expect(")")?;
    Ok(Some((format!("{shown})"), digits)))
}

#[cfg(test)]
mod tests {
    use crate::grammar::judge;

    #[test]
    fn the_vendors_words_become_mariadbs() {
        let sql = "CREATE TABLE IF NOT EXISTS `t` (`a` VARCHAR(255) NOT NULL, `b` VARCHAR(9) NULL, \
             `c` BINARY, `d` DECIMAL(38,18) NULL, PRIMARY KEY (`a`)) DISTRIBUTED BY HASH(`a`)";
        let said = "CREATE TABLE IF NOT EXISTS `t` (`a` VARCHAR(255) NOT NULL, `b` LONGTEXT NULL, \
             `c` LONGBLOB, `d` DECIMAL(38,18) NULL, PRIMARY KEY (`a`)) DEFAULT CHARSET=utf8mb4";
        assert_eq!(judge(sql.as_bytes()).map(|taken| taken.said), Ok(said.to_owned()));
        let sql = "ALTER TABLE `t` ADD COLUMN (`a` BIGINT NULL, `b` DATETIME NULL)";
        let said = "ALTER TABLE `t` ADD COLUMN (`a` BIGINT NULL, `b` DATETIME(3) NULL)";
        assert_eq!(judge(sql.as_bytes()).map(|taken| taken.said), Ok(said.to_owned()));
    }

    #[test]
    fn what_the_vendor_does_not_make_is_an_offence() {
        for (sql, why) in [
            ("CREATE TABLE t (a BIGINT NOT NULL, PRIMARY KEY (a))", "no DISTRIBUTED BY"),
            ("CREATE TABLE t (a INT, b INT, PRIMARY KEY (a)) DISTRIBUTED BY HASH(b)", "its key"),
            ("CREATE TABLE t (a INT) ENGINE=InnoDB", "ENGINE"),
            ("CREATE TABLE t (a INT) DEFAULT CHARSET=utf8mb4", "DEFAULT"),
            ("CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_bin)", "COLLATE"),
            ("CREATE TABLE t (a LONGTEXT)", "LONGTEXT"),
            ("CREATE TABLE t (a DECIMAL(65,30))", "DECIMAL(65,30)"),
            ("CREATE TABLE t (a DATETIME(6))", "DATETIME(6)"),
            ("CREATE TABLE `a-b` (a INT)", "`a-b`"),
            ("CREATE TABLE t (`1` INT)", "`1`"),
            ("CREATE TEMPORARY TABLE t (a INT)", "TEMPORARY"),
            ("ALTER TABLE t ADD COLUMN a INT, ADD COLUMN b INT", "behind the end"),
            ("ALTER TABLE t DROP COLUMN a", "DROP"),
        ] {
            let offence = judge(sql.as_bytes()).expect_err(sql);
            assert!(offence.contains(why), "{sql}: {offence}");
        }
    }
}
