//! A key finds the column of its name: exactly, else in any case; lists keep keys out.

use crate::{check, value};

#[test]
fn the_exact_name_wins_over_another_case() {
    check(&[], "id Name", value(r#"{"id":1,"Name":"a"}"#), "id=1 Name='a'");
    check(&[], "id Name", value(r#"{"ID":1,"NAME":"a"}"#), "id=1 Name='a'");
    check(&[], "Größe", value(r#"{"GRÖßE":1}"#), "Größe=1");
    check(&[], "id ID", value(r#"{"ID":1,"id":2}"#), "id=2 ID=1");
}

#[test]
fn a_case_that_fits_two_columns_fits_none() {
    let refused = "refused: Mapping: the key `Id` has no column in table \"t\"";
    check(&[], "id ID", value(r#"{"Id":1}"#), refused);
}

#[test]
fn two_keys_that_differ_in_case_are_not_guessed_at() {
    let refused = r#"refused: Mapping: the keys `ID` and `Id` both match column "id""#;
    check(&[], "id", value(r#"{"ID":1,"Id":2}"#), refused);
    for both in [r#"{"id":1,"ID":2}"#, r#"{"ID":2,"id":1}"#] {
        check(&[], "id", value(both), "refused: Mapping: the key `ID` has no column");
        check(&[("fields.unknown", "ignore")], "id", value(both), "id=1");
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    check(&[], "a", value(r#"{"a":1,"a":2}"#), "a=2");
    check(&[], "a", value(r#"{"a":1,"a":null}"#), "a=null");
    check(&[], "a", value(r#"{"A":1,"A":2}"#), "a=2");
    check(&[("fields.mapping", "b:a")], "a", value(r#"{"b":1,"b":2}"#), "a=2");
    check(&[("fields.mapping", "$.b.c:a")], "a", value(r#"{"b":{"c":1},"b":{"c":2}}"#), "a=2");
    check(&[("fields.mapping", "$.b.c:a")], "a", value(r#"{"b":{"c":1,"c":2}}"#), "a=2");
}

/// The whole of the last, so that no part of an earlier one is left.
#[test]
fn of_an_object_that_stands_twice_no_part_of_the_first_is_left() {
    check(&[("fields.mapping", "$.b.c:a")], "a", value(r#"{"b":{"c":1},"b":{}}"#), "");
    let flat = [("flatten.delimiter", "_")];
    check(&flat, "b_c b_d", value(r#"{"b":{"c":1},"b":{"d":2}}"#), "b_d=2");
}

#[test]
fn a_key_is_compared_unescaped() {
    check(&[], "naïve", value(r#"{"na\u00efve":1}"#), "naïve=1");
    check(&[], "a/b", value(r#"{"a\/b":1}"#), "a/b=1");
}

#[test]
fn the_lists_keep_keys_out() {
    let record = || value(r#"{"a":1,"b":2,"c":3}"#);
    check(&[("fields.include.list", "a, c")], "a b c", record(), "a=1 c=3");
    check(&[("fields.exclude.list", "a,c")], "a b c", record(), "b=2");
    let both = [("fields.include.list", "a,b"), ("fields.exclude.list", "c")];
    check(&both, "a b c", record(), "a=1 b=2");
    check(&[("fields.exclude.list", "b,c")], "a", record(), "a=1");
}

#[test]
fn a_column_the_target_computes_takes_no_value() {
    check(&[], "a ~sum", value(r#"{"a":1,"sum":2}"#), "a=1");
}

#[test]
fn the_mapping_takes_a_key_from_the_column_of_its_name() {
    check(&[("fields.mapping", "a:b")], "a b", value(r#"{"a":1}"#), "b=1");
    check(&[("fields.mapping", "a:b")], "a b", value(r#"{"a":1,"b":2}"#), "b=1");
    check(&[("fields.mapping", "a:b,a:c")], "a b c", value(r#"{"a":1}"#), "b=1 c=1");
    check(&[("fields.mapping", "a:b,b:a")], "a b", value(r#"{"a":1,"b":2}"#), "a=2 b=1");
    check(&[("fields.mapping", "a:B")], "b", value(r#"{"a":1}"#), "b=1");
}

/// A list that names nothing would let every record pass and write nothing of it.
#[test]
fn a_list_that_names_no_column_is_unusable() {
    let unusable =
        r#"unusable: table "t" has no column for `amuont`, which fields.include.list names"#;
    check(&[("fields.include.list", "id,amuont")], "id amount", value("{}"), unusable);
    let flat = [("fields.include.list", "id,a"), ("flatten.delimiter", "_")];
    check(&flat, "id a_b", value(r#"{"id":1,"a":{"b":2}}"#), "id=1 a_b=2");
}

#[test]
fn text_without_a_column_is_unusable() {
    let text = [("value.format", "string")];
    let unusable = r#"unusable: table "t" has no column `value`, which takes the text with value.format=string: name another in fields.mapping, e.g. $:note"#;
    check(&text, "id", value("x"), unusable);
}
