//! The server as the judge: for many generated texts, what we store is what the server's own text
//! input makes of them, or we refuse. Where the server bends a value, what we refuse it tells
//! itself: read back, it is no longer what was given.

mod moments;
mod numbers;
mod others;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{MARIADB, MYSQL};
use crate::support::{INSERT, Stage, UPSERT, deliver, on_stage};

const TEXTS: usize = 1200;
/// Strict as the connector's own session is.
const STRICT: &str = "SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'";

fn texts(patterns: &[&str]) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut texts = Vec::new();
    for pattern in patterns {
        for _ in 0..TEXTS / patterns.len() {
            let tree = Strategy::new_tree(pattern, &mut runner).expect("a pattern that generates");
            texts.push(tree.current());
        }
    }
    texts
}

/// What is looked at.
#[derive(Clone, Copy)]
struct Judged<'a> {
    name: &'a str,
    declared: &'a str,
    patterns: &'a [&'a str],
    /// Whether the texts are JSON numbers, and not strings.
    are_numbers: bool,
    /// What the server is given for a text, in SQL: `given` is the text.
    given: &'a str,
    /// What is compared, of the column `c`.
    reading: &'a str,
    /// Whether what we refuse and the server takes is as documented: of the text, and of what the
    /// server made of it.
    may_refuse: fn(&str, &str) -> bool,
}

impl Default for Judged<'_> {
    /// Texts as they are, of which the server must bend what we refuse.
    fn default() -> Self {
        Self {
            name: "",
            declared: "",
            patterns: &[],
            are_numbers: false,
            given: "given",
            reading: "c",
            may_refuse: |text, stored| text != stored,
        }
    }
}

impl Judged<'_> {
    fn check(&self) {
        for server in [MARIADB, MYSQL] {
            on_stage(server, &format!("differential_{}", self.name), async |stage| {
                let texts = texts(self.patterns);
                stage.sql(STRICT).await;
                self.judge(stage, &texts).await;
                for (table, options) in [("inserted", INSERT), ("upserted", UPSERT)] {
                    self.write(stage, table, options, &texts).await;
                    self.compare(stage, table, &texts).await;
                }
            });
        }
    }

    /// The server's own reading of each text, none where it refuses.
    async fn judge(&self, stage: &mut Stage, texts: &[String]) {
        let declared = self.declared;
        stage.sql("CREATE TABLE given (id int PRIMARY KEY, given longtext)").await;
        stage.sql(&format!("CREATE TABLE judged (id int PRIMARY KEY, c {declared})")).await;
        let rows = texts.iter().enumerate().map(|(id, text)| {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("({id},CONVERT(x'{hex}' USING utf8mb4))")
        });
        let rows = rows.collect::<Vec<_>>().join(",");
        stage.sql(&format!("INSERT INTO given VALUES {rows}")).await;
        let given = self.given;
        stage
            .sql(&format!(
                "CREATE PROCEDURE judge() BEGIN DECLARE i int DEFAULT 0; \
                 DECLARE CONTINUE HANDLER FOR SQLEXCEPTION, SQLWARNING BEGIN END; \
                 WHILE i < {} DO \
                 INSERT INTO judged SELECT id, {given} FROM given WHERE id = i; SET i = i + 1; \
                 END WHILE; END",
                texts.len()
            ))
            .await;
        stage.sql("START TRANSACTION; CALL judge(); COMMIT").await;
    }

    async fn write(
        &self,
        stage: &mut Stage,
        table: &str,
        options: &[(&str, &str)],
        texts: &[String],
    ) {
        let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, c {})", self.declared);
        stage.sql(&create).await;
        let json = |text: &String| match self.are_numbers {
            true => text.clone(),
            false => serde_json::Value::from(text.as_str()).to_string(),
        };
        let values = texts.iter().enumerate();
        let values: Vec<String> =
            values.map(|(id, text)| format!("{{\"id\":{id},\"c\":{}}}", json(text))).collect();
        let mut sink = stage.sink();
        let mut written = 0;
        for portion in values.chunks(400) {
            let outcome = deliver(&mut sink, table, options, portion).await;
            written += outcome.expect("no text is a fault").written;
        }
        assert!(written * 20 > texts.len(), "only {written} were taken");
    }

    async fn compare(&self, stage: &mut Stage, table: &str, texts: &[String]) {
        let [ours, theirs] = ["o.c", "j.c"].map(|place| {
            // The column's name stands alone, or in parentheses.
            self.reading.strip_prefix('c').map_or_else(
                || self.reading.replace("(c", &format!("({place}")),
                |rest| format!("{place}{rest}"),
            )
        });
        let query = format!(
            "SELECT g.id, {ours}, {theirs} FROM given g LEFT JOIN {table} o USING (id) \
             LEFT JOIN judged j USING (id) WHERE NOT (CAST({ours} AS char) <=> CAST({theirs} AS char))"
        );
        let mut wrong = Vec::new();
        for row in stage.rows(&query).await {
            let text = &texts[row[0].parse::<usize>().expect("a place")];
            if row[1] != "∅" || !(self.may_refuse)(text, &row[2]) {
                wrong.push([text.clone(), row[1].clone(), row[2].clone()]);
            }
        }
        let server = &stage.server;
        let declared = self.declared;
        wrong.truncate(20);
        assert!(
            wrong.is_empty(),
            "{table} in {declared} on {server}: given, ours, the server's: {wrong:#?}"
        );
    }
}
