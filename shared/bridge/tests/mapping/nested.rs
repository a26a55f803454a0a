//! `flatten.delimiter`: nested objects become columns.

use crate::{Options, check, value};

const FLAT: Options<'_> = &[("flatten.delimiter", "_")];

#[test]
fn without_it_a_nested_value_goes_whole_into_its_column() {
    check(&[], "a", value(r#"{"a": {"b" : 1} }"#), r#"a={"b" : 1}"#);
    check(&[], "a", value(r#"{"a":[1, 2]}"#), "a=[1, 2]");
    check(&[], "a_b", value(r#"{"a":{"b":1}}"#), "refused: Mapping: the key `a` has no column");
}

#[test]
fn keys_are_joined_at_any_depth() {
    check(FLAT, "id a_b a_c_d", value(r#"{"id":1,"a":{"b":2,"c":{"d":3}}}"#), "id=1 a_b=2 a_c_d=3");
    check(FLAT, "A_B", value(r#"{"a":{"b":2}}"#), "A_B=2");
    check(&[("flatten.delimiter", ".")], "a.b", value(r#"{"a":{"b":2}}"#), "a.b=2");
    check(FLAT, "id a_b", value(r#"{"id":1,"a":{}}"#), "id=1");
    check(FLAT, "id", value(r#"{"id":1,"a":{}}"#), "refused: Mapping: the key `a` has no column");
    check(FLAT, "a_b", value(r#"{"a":{"b":[1,{"c":2}]}}"#), r#"a_b=[1,{"c":2}]"#);
}

#[test]
fn a_column_of_the_outer_name_takes_the_object_whole() {
    check(FLAT, "a a_b", value(r#"{"a":{"b":2}}"#), r#"a={"b":2}"#);
    check(FLAT, "a_b", value(r#"{"a":{"b":{"c":1}}}"#), r#"a_b={"c":1}"#);
}

#[test]
fn an_unknown_inner_key_is_named_by_its_whole_path() {
    let refused = "refused: Mapping: the key `a_x` has no column";
    check(FLAT, "a_b", value(r#"{"a":{"b":1,"x":2}}"#), refused);
    let ignore = [("flatten.delimiter", "_"), ("fields.unknown", "ignore")];
    check(&ignore, "a_b", value(r#"{"a":{"b":1,"x":2}}"#), "a_b=1");
    let gather = [("flatten.delimiter", "_"), ("fields.unknown", "column:rest")];
    check(&gather, "a_b rest", value(r#"{"a":{"b":1,"x":2}}"#), r#"a_b=1 rest={"a_x":2}"#);
}

#[test]
fn the_lists_name_outer_keys_or_joined_ones() {
    let record = || value(r#"{"a":{"b":1,"c":{"d":2}},"e":3}"#);
    let columns = "a_b a_c_d e";
    let list = |list, keys| [("flatten.delimiter", "_"), (list, keys)];
    check(&list("fields.include.list", "a"), columns, record(), "a_b=1 a_c_d=2");
    check(&list("fields.include.list", "a_b,e"), columns, record(), "a_b=1 e=3");
    check(&list("fields.include.list", "a_c_d"), columns, record(), "a_c_d=2");
    check(&list("fields.exclude.list", "a"), columns, record(), "e=3");
    check(&list("fields.exclude.list", "a_c"), columns, record(), "a_b=1 e=3");
}

#[test]
fn the_mapping_may_name_a_joined_key() {
    let options = [("flatten.delimiter", "_"), ("fields.mapping", "a_b:x")];
    check(&options, "x a_c", value(r#"{"a":{"b":1,"c":2}}"#), "x=1 a_c=2");
}

#[test]
fn two_keys_of_one_joined_name_are_refused() {
    let refused = "refused: Mapping: two keys are flattened to `a_b`";
    let gather = [("flatten.delimiter", "_"), ("fields.unknown", "column:rest")];
    for text in [r#"{"a":{"b":1},"a_b":2}"#, r#"{"a_b":2,"a":{"b":1}}"#] {
        check(FLAT, "a_b", value(text), refused);
        check(FLAT, "A_B", value(text), refused);
        check(&gather, "rest", value(text), refused);
        check(&[], "a a_b", value(text), r#"a={"b":1} a_b=2"#);
    }
    check(
        FLAT,
        "a_b_c",
        value(r#"{"a":{"b":{"c":1}},"a_b":{"c":2}}"#),
        "refused: Mapping: two keys are flattened to `a_b_c`",
    );
    for mapping in ["a_b:x", "$.a.b:x"] {
        let options = [("flatten.delimiter", "_"), ("fields.mapping", mapping)];
        check(&options, "x", value(r#"{"a":{"b":1},"a_b":2}"#), refused);
        check(&options, "x", value(r#"{"a":{"b":1},"a":{"b":2}}"#), "x=2");
    }
    // One key that occurs twice is not two keys, and null loses nothing.
    check(FLAT, "a_b", value(r#"{"a":{"b":1},"a":{"b":2}}"#), "a_b=2");
    check(FLAT, "a_b", value(r#"{"a_b":1,"a_b":2}"#), "a_b=2");
    check(FLAT, "a_b", value(r#"{"a_b":1,"a":null}"#), "a_b=1");
    check(FLAT, "a_b", value(r#"{"a":null,"a_b":1}"#), "a_b=1");
    check(FLAT, "a_b a_c", value(r#"{"a":{"b":1},"a":null}"#), "a_b=null a_c=null");
}
