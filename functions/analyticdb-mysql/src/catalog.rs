//! Describes a table: its columns with types and defaults, its unique indexes and its storage engine, all
//! read from `information_schema`.
//!
//! Not here: the statements that write (`sql`), and the values (`values`).

pub(crate) mod question;
pub(crate) mod visibility;

use mysql_async::Row;
use mysql_async::prelude::FromValue;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Column, Table, TableName, Takes};

use crate::catalog::question::{Answer, Question};
use crate::catalog::visibility::Sight;
use crate::connection::profile::{Dialect, Profile};
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::quote_table;
use crate::types::column::ColumnType;
use crate::types::described::{Described, Terms};
use crate::types::shape::Shape;

/// Reads the description of a table. If the user may read the table, its definition is locked until the
/// transaction ends. `None` if the table does not exist.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn read(
    session: &mut Session,
    name: &TableName,
    terms: &Terms,
) -> Result<Option<(Table, Shape)>, SinkError> {
    let Session { conn, profile, .. } = session;
    match Question::of(name, profile).ask(Session::present(conn)?, profile).await {
        Ok(answer) => describe(answer, name, profile, terms),
        Err(error) if fault::is_no_table(&error) => Ok(None),
        Err(error) => Err(fault::classify_outside_rows(&error)),
    }
}

/// Builds the description from the catalog's rows. `None` if the table does not exist.
///
/// # Errors
/// `Fatal` if the catalog does not show a required property of a column.
pub(crate) fn describe(
    answer: Answer,
    name: &TableName,
    profile: &Profile,
    terms: &Terms,
) -> Result<Option<(Table, Shape)>, SinkError> {
    let is_ours = |row: &Row| {
        let found: String = get(row, 0).unwrap_or_default();
        found == name.name || !profile.minds_case && found.eq_ignore_ascii_case(&name.name)
    };
    let Answer { columns, unique, kept, sight } = answer;
    let columns: Vec<Row> = columns.into_iter().filter(is_ours).collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let described: Vec<Read> = columns.iter().map(|row| Read::of(row, profile, &sight)).collect();
    let place = |name: &str| described.iter().position(|column| column.name == name);
    let indexes = Indexes::of(&unique, place);
    let primary = described.iter().enumerate().filter(|(_, column)| column.is_primary);
    let primary: Vec<usize> = match indexes.primary {
        Some(primary) => primary,
        // `COLUMN_KEY` does not say whether the key has other columns, which may be invisible to this user.
        None if profile.transactional => Vec::new(),
        None => primary.map(|(place, _)| place).collect(),
    };
    // A generated invisible primary key is not a key of the records.
    let is_hidden = |place: &usize| described[*place].is_hidden_number();
    let primary = if primary.iter().any(is_hidden) { Vec::new() } else { primary };
    let mut all_unique = indexes.unique;
    if !primary.is_empty() && !all_unique.contains(&primary) {
        all_unique.push(primary.clone());
    }
    let engine = match profile.transactional {
        true => kept.first().and_then(|row| get(row, 0)),
        false => Some("AnalyticDB".to_owned()),
    };
    if let Some(column) = described.iter().find(|column| column.may_be_json)
        && engine.is_some()
    {
        return Err(SinkError::fatal(format!(
            "the user cannot see whether column \"{}\" of table {name} is JSON or text: GRANT SELECT ON {}",
            column.name,
            quote_table(name)
        )));
    }
    let rolls_back = kept.first().and_then(|row| get::<String>(row, 1));
    let shape = Shape {
        columns: described.iter().map(|column| column.type_of(terms)).collect(),
        nullable: described.iter().map(|column| column.nullable).collect(),
        unique: all_unique,
        has_odd_unique: indexes.has_odd,
        transactional: engine.is_none() || rolls_back.as_deref() == Some("YES"),
        engine,
        fills_null: described.iter().map(|column| column.fills_null(profile)).collect(),
        numbers_rows: described.iter().any(|column| column.is_numbered || column.is_drawn),
        may_hide: sight.may_hide(described.len()),
        has_triggers: kept.first().and_then(|row| get::<u8>(row, 2)).is_some_and(|any| any > 0),
    };
    let columns = described.iter().zip(&shape.columns);
    let table = Table {
        name: name.clone(),
        columns: columns.map(|(read, ty)| read.column(ty.takes())).collect(),
        primary_key: primary,
        has_side_effects: shape.has_triggers
            || shape.is_view()
            || kept.first().and_then(|row| get::<u8>(row, 3)).is_some_and(|any| any > 0),
    };
    Ok(Some((table, shape)))
}

/// The unique indexes of a table.
struct Indexes {
    primary: Option<Vec<usize>>,
    /// The columns of each index on whole columns, including the primary key.
    unique: Vec<Vec<usize>>,
    has_odd: bool,
}

impl Indexes {
    /// Reads the rows of the unique indexes' columns.
    fn of(rows: &[Row], place: impl Fn(&str) -> Option<usize>) -> Self {
        let mut found: Vec<(String, Option<Vec<usize>>)> = Vec::new();
        for row in rows {
            let index: String = get(row, 0).unwrap_or_default();
            if found.last().is_none_or(|(last, _)| *last != index) {
                found.push((index, Some(Vec::new())));
            }
            let column = get::<String>(row, 1).and_then(|name| place(&name));
            let column = column.filter(|_| get::<u64>(row, 2).is_none());
            if let Some((_, columns)) = found.last_mut() {
                *columns = columns.take().zip(column).map(|(mut columns, column)| {
                    columns.push(column);
                    columns
                });
            }
        }
        let primary = found.iter().find(|(name, _)| name == "PRIMARY");
        Self {
            primary: primary.and_then(|(_, columns)| columns.clone()),
            has_odd: found.iter().any(|(_, columns)| columns.is_none()),
            unique: found.into_iter().filter_map(|(_, columns)| columns).collect(),
        }
    }
}

/// The collation of MariaDB's `JSON` columns ("JSON Data Type" of its manual).
const JSON_TEXT: &str = "utf8mb4_bin";

/// A column as the catalog describes it.
struct Read {
    name: String,
    data_type: String,
    column_type: String,
    characters: Option<u64>,
    octets: Option<u64>,
    precision: Option<u64>,
    scale: Option<u64>,
    places: Option<u64>,
    charset: Option<String>,
    collation: Option<String>,
    nullable: bool,
    has_default: bool,
    is_generated: bool,
    is_numbered: bool,
    is_invisible: bool,
    /// Whether the default comes from a sequence.
    is_drawn: bool,
    is_primary: bool,
    is_json_text: bool,
    /// Whether the column may be JSON, which only a table definition that the user may not read would show.
    may_be_json: bool,
    srid: Option<u32>,
    latitude_first: bool,
    is_flat: bool,
    knows_axes: bool,
}

impl Read {
    fn of(row: &Row, profile: &Profile, sight: &Sight) -> Self {
        let name: String = get(row, 1).unwrap_or_default();
        let default: Option<String> = get(row, 12);
        let extra = get::<String>(row, 13).unwrap_or_default().to_uppercase();
        let nullable = get::<String>(row, 11).is_none_or(|word| word.eq_ignore_ascii_case("YES"));
        let read = Self {
            data_type: get::<String>(row, 2).unwrap_or_default().to_lowercase(),
            column_type: get(row, 3).unwrap_or_default(),
            characters: get(row, 4),
            octets: get(row, 5),
            precision: get(row, 6),
            scale: get(row, 7),
            places: get(row, 8),
            charset: get(row, 9),
            collation: get(row, 10),
            nullable,
            is_drawn: default.as_ref().is_some_and(|default| default.contains("nextval(")),
            // MariaDB shows a default of null as the text NULL.
            has_default: default.is_some_and(|default| !(profile.is_maria && default == "NULL")),
            is_generated: ["VIRTUAL", "STORED", "PERSISTENT"]
                .iter()
                .any(|word| extra.contains(word)),
            is_numbered: extra.contains("AUTO_INCREMENT"),
            is_invisible: extra.contains("INVISIBLE"),
            is_primary: get::<String>(row, 14).as_deref() == Some("PRI"),
            is_json_text: profile.is_maria && sight.is_json_text(&name) == Some(true),
            may_be_json: false,
            srid: get(row, 15),
            latitude_first: get::<u8>(row, 16) == Some(1),
            is_flat: profile.is_maria,
            knows_axes: profile.has_references,
            name,
        };
        // The type and collation that MariaDB uses for JSON; the check constraint is not visible here.
        let looks_so = read.data_type == "longtext" && read.collation.as_deref() == Some(JSON_TEXT);
        let may_be_json = profile.is_maria && looks_so && sight.is_json_text(&read.name).is_none();
        let read = Self { may_be_json, ..read };
        if profile.dialect == Dialect::AnalyticDb { read.documented() } else { read }
    }

    /// AnalyticDB's catalog uses MySQL's type names for types that differ: text and bytes have any length,
    /// whatever the declared length is, and times have milliseconds ("Basic data types" of its developer
    /// reference). Comparisons are case-sensitive, whatever the collation is ("Other SQL feature
    /// differences").
    fn documented(mut self) -> Self {
        (self.characters, self.octets) = (None, None);
        match self.data_type.as_str() {
            "time" | "datetime" | "timestamp" => self.places = Some(3),
            "binary" => self.data_type = "varbinary".to_owned(),
            text if text == "char" || text == "varchar" || text.ends_with("text") => {
                // AnalyticDB keeps trailing blanks in a CHAR.
                if text == "char" {
                    self.data_type = "varchar".to_owned();
                }
                self.charset = Some("utf8mb4".to_owned());
                self.collation = Some("utf8mb4_nopad_bin".to_owned());
            }
            _ => {}
        }
        self
    }

    /// Whether the column has its first label as its default: a NOT NULL ENUM without a declared default.
    fn takes_first(&self) -> bool {
        !self.nullable && self.data_type == "enum"
    }

    /// Whether this is the primary key that MySQL adds to a table without one ("Generated Invisible Primary
    /// Keys" of the manual).
    fn is_hidden_number(&self) -> bool {
        self.name == "my_row_id" && self.is_invisible && self.is_numbered
    }

    fn is_filled(&self) -> bool {
        self.has_default || self.is_numbered || self.is_generated || self.takes_first()
    }

    fn column(&self, takes: Takes) -> Column {
        Column {
            name: self.name.clone(),
            has_default: self.is_filled(),
            generated: self.is_generated,
            takes,
            is_array: false,
        }
    }

    fn fills_null(&self, profile: &Profile) -> bool {
        let becomes_now = !profile.minds_null && !self.nullable && self.data_type == "timestamp";
        self.is_numbered || becomes_now
    }

    fn type_of(&self, terms: &Terms) -> ColumnType {
        let described = Described {
            data_type: &self.data_type,
            column_type: &self.column_type,
            characters: self.characters,
            octets: self.octets,
            precision: self.precision,
            scale: self.scale,
            places: self.places,
            charset: self.charset.as_deref(),
            collation: self.collation.as_deref(),
            srid: self.srid,
            latitude_first: self.latitude_first,
            is_flat: self.is_flat,
            knows_axes: self.knows_axes,
            is_json_text: self.is_json_text,
        };
        ColumnType::of(&self.name, described, !self.nullable && !self.is_filled(), terms)
    }
}

/// A value of a catalog row, if it has this type.
fn get<T: FromValue>(row: &Row, place: usize) -> Option<T> {
    row.get_opt::<Option<T>, _>(place)?.ok().flatten()
}
