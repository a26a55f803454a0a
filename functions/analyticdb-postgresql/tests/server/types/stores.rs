//! `hstore` and other types that extensions bring.

use super::{Fate, Refused, Server, Stored, WRONG_KIND, check_on, extend};
use crate::support::on_stage;

#[test]
fn hstore() {
    on_stage("types_hstore", async |stage| {
        extend(stage, "hstore").await;
        const NESTED: Fate = Refused("a member of the object is an object or an array");
        let cells = [
            ("null", Stored("∅")),
            ("{}", Stored("")),
            (
                "{\"a\":\"x\",\"b\":1.50,\"c\":true,\"d\":null}",
                Stored("\"a\"=>\"x\", \"b\"=>\"1.50\", \"c\"=>\"true\", \"d\"=>NULL"),
            ),
            ("{\"a\":\"null\"}", Stored("\"a\"=>\"null\"")),
            ("{\"q\\\"=>\\\\ \":\"ü\\\",\\n\"}", Stored("\"q\\\"=>\\\\ \"=>\"ü\\\",\n\"")),
            ("{\"a\":1,\"a\":2}", Stored("\"a\"=>\"2\"")),
            ("{\"\":\"\"}", Stored("\"\"=>\"\"")),
            ("\"a=>1, \\\"b c\\\"=>NULL\"", Stored("\"a\"=>\"1\", \"b c\"=>NULL")),
            ("{\"a\":{\"b\":1}}", NESTED),
            ("{\"a\":[1]}", NESTED),
            ("{\"a\":\"se\\u0000cret\"}", Refused("NUL")),
            ("{\"se\\u0000cret\":1}", Refused("NUL")),
            ("\"secret\"", Refused("the text is not pairs")),
            ("\"a=>1,\"", Refused("the text is not pairs")),
            ("\"\"", Stored("")),
            ("[\"a\",\"b\"]", WRONG_KIND),
            ("7", WRONG_KIND),
            ("true", WRONG_KIND),
        ];
        check_on(stage, "t", "hstore", &cells).await;
        let arrays = [
            ("[{\"a\":1},null]", Stored("{\"\\\"a\\\"=>\\\"1\\\"\",NULL}")),
            ("\"{\\\"a=>1\\\",NULL}\"", Stored("{\"\\\"a\\\"=>\\\"1\\\"\",NULL}")),
            ("\"{a=}\"", Refused("element 1: the text is not pairs")),
            ("[{\"a\":[]}]", Refused("element 1: a member")),
        ];
        check_on(stage, "many", "hstore[]", &arrays).await;
    });
}

#[test]
fn ltree() {
    on_stage("types_ltree", async |stage| {
        extend(stage, "ltree").await;
        let cells = [
            ("null", Stored("∅")),
            ("\"Top.Science\"", Stored("Top.Science")),
            ("\"a b\"", Server("42601")),
        ];
        check_on(stage, "t", "ltree", &cells).await;
    });
}
