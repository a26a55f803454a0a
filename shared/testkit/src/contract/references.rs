//! Clauses about rows that refer to others.

use super::{Database, Refusal, Stage};
use crate::event::EventBuilder;
use crate::invocation::{BY_KEY, INSERT, UPSERT, all_written, deliver_values, refused};
use crate::table::{Kind, TableSpec};

/// A row to which another one refers stays, and only its tombstone is refused.
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

/// Rows of one event that refer to each other are written as if they came one by one, whatever
/// their shapes and the order of their keys, and whatever bad rows are between them.
pub async fn rows_that_refer_to_each_other<D: Database>(database: &mut D) {
    let shapes = [
        r#"{"id":10,"parent":null,"v":"fine"}"#.to_owned(),
        r#"{"id":2,"parent":null}"#.to_owned(),
        r#"{"id":3,"parent":2,"v":"fine"}"#.to_owned(),
    ];
    refer_to_each_other(database, &shapes, 3).await;
    let (_, bad) = D::POINTED;
    for many in [1, 9] {
        refer_to_each_other(database, &beside(&format!(r#""v":"{bad}""#), many), 2).await;
    }
}

/// The same with a bad row that the database does not name.
pub async fn rows_that_refer_to_each_other_beside_an_excepted_one<D: Database>(database: &mut D) {
    for many in [1, 9] {
        refer_to_each_other(database, &beside(r#""n":99"#, many), 2).await;
    }
}

/// A row that refers to one of a higher key, and bad ones of keys between and around them.
fn beside(bad: &str, many: usize) -> Vec<String> {
    let good = [
        r#"{"id":50,"parent":null,"v":"fine","n":1}"#.to_owned(),
        r#"{"id":40,"parent":50,"v":"fine","n":1}"#.to_owned(),
    ];
    let bad = (0..many).map(|nth| format!(r#"{{"id":{},"parent":null,{bad}}}"#, 36 + 2 * nth + 1));
    good.into_iter().chain(bad).collect()
}

/// Delivers rows of which the first are good.
async fn refer_to_each_other<D: Database>(database: &mut D, values: &[String], good: usize) {
    let expected: Vec<usize> = (good..values.len()).collect();
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
            let outcome = stage.deliver(values).await;
            let refused: Vec<usize> = refused(&outcome).iter().map(|it| it.0).collect();
            assert_eq!(refused, expected, "{added} {options:?}: {outcome:#?}");
        }
    }
}
