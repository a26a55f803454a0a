//! Text that means something to SQL: it comes back equal, by every way in, and does nothing.

use crate::support::{BY_KEY, INSERT, UPDATE, UPSERT, all_written, everywhere};

const HOSTILE: [&str; 17] = [
    "",
    " ",
    "'",
    "\\",
    "\\'",
    "'); DROP TABLE t; -- ",
    "\\'); DROP TABLE t; -- ",
    "\"); DROP TABLE t; -- ",
    "a /* b */ c",
    "# x\n-- y\r\n;",
    "\u{0}null\u{0}",
    "\u{1a}\u{8}\t\u{7f}",
    "?:name@x%_",
    "naïve 東京 🦀 \u{10ffff}",
    "`t` \"t\" [t] {t} ${t}",
    "\\0\\n\\Z\\%\\_\\u0000",
    "ends with a backslash\\",
];

#[test]
fn hostile_text_comes_back_equal() {
    everywhere("texts", async |stage| {
        let exact = stage.either("utf8mb4_0900_bin", "utf8mb4_nopad_bin");
        stage
            .sql(&format!(
                "CREATE TABLE t (k varchar(99) COLLATE {exact} PRIMARY KEY, v longtext, n int NOT NULL DEFAULT 0, \
                 must int NOT NULL)",
            ))
            .await;
        stage.sql("CREATE TABLE plain (v longtext)").await;
        let json = |text: &str| serde_json::Value::from(text).to_string();
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
        let mut expected: Vec<String> = HOSTILE.iter().map(|text| hex(text)).collect();
        expected.sort();
        for count in [1, HOSTILE.len()] {
            stage.sql("DELETE FROM t; DELETE FROM plain").await;
            for texts in HOSTILE.chunks(count) {
                let both = |text: &&str| format!(r#"{{"k":{0},"v":{0},"must":1}}"#, json(text));
                let outcome = stage.deliver("t", UPSERT, texts.iter().map(both)).await;
                assert_eq!(outcome, Ok(all_written(texts.len())));
                let one = |text: &&str| format!(r#"{{"v":{}}}"#, json(text));
                let outcome = stage.deliver("plain", INSERT, texts.iter().map(one)).await;
                assert_eq!(outcome, Ok(all_written(texts.len())));
            }
            for query in
                ["SELECT HEX(k) FROM t", "SELECT HEX(v) FROM t", "SELECT HEX(v) FROM plain"]
            {
                let mut found = stage.column(query).await;
                found.sort();
                assert_eq!(found, expected, "{query} {count}");
            }
            // Found again by their key, by updates and by upserts that leave something out.
            for (number, options) in [(1, UPDATE), (2, UPSERT)] {
                let changed = HOSTILE.map(|text| format!(r#"{{"k":{},"n":{number}}}"#, json(text)));
                let outcome = stage.deliver("t", options, changed).await;
                assert_eq!(outcome, Ok(all_written(HOSTILE.len())));
                let found = format!("SELECT COUNT(*) FROM t WHERE n = {number}");
                assert_eq!(stage.column(&found).await, [HOSTILE.len().to_string()]);
            }
        }
        for text in HOSTILE {
            let key = format!(r#"{{"k":{}}}"#, json(text));
            assert_eq!(stage.deliver_key("t", &key, None).await, Ok(all_written(1)), "{BY_KEY:?}");
        }
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
    });
}
