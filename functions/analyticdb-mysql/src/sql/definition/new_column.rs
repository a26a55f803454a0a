//! The type and the default of a new column.

use std::borrow::Cow;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::{ColumnKind, Constant, NewColumn, Size};

use crate::connection::profile::{Dialect, Profile};
use crate::sql::quote::quote;
use crate::types::catalog_type::{CatalogType, ConversionSettings};
use crate::types::column::ColumnType;
use crate::values::encode;
use crate::values::sql_literal::{self, Escapes};

/// The bytes of a row for VARCHAR columns, from the row size limit, which does not count BLOB and TEXT
/// ("Limits on Table Column Count and Row Size" of the manual). The rest is for the other columns.
const MAX_ROW_BYTES: u64 = 50_000;
/// The same for added columns, because the existing columns are not counted.
const MAX_ADDED_BYTES: u64 = 8_000;
/// The longest `VARCHAR(n)` with four bytes per character.
const MAX_VARCHAR: u32 = 16_383;
/// The limits of DECIMAL ("Fixed-Point Types" of the manual).
const MAX_DIGITS: u32 = 65;
const MAX_PLACES: u32 = 30;
/// The limits of AnalyticDB.
const ANALYTIC_DB_MAX_DIGITS: u32 = 38;
const ANALYTIC_DB_MAX_PLACES: u32 = 18;

/// Declares the columns of one statement.
pub(super) struct ColumnDeclarations<'m> {
    profile: &'m Profile,
    escapes: Escapes,
    conversion: &'m ConversionSettings,
    /// The character set clause for text columns, if the table may have a different one.
    charset_clause: &'static str,
    /// The bytes of a row that are left for VARCHAR columns.
    row_bytes_left: u64,
}

impl<'m> ColumnDeclarations<'m> {
    pub(super) fn of_table(
        profile: &'m Profile,
        escapes: Escapes,
        conversion: &'m ConversionSettings,
    ) -> Self {
        Self { profile, escapes, conversion, charset_clause: "", row_bytes_left: MAX_ROW_BYTES }
    }

    /// For an existing table, whose character set may not have all characters.
    pub(super) fn of_columns(
        profile: &'m Profile,
        escapes: Escapes,
        conversion: &'m ConversionSettings,
    ) -> Self {
        let charset_clause = match profile.transactional {
            true => " CHARACTER SET utf8mb4",
            false => "",
        };
        Self {
            charset_clause,
            row_bytes_left: MAX_ADDED_BYTES,
            ..Self::of_table(profile, escapes, conversion)
        }
    }

    /// Declares a column that may be null.
    pub(super) fn declaration(&mut self, column: &NewColumn) -> String {
        let (name, ty) = (quote(&column.name), self.ty(column));
        let characters = if column.kind == ColumnKind::Text { self.charset_clause } else { "" };
        let default = self.default(column, &ty);
        format!("{name} {ty}{characters} NULL{default}")
    }

    /// Declares a column of the key. Its length is limited, because an index is, and its collation is
    /// case-sensitive.
    pub(super) fn key_declaration(&mut self, column: &NewColumn, max_length: usize) -> String {
        let (name, is_analytic_db) = (quote(&column.name), self.is_analytic_db());
        match column.kind {
            ColumnKind::Text | ColumnKind::Documents => {
                let collation = self.profile.exact_collation;
                let collation =
                    collation.map(|name| format!(" CHARACTER SET utf8mb4 COLLATE {name}"));
                format!("{name} VARCHAR({max_length}){}", collation.unwrap_or_default())
            }
            ColumnKind::Bytes if is_analytic_db => format!("{name} BINARY({max_length})"),
            ColumnKind::Bytes => format!("{name} VARBINARY({max_length})"),
            _ => format!("{name} {}", self.ty(column)),
        }
    }

    fn is_analytic_db(&self) -> bool {
        self.profile.dialect == Dialect::AnalyticDb
    }

    /// The column's type. AnalyticDB's types are those of "Basic data types" in its developer reference: text
    /// and bytes up to 16 MB, decimals of 38 digits, times with milliseconds. It ignores the declared length
    /// of text, which is there for tools that read the statement as MySQL's.
    fn ty(&mut self, column: &NewColumn) -> Cow<'static, str> {
        let is_analytic_db = self.is_analytic_db();
        let (max_digits, max_places) = match is_analytic_db {
            true => (ANALYTIC_DB_MAX_DIGITS, ANALYTIC_DB_MAX_PLACES),
            false => (MAX_DIGITS, MAX_PLACES),
        };
        let ty = match (column.kind, column.size) {
            (ColumnKind::Integers, Size::Bits(0..=16)) => "SMALLINT",
            (ColumnKind::Integers, Size::Bits(17..=32)) => "INT",
            (ColumnKind::Decimals, Size::Digits { precision, scale })
                if precision <= max_digits && scale <= max_places =>
            {
                return format!("DECIMAL({precision},{scale})").into();
            }
            (ColumnKind::Text, Size::Characters(max)) if !is_analytic_db && self.reserve(max) => {
                return format!("VARCHAR({max})").into();
            }
            (ColumnKind::Decimals, _) if is_analytic_db => "DECIMAL(38,18)",
            (ColumnKind::Text, _) if is_analytic_db => "VARCHAR(2000)",
            (ColumnKind::Bytes, _) if is_analytic_db => "BINARY",
            (ColumnKind::Times, _) if is_analytic_db => "TIME",
            (ColumnKind::Timestamps, _) if is_analytic_db => "DATETIME",
            (ColumnKind::Booleans, _) => "BOOLEAN",
            (ColumnKind::Integers, _) => "BIGINT",
            (ColumnKind::Decimals, _) => "DECIMAL(65,30)",
            (ColumnKind::Floats, _) => "DOUBLE",
            (ColumnKind::Text, _) => "LONGTEXT",
            (ColumnKind::Bytes, _) => "LONGBLOB",
            (ColumnKind::Dates, _) => "DATE",
            (ColumnKind::Times, _) => "TIME(6)",
            (ColumnKind::Timestamps, _) => "DATETIME(6)",
            (ColumnKind::Documents, _) => "JSON",
        };
        ty.into()
    }

    /// Whether a VARCHAR fits into the row; if so, its bytes are reserved.
    fn reserve(&mut self, max: u32) -> bool {
        let bytes = u64::from(max) * 4 + 2;
        let fits = max <= MAX_VARCHAR && bytes <= self.row_bytes_left;
        self.row_bytes_left -= if fits { bytes } else { 0 };
        fits
    }

    /// ` DEFAULT …`, or nothing if there is no default, the column does not accept it, or the server allows
    /// none for the type.
    fn default(&self, column: &NewColumn, ty: &str) -> String {
        let Some(constant) = &column.default else { return String::new() };
        let needs_expression = ["LONGTEXT", "LONGBLOB", "JSON"].contains(&ty);
        if self.is_analytic_db() || needs_expression && !self.profile.has_default_expressions {
            return String::new();
        }
        let cell = match constant {
            Constant::Bool(truth) => Cell::Bool(*truth),
            Constant::Number(digits) => Cell::Number(digits),
            Constant::Text(text) if column.kind == ColumnKind::Documents => Cell::Json(text),
            Constant::Text(text) | Constant::Bytes(text) => Cell::Text(text),
        };
        let mut bytes = Vec::new();
        let catalog_type = catalog_type(column, ty);
        let column = ColumnType::of(&column.name, catalog_type, false, self.conversion);
        let Ok(kind) = encode::encode(cell, &column, &mut bytes) else { return String::new() };
        let mut out = b" DEFAULT ".to_vec();
        out.extend(if needs_expression { &b"("[..] } else { b"" });
        sql_literal::write(kind, &bytes, self.escapes, &mut out);
        out.extend(if needs_expression { &b")"[..] } else { b"" });
        String::from_utf8(out).unwrap_or_default()
    }
}

/// The new column as the catalog will describe it.
fn catalog_type<'t>(column: &NewColumn, ty: &'t str) -> CatalogType<'t> {
    let (data_type, characters) = match column.size {
        Size::Characters(max) if ty.starts_with("VARCHAR") => ("varchar", Some(max.into())),
        _ => (ty.split('(').next().unwrap_or(ty), None),
    };
    let (precision, scale) = match column.size {
        Size::Digits { precision, scale } => (precision, scale),
        _ => (MAX_DIGITS, MAX_PLACES),
    };
    CatalogType {
        data_type,
        column_type: if ty == "BOOLEAN" { "tinyint(1)" } else { ty },
        characters,
        precision: Some(precision.into()),
        scale: Some(scale.into()),
        places: Some(6),
        charset: (column.kind == ColumnKind::Text).then_some("utf8mb4"),
        ..CatalogType::default()
    }
}

/// Whether an index limits the length of values of this kind.
pub(super) fn is_bounded_in_index(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Text | ColumnKind::Documents | ColumnKind::Bytes)
}
