//! A copy that lags behind its source: rows in flight are no difference.

use std::time::Duration;

use tokio::time::sleep;

use super::{Mariadb, Mysql, Pair, Postgres};

#[tokio::test]
async fn rows_that_come_to_be_equal_are_no_difference() {
    for servers in [[Mysql, Postgres], [Postgres, Mariadb]] {
        let columns = "id int PRIMARY KEY, v int";
        let pair = Pair::new(servers, "lag", [columns; 2]).await;
        pair.both("INSERT INTO THE_TABLE VALUES (1, 1), (2, 2), (3, 3), (4, 4)").await;
        pair.sql(0, "UPDATE THE_TABLE SET v = 20 WHERE id = 2").await;
        pair.sql(0, "INSERT INTO THE_TABLE VALUES (5, 5)").await;
        pair.sql(0, "DELETE FROM THE_TABLE WHERE id = 4").await;
        pair.sql(0, "UPDATE THE_TABLE SET v = 30 WHERE id = 3").await;
        let catching_up = async {
            sleep(Duration::from_secs(5)).await;
            pair.sql(1, "UPDATE THE_TABLE SET v = 20 WHERE id = 2").await;
            pair.sql(1, "INSERT INTO THE_TABLE VALUES (5, 5)").await;
            pair.sql(1, "DELETE FROM THE_TABLE WHERE id = 4").await;
        };
        let arguments = ["--recheck", "3s", "--rechecks", "4"];
        let (differences, ()) = tokio::join!(pair.report(&arguments), catching_up);
        let (code, report) = differences;
        assert_eq!(code, Some(1), "{report:#}");
        assert_eq!(report["differences"].as_array().map(Vec::len), Some(1), "{report:#}");
        assert_eq!(super::told(&report["differences"][0]), "3 changed v");
        assert!(report["settled"].is_u64(), "{report:#}");
        pair.sql(1, "UPDATE THE_TABLE SET v = 30 WHERE id = 3").await;
        assert_eq!(pair.differences(&arguments).await, [""; 0]);
    }
}

/// A reading takes no lock that a writer, or somebody who changes the table, waits for.
#[tokio::test]
async fn writers_go_on_while_a_table_is_read() {
    for servers in [[Postgres, Mariadb], [Mysql, Postgres]] {
        let pair = Pair::new(servers, "written", ["id int PRIMARY KEY, v int"; 2]).await;
        let rows: Vec<String> = (0..5_000).map(|id| format!("({id}, 1)")).collect();
        pair.both(&format!("INSERT INTO THE_TABLE VALUES {}", rows.join(", "))).await;
        let writing = async {
            for id in 0..200 {
                pair.both(&format!("UPDATE THE_TABLE SET v = v + 1 WHERE id = {id}")).await;
            }
        };
        let (_, ()) = tokio::join!(pair.compare(&[]), writing);
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
    }
}
