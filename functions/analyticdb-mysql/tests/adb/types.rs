//! Types are what the vendor says that they are, not what its catalog seems to say.

use crate::scene::{KEEPS, WHOLE, play};
use crate::support::{UPSERT, all_written};

/// It calls its collation one that folds case, and data are told apart by case.
#[test]
fn keys_that_differ_in_case_are_two() {
    play("adb_case", async |scene| {
        let key = "k VARCHAR(50) COLLATE utf8mb4_nopad_bin PRIMARY KEY";
        scene.table(&format!("{key}, n BIGINT"), KEEPS).await;
        let keys = ["a", "A", "é", "e\u{301}", "a"];
        let values = keys.iter().enumerate().map(|(n, key)| format!(r#"{{"k":"{key}","n":{n}}}"#));
        assert_eq!(scene.write(UPSERT, values).await, Ok(all_written(5)));
        assert_eq!(scene.rows().await, ["A 1", "a 4", "e\u{301} 3", "é 2"]);
        let said = scene.stand_in.said();
        let replaces = said.iter().filter(|sql| sql.starts_with("REPLACE")).count();
        assert_eq!(replaces, 1, "all of them in one statement");
    });
}

/// `VARCHAR(4)` holds 16 MB, `BINARY` any bytes, `DATETIME` milliseconds.
#[test]
fn a_declared_length_binds_nothing() {
    play("adb_lengths", async |scene| {
        let columns = "id BIGINT PRIMARY KEY, a LONGTEXT, b LONGBLOB, at DATETIME(3), day DATE, \
             clock TIME(3), flag BOOLEAN, j JSON, d DECIMAL(38,18)";
        scene.table(columns, WHOLE).await;
        let value = r#"{"id":1,"a":"longer than four","b":"AAECAwQF","at":"2026-01-02T03:04:05.678Z",
            "day":"2026-01-02","clock":"03:04:05.678","flag":true,"j":{"a":["longer"]},"d":"1.5"}"#;
        assert_eq!(scene.write(UPSERT, [value]).await, Ok(all_written(1)));
        let query =
            "SELECT a, HEX(b), at, day, clock, flag, JSON_VALUE(j, '$.a[0]'), d + 0e0 FROM t";
        let row = [
            "longer than four",
            "000102030405",
            "2026-01-02 03:04:05.678",
            "2026-01-02",
            "03:04:05.678",
            "1",
            "longer",
            "1.5",
        ];
        assert_eq!(scene.stage.rows(query).await, [row]);
    });
}
