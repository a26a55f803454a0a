//! Texts, under every collation that the server has.

use std::collections::BTreeMap;

use sluice_bridge::model::cell::Cell;

use super::{described, ours, theirs};
use crate::support::on_stage;
use crate::types::{MARIADB, MYSQL};

/// Spaces, cases, signs, controls, accents, digraphs, ligatures and letters of other scripts.
fn texts() -> Vec<String> {
    let words = [
        "",
        " ",
        "  ",
        "a",
        "A",
        "a ",
        "A  ",
        " a",
        "ab",
        "AB",
        "Ab ",
        "a b",
        "a  b",
        "a\t",
        "a\n",
        "a\0",
        "a\u{1}",
        "\u{7f}",
        "ch",
        "CH",
        "Ch",
        "c h",
        "ll",
        "aa",
        "AA",
        "å",
        "Å",
        "a\u{30a}",
        "é",
        "e",
        "E",
        "É",
        "e\u{301}",
        "ss",
        "ß",
        "SS",
        "ae",
        "æ",
        "Æ",
        "oe",
        "œ",
        "i",
        "I",
        "ı",
        "İ",
        "v",
        "w",
        "V",
        "W",
        "y",
        "u",
        "ü",
        "ö",
        "o",
        "ø",
        "n",
        "ñ",
        "th",
        "þ",
        "d",
        "đ",
        "dz",
        "lj",
        "ﬁ",
        "fi",
        "ａ",
        "²",
        "2",
        "½",
        "日",
        "か",
        "カ",
        "ガ",
        "ｶ",
        "a\u{200b}",
        "a\u{ad}",
        "-",
        "_",
        "a-b",
        "co-op",
        "coop",
        "a'b",
        "a\\b",
        "1.0",
        "10",
        "~",
        "а",
        "e\u{301} ",
    ];
    let plain = (' '..='~').map(String::from);
    words.map(str::to_owned).into_iter().chain(plain).collect()
}

const COLLATIONS: &str = "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS \
     WHERE CHARACTER_SET_NAME IS NOT NULL AND COLLATION_NAME NOT IN ('binary') ORDER BY 2";
const FULL_COLLATIONS: &str = "SELECT CHARACTER_SET_NAME, FULL_COLLATION_NAME FROM \
     information_schema.COLLATION_CHARACTER_SET_APPLICABILITY \
     WHERE COLLATION_NAME NOT IN ('binary') ORDER BY 2";

#[test]
fn text_under_every_collation() {
    for server in [MARIADB, MYSQL] {
        on_stage(server, "keys_collations", async |stage| {
            let texts = texts();
            let rows = texts.iter().enumerate().map(|(id, text)| {
                format!(
                    "({id},x'{}')",
                    text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()
                )
            });
            let rows = rows.collect::<Vec<_>>().join(",");
            stage.sql("CREATE TABLE texts (id int, c varchar(9) COLLATE utf8mb4_bin)").await;
            stage.sql(&format!("INSERT INTO texts VALUES {rows}")).await;
            let list = if stage.is_mariadb() { FULL_COLLATIONS } else { COLLATIONS };
            let collations = stage.rows(list).await;
            let mut compared = BTreeMap::new();
            for (nth, some) in collations.chunks(200).enumerate() {
                let columns = some.iter().enumerate().map(|(place, names)| {
                    format!("c{place} varchar(9) CHARACTER SET {} COLLATE {}", names[0], names[1])
                });
                let columns = columns.collect::<Vec<_>>().join(",");
                stage.sql(&format!("CREATE TABLE t{nth} ({columns})")).await;
                let table = described(stage, &format!("t{nth}")).await;
                for (column, names) in some.iter().enumerate() {
                    let cells: Vec<_> =
                        texts.iter().enumerate().map(|(id, text)| (id, Cell::Text(text))).collect();
                    let ours = ours(&table, column, &cells);
                    let value = format!("CONVERT(a.c USING {}) COLLATE {}", names[0], names[1]);
                    let theirs = theirs(stage, "texts", &value, &ours).await;
                    assert_eq!(ours, theirs, "{} ({server})", names[1]);
                    compared.insert(names[1].clone(), ours.concat().len());
                }
            }
            let always =
                ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "latin1_swedish_ci"];
            let own: &[&str] = match stage.is_mariadb() {
                true => &["utf8mb4_uca1400_ai_ci", "utf8mb4_nopad_bin"],
                false => &["utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_0900_bin"],
            };
            for collation in always.iter().chain(own).filter(|name| compared.contains_key(**name)) {
                assert!(compared[*collation] > 120, "{collation} compares too little");
            }
            assert!(compared.len() > 200);
        });
    }
}
