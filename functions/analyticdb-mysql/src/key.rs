//! stub
use crate::column::ColumnType;
use bumpalo::Bump;
use sluice_bridge::cell::Cell;
pub(crate) fn text<'e>(cell: Cell<'e>, _: &ColumnType, _: &'e Bump) -> Option<&'e str> {
    cell.as_text()
}
pub(crate) fn compares(_: Cell<'_>, _: &ColumnType) -> bool {
    true
}
