//! Tables: text is aligned to the left, numbers to the right.

/// A table with a header line.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(|title| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let is_number = |cell: &String| cell.chars().all(|c| c.is_ascii_digit() || ",.-".contains(c));
    let numbers: [bool; N] = std::array::from_fn(|column| {
        !rows.is_empty() && rows.iter().all(|row| is_number(&row[column]))
    });
    let mut text = String::new();
    for row in [&header.map(str::to_owned)].into_iter().chain(rows) {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if numbers[column] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// An offset, or `-` if there is none.
pub(crate) fn offset(offset: Option<i64>) -> String {
    offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows = [["a-long-topic".to_owned(), "7".to_owned()], ["t".to_owned(), offset(None)]];
        assert_eq!(
            table(["topic", "lag"], &rows),
            "topic         lag\na-long-topic    7\nt               -\n"
        );
        let rows =
            [["x", "orders", "12"], ["a reason", "t", "7"]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(["reason", "source", "letters"], &rows),
            "reason    source  letters\nx         orders       12\na reason  t             7\n"
        );
    }
}
