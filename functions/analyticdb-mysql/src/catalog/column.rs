//! A column as the catalog describes it, and what the connector derives from that.
//!
//! Not here: the table and its indexes (`catalog`), and the queries (`query`).

use mysql_async::Row;
use sluice_bridge::model::table::{Column, Takes};

use crate::catalog::query::get;
use crate::catalog::visibility::Visibility;
use crate::connection::profile::{Dialect, Profile};
use crate::types::catalog_type::{CatalogType, ConversionSettings};
use crate::types::column::ColumnType;

/// The collation of MariaDB's `JSON` columns ("JSON Data Type" of its manual).
const JSON_TEXT: &str = "utf8mb4_bin";

/// A column as the catalog describes it.
pub(super) struct CatalogColumn {
    pub(super) name: String,
    data_type: String,
    column_type: String,
    characters: Option<u64>,
    octets: Option<u64>,
    precision: Option<u64>,
    scale: Option<u64>,
    places: Option<u64>,
    charset: Option<String>,
    collation: Option<String>,
    pub(super) nullable: bool,
    has_default: bool,
    is_generated: bool,
    pub(super) is_auto_increment: bool,
    is_invisible: bool,
    /// Whether the default comes from a sequence.
    pub(super) is_from_sequence: bool,
    pub(super) is_primary: bool,
    is_json_text: bool,
    /// Whether the column may be JSON, which only a table definition that the user may not read would show.
    pub(super) may_be_json: bool,
    srid: Option<u32>,
    latitude_first: bool,
    is_mariadb: bool,
    has_axis_order: bool,
}

impl CatalogColumn {
    pub(super) fn of(row: &Row, profile: &Profile, visibility: &Visibility) -> Self {
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
            is_from_sequence: default.as_ref().is_some_and(|default| default.contains("nextval(")),
            // MariaDB shows a default of null as the text NULL.
            has_default: default.is_some_and(|default| !(profile.is_mariadb && default == "NULL")),
            is_generated: ["VIRTUAL", "STORED", "PERSISTENT"]
                .iter()
                .any(|word| extra.contains(word)),
            is_auto_increment: extra.contains("AUTO_INCREMENT"),
            is_invisible: extra.contains("INVISIBLE"),
            is_primary: get::<String>(row, 14).as_deref() == Some("PRI"),
            is_json_text: profile.is_mariadb && visibility.is_json_text(&name) == Some(true),
            may_be_json: false,
            srid: get(row, 15),
            latitude_first: get::<u8>(row, 16) == Some(1),
            is_mariadb: profile.is_mariadb,
            has_axis_order: profile.has_spatial_references,
            name,
        };
        // The type and collation that MariaDB uses for JSON; the check constraint is not visible here.
        let looks_so = read.data_type == "longtext" && read.collation.as_deref() == Some(JSON_TEXT);
        let may_be_json =
            profile.is_mariadb && looks_so && visibility.is_json_text(&read.name).is_none();
        let read = Self { may_be_json, ..read };
        if profile.dialect == Dialect::AnalyticDb { read.with_documented_types() } else { read }
    }

    /// AnalyticDB's catalog uses MySQL's type names for types that differ: text and bytes have any length,
    /// whatever the declared length is, and times have milliseconds ("Basic data types" of its developer
    /// reference). Comparisons are case-sensitive, whatever the collation is ("Other SQL feature
    /// differences").
    fn with_documented_types(mut self) -> Self {
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
    fn defaults_to_first_label(&self) -> bool {
        !self.nullable && self.data_type == "enum"
    }

    /// Whether this is the primary key that MySQL adds to a table without one ("Generated Invisible Primary
    /// Keys" of the manual).
    pub(super) fn is_generated_key(&self) -> bool {
        self.name == "my_row_id" && self.is_invisible && self.is_auto_increment
    }

    fn is_filled(&self) -> bool {
        self.has_default
            || self.is_auto_increment
            || self.is_generated
            || self.defaults_to_first_label()
    }

    pub(super) fn column(&self, takes: Takes) -> Column {
        Column {
            name: self.name.clone(),
            has_default: self.is_filled(),
            generated: self.is_generated,
            takes,
            is_array: false,
        }
    }

    pub(super) fn replaces_null(&self, profile: &Profile) -> bool {
        let becomes_now =
            !profile.refuses_null_timestamp && !self.nullable && self.data_type == "timestamp";
        self.is_auto_increment || becomes_now
    }

    pub(super) fn type_of(&self, conversion: &ConversionSettings) -> ColumnType {
        let catalog_type = CatalogType {
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
            is_mariadb: self.is_mariadb,
            has_axis_order: self.has_axis_order,
            is_json_text: self.is_json_text,
        };
        ColumnType::of(&self.name, catalog_type, !self.nullable && !self.is_filled(), conversion)
    }
}
