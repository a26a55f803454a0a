//! The labels of an ENUM or a SET, from the `COLUMN_TYPE` of the catalog.

use sluice_bridge::values::number::Reason;

/// The labels of `enum('a','it''s')`. The server doubles quotes and escapes what `append_unescaped` of its
/// `unireg.cc` does, in every SQL mode.
pub(crate) fn parse(column_type: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut characters = column_type.chars().peekable();
    while characters.by_ref().any(|character| character == '\'') {
        let mut label = String::new();
        loop {
            match characters.next() {
                Some('\'') if characters.next_if_eq(&'\'').is_none() => break,
                Some('\\') => label.extend(characters.next().map(unescape)),
                Some(plain) => label.push(plain),
                None => return labels,
            }
        }
        labels.push(label);
    }
    labels
}

fn unescape(letter: char) -> char {
    match letter {
        '0' => '\0',
        'n' => '\n',
        'r' => '\r',
        same => same,
    }
}

/// Checks that a text is a label. The server would read other digits as the number of a label.
///
/// # Errors
/// The text is not a label.
pub(crate) fn check_label<'t>(text: &'t str, labels: &[String]) -> Result<&'t str, Reason> {
    match labels.iter().any(|label| label == text) {
        true => Ok(text),
        false => Err("the text is not a label of the column"),
    }
}

/// Checks that a text consists of labels with commas between them, or is empty.
///
/// # Errors
/// A part of the text is not a label.
pub(crate) fn check_labels<'t>(text: &'t str, labels: &[String]) -> Result<&'t str, Reason> {
    if !text.is_empty() {
        text.split(',').try_for_each(|label| check_label(label, labels).map(drop))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_out_of_their_quotes() {
        let spelled = r"enum('a','it''s','','c,d','back\\slash','n\nl','''','é)')";
        let labels = parse(spelled);
        assert_eq!(labels, ["a", "it's", "", "c,d", "back\\slash", "n\nl", "'", "é)"]);
        assert_eq!(parse("set('x')"), ["x"]);
        assert!(parse("enum()").is_empty());
    }

    #[test]
    fn only_labels_are_taken() {
        let labels = parse("set('x','y','1')");
        assert_eq!(check_labels("y,x,1", &labels), Ok("y,x,1"));
        assert_eq!(check_labels("", &labels), Ok(""));
        for wrong in ["3", "x,", "X", "x ,y", ","] {
            assert!(check_labels(wrong, &labels).is_err(), "{wrong}");
        }
        assert!(check_label("", &labels).is_err() && check_label("2", &labels).is_err());
    }
}
