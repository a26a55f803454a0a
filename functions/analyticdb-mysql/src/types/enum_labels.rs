//! The labels of an ENUM or a SET, from what the catalog calls its type.

use sluice_bridge::values::number::Reason;

/// The labels of `enum('a','it''s')`. The server doubles quotes and escapes what
/// `append_unescaped` of its `unireg.cc` does, whatever the SQL mode.
pub(crate) fn of(column_type: &str) -> Vec<String> {
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

/// A text that is a label. Of others, the server would take digits for a label's number.
///
/// # Errors
/// It is none.
pub(crate) fn one<'t>(text: &'t str, labels: &[String]) -> Result<&'t str, Reason> {
    match labels.iter().any(|label| label == text) {
        true => Ok(text),
        false => Err("there is no such label"),
    }
}

/// A text that is labels with commas between, or nothing.
///
/// # Errors
/// One is none.
pub(crate) fn several<'t>(text: &'t str, labels: &[String]) -> Result<&'t str, Reason> {
    if !text.is_empty() {
        text.split(',').try_for_each(|label| one(label, labels).map(drop))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_out_of_their_quotes() {
        let spelled = r"enum('a','it''s','','c,d','back\\slash','n\nl','''','é)')";
        let labels = of(spelled);
        assert_eq!(labels, ["a", "it's", "", "c,d", "back\\slash", "n\nl", "'", "é)"]);
        assert_eq!(of("set('x')"), ["x"]);
        assert!(of("enum()").is_empty());
    }

    #[test]
    fn only_labels_are_taken() {
        let labels = of("set('x','y','1')");
        assert_eq!(several("y,x,1", &labels), Ok("y,x,1"));
        assert_eq!(several("", &labels), Ok(""));
        for wrong in ["3", "x,", "X", "x ,y", ","] {
            assert!(several(wrong, &labels).is_err(), "{wrong}");
        }
        assert!(one("", &labels).is_err() && one("2", &labels).is_err());
    }
}
