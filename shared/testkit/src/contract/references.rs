//! Clauses about rows that refer to others.

use super::{Database, Refusal, Stage};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, INSERT, UPSERT, all_written, deliver_values, refused};
use crate::table::{Kind, TableSpec};

/// A row that is still referred to stays, and its tombstone alone is refused.
pub async fn a_tombstone_that_a_reference_refuses_costs_itself<D: Database>(database: &mut D) {
    for added in D::REFERENCES {
        let line = TableSpec::new("line").column("id", Kind::Integer).refers("orders", added);
        database.drop_table(&line).await;
        let orders = TableSpec::new("orders").key("id", Kind::Integer);
        let mut stage = Stage::set(database, orders, BY_KEY).await;
        stage.subject.create(&line).await;
        let ids = [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#];
        assert_eq!(stage.deliver_by(INSERT, ids).await, Ok(all_written(3)));
        let referring = deliver_values(&mut stage.sink, "line", INSERT, [ids[1]]).await;
        assert_eq!(referring, Ok(all_written(1)));
        let event = EventBuilder::msk().keyed("orders", 0, ["1", "2", "3"].map(|id| (id, None)));
        let code = stage.subject.code(Refusal::Referred);
        assert_eq!(refused(&stage.deliver_event(&event).await), [(1, code)], "{added}");
        assert_eq!(stage.rows().await, [["2"]], "{added}");
    }
}

/// Rows of one event that refer to each other are as good as if they came one by one: neither
/// their shapes, nor the order of their keys, nor a bad row beside them costs one of them.
pub async fn rows_that_refer_to_each_other<D: Database>(database: &mut D) {
    let shapes = [
        r#"{"id":10,"parent":null,"v":"fine"}"#.to_owned(),
        r#"{"id":2,"parent":null}"#.to_owned(),
        r#"{"id":3,"parent":2,"v":"fine"}"#.to_owned(),
    ];
    refer_to_each_other(database, shapes, false).await;
    let (_, bad) = D::POINTED;
    refer_to_each_other(database, beside(&format!(r#""v":"{bad}""#)), true).await;
}

/// The same of a bad row at which the database does not point.
pub async fn rows_that_refer_to_each_other_beside_an_excepted_one<D: Database>(database: &mut D) {
    refer_to_each_other(database, beside(r#""n":99"#), true).await;
}

/// A row that refers to one of a higher key, and a bad one.
fn beside(bad: &str) -> [String; 3] {
    [
        r#"{"id":2,"parent":null,"v":"fine","n":1}"#.to_owned(),
        r#"{"id":1,"parent":2,"v":"fine","n":1}"#.to_owned(),
        format!(r#"{{"id":3,"parent":null,{bad}}}"#),
    ]
}

/// Delivers rows of which only the last may be bad.
async fn refer_to_each_other<D: Database>(database: &mut D, values: [String; 3], is_bad: bool) {
    let expected: &[usize] = if is_bad { &[2] } else { &[] };
    let (kind, _) = D::POINTED;
    for added in D::REFERENCES {
        for options in [INSERT, UPSERT] {
            let table = TableSpec::new("t")
                .key("id", Kind::Integer)
                .column("parent", Kind::Integer)
                .refers("t", added)
                .column("v", Kind::Native(kind))
                .column("n", Kind::Integer)
                .or("0")
                .except("99");
            let mut stage = Stage::set(database, table, options).await;
            let outcome = stage.deliver(&values).await;
            let refused: Vec<usize> = refused(&outcome).iter().map(|it| it.0).collect();
            assert_eq!(refused, expected, "{added} {options:?}: {outcome:#?}");
        }
    }
}
