//! Statements stay under the vendor's 16 MB, whatever comes.

use crate::grammar::LONGEST;
use crate::scene::{KEEPS, play};
use crate::support::{INSERT, UPSERT, all_written, refused};

fn value(id: usize, text: &str) -> String {
    format!(r#"{{"id":{id},"a":"{text}"}}"#)
}

#[test]
fn a_batch_of_20_mb_goes_in_statements_that_are_short_enough() {
    play("adb_size_batch", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a LONGTEXT", KEEPS).await;
        for (length, count) in [(500_000, 40), (7_000_000, 3)] {
            let text = "x".repeat(length);
            let values = (0..count).map(|id| value(id, &text));
            assert_eq!(scene.write(UPSERT, values).await, Ok(all_written(count)));
            let query = format!("SELECT COUNT(*) FROM t WHERE LENGTH(a) = {length}");
            assert_eq!(scene.stage.column(&query).await, [count.to_string()]);
        }
        assert!((7_000_000..LONGEST).contains(&scene.stand_in.longest()));
    });
}

#[test]
fn a_row_that_no_statement_can_hold_is_refused_alone() {
    play("adb_size_row", async |scene| {
        for options in [INSERT, UPSERT] {
            scene.table("id BIGINT PRIMARY KEY, a LONGTEXT", KEEPS).await;
            // The last is short until its quotes are said twice.
            let texts = [
                "x".to_owned(),
                "x".repeat(14_000_000),
                "x".repeat(LONGEST - 500_000),
                "'".repeat(LONGEST / 2),
            ];
            let values = texts.iter().enumerate().map(|(id, text)| value(id, text));
            let outcome = scene.write(options, values).await;
            assert_eq!(refused(&outcome), [(2, None), (3, None)]);
            for failure in outcome.expect("the others are written").failures {
                let told = failure.cause.to_string();
                assert!(told.contains("longer than the maximum length of a statement"), "{told}");
            }
            let lengths = scene.stage.column("SELECT LENGTH(a) FROM t ORDER BY id").await;
            assert_eq!(lengths, ["1", "14000000"]);
        }
    });
}
