use std::time::Duration;

use super::*;
use crate::compare::comparison::Table;
use crate::function::FunctionConfig;

fn table(columns: &[(&str, Class)], key: &[&str]) -> Description {
    let column = |(name, class): &(&str, Class)| Described {
        name: (*name).to_owned(),
        shown: class.name().to_owned(),
        class: *class,
    };
    Description {
        columns: columns.iter().map(column).collect(),
        key: key.iter().map(|name| (*name).to_owned()).collect(),
        rows: 0,
    }
}

fn comparison() -> Comparison {
    let function = FunctionConfig {
        program: "f".into(),
        timeout: Duration::from_secs(1),
        environment: Vec::new(),
    };
    let side = Table { function, name: "t".to_owned() };
    Comparison {
        source: side.clone(),
        copy: side,
        columns: Vec::new(),
        exclude: Vec::new(),
        renamed: Vec::new(),
        key: Vec::new(),
        depth: Depth::Rows,
        limit: 10,
        values: false,
        recheck: None,
        rechecks: 1,
        time_digits: None,
        float_digits: None,
        ignore_blanks: false,
    }
}

fn names(plan: &Plan) -> Vec<String> {
    plan.pairs.iter().map(|pair| pair.names.join("=")).collect()
}

const ORDERS: &[(&str, Class)] =
    &[("Id", Class::Number), ("note", Class::Text), ("made", Class::Moment), ("old", Class::Text)];
const COPY: &[(&str, Class)] =
    &[("id", Class::Number), ("made_at", Class::Moment), ("note", Class::Interval)];

#[test]
fn columns_are_found_by_name_by_case_and_by_what_is_said() {
    let (source, copy) = (table(ORDERS, &["Id"]), table(COPY, &["id"]));
    let renamed = vec![("made".to_owned(), "made_at".to_owned())];
    let plan = Plan::of(&source, &copy, &Comparison { renamed, ..comparison() }).unwrap();
    assert_eq!(names(&plan), ["Id=id", "note=note", "made=made_at"]);
    assert_eq!((plan.key.as_slice(), plan.finds_rows), (&[0][..], true));
    assert_eq!(plan.only, [vec!["old".to_owned()], Vec::new()]);
    assert!(plan.pairs[1].is_by_text && plan.pairs[1].class == Class::Other);
}

#[test]
fn the_key_stays_whatever_is_chosen() {
    let (source, copy) = (table(ORDERS, &["Id"]), table(ORDERS, &["Id"]));
    let columns = vec!["note".to_owned(), "old".to_owned()];
    let exclude = vec!["old".to_owned(), "Id".to_owned()];
    let plan = Plan::of(&source, &copy, &Comparison { columns, exclude, ..comparison() }).unwrap();
    assert_eq!(names(&plan), ["Id=Id", "note=note"]);
}

#[test]
fn keys_have_to_agree_unless_one_is_named() {
    let with = |one: &[&str], other: &[&str], key: &[&str]| {
        let key = key.iter().map(|name| (*name).to_owned()).collect();
        let (source, copy) = (table(ORDERS, one), table(ORDERS, other));
        Plan::of(&source, &copy, &Comparison { key, ..comparison() })
    };
    let key = |plan: Result<Plan, String>| plan.map(|plan| plan.key);
    assert_eq!(key(with(&["Id", "made"], &["made", "Id"], &[])), Ok(vec![0, 2]));
    assert_eq!(key(with(&["Id"], &[], &[])), Ok(vec![0]));
    assert_eq!(key(with(&[], &["Id"], &[])), Ok(vec![0]));
    assert_eq!(key(with(&[], &[], &[])), Ok(Vec::new()));
    assert!(with(&["Id"], &["note"], &[]).unwrap_err().contains("--key"));
    assert_eq!(key(with(&["Id"], &["note"], &["note"])), Ok(vec![1]));
    assert!(with(&[], &[], &["none"]).unwrap_err().contains("none"));
}

#[test]
fn what_cannot_be_is_refused() {
    let (source, copy) = (table(ORDERS, &["Id"]), table(COPY, &["id"]));
    let refused = |comparison: Comparison| Plan::of(&source, &copy, &comparison).unwrap_err();
    let one = |name: &str| vec![name.to_owned()];
    assert!(refused(Comparison { columns: one("made_at"), ..comparison() }).contains("made_at"));
    assert!(refused(Comparison { exclude: one("nothing"), ..comparison() }).contains("nothing"));
    let renamed = vec![("made".to_owned(), "nowhere".to_owned())];
    assert!(refused(Comparison { renamed, ..comparison() }).contains("nowhere"));
    let recheck = Some(Duration::from_secs(1));
    let depth = Depth::Counts;
    assert!(refused(Comparison { recheck, depth, ..comparison() }).contains("--recheck"));
    let none = table(&[("x", Class::Text)], &[]);
    assert!(Plan::of(&source, &none, &comparison()).unwrap_err().contains("primary keys"));
    let bare = table(ORDERS, &[]);
    assert!(Plan::of(&bare, &none, &comparison()).unwrap_err().contains("no column in common"));
}
