//! A table whose lock somebody else holds.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_testkit::MemoryJournal;

use crate::stage::on_both;

const BY_ID: [(&str, &str); 2] = [("mode", "incrementing"), ("table.whitelist", "t,u")];

#[test]
fn it_waits_while_the_others_are_read_and_is_read_when_the_lock_is_free() {
    on_both("locked", async |stage| {
        for table in ["t", "u"] {
            let columns = "id INT AUTO_INCREMENT PRIMARY KEY";
            stage
                .say(&format!("CREATE TABLE {table} ({columns}); INSERT INTO {table} VALUES (1)"))
                .await;
        }
        let mut other = stage.connect().await;
        other.query_drop("LOCK TABLES t WRITE").await.expect("the lock");
        let journal = MemoryJournal::default();
        let freed = async {
            // The poll ends by then.
            for _ in 0..2_500 {
                if journal.commits() > 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let told: Vec<String> = journal.take().into_iter().map(|told| told.topic).collect();
            other.query_drop("UNLOCK TABLES").await.expect("it goes");
            told
        };
        let polled = stage.poll(&journal, &BY_ID);
        let (outcome, first) = tokio::join!(polled, freed);
        let outcome = outcome.expect("an outcome");
        assert_eq!(first, ["u"], "the other table does not wait");
        assert_eq!((outcome.error(), outcome.is_done), (None, true), "{outcome:?}");
        let told: Vec<String> = journal.take().into_iter().map(|told| told.topic).collect();
        assert_eq!(told, ["t"]);
        other.disconnect().await.expect("goodbye");
    });
}
