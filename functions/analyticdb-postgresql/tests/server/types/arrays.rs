//! Arrays: a JSON array or the server's own text form, element by element.

use super::{Fate, Refused, Server, Stored, WRONG_KIND, check, check_on, extend};
use crate::support::on_stage;

const NOT_AN_ARRAY: Fate = Refused("the text is not an array such as {1,2}");
const RAGGED: Fate = Refused("differ in length or depth");

#[test]
fn integers() {
    let cells = [
        ("null", Stored("∅")),
        ("[1,null,3]", Stored("{1,NULL,3}")),
        ("[1.0,\"2\",3e0]", Stored("{1,2,3}")),
        ("[]", Stored("{}")),
        ("[[]]", Stored("{}")),
        ("[[],[]]", Stored("{}")),
        ("[null]", Stored("{NULL}")),
        ("[[1,2],[3,null]]", Stored("{{1,2},{3,NULL}}")),
        ("[[[1],[2]],[[3],[4]],[[5],[6]]]", Stored("{{{1},{2}},{{3},{4}},{{5},{6}}}")),
        ("[[[[[[7]]]]]]", Stored("{{{{{{7}}}}}}")),
        ("[[[[[[[7]]]]]]]", Refused("more than six dimensions")),
        ("[[1,2],[3]]", Refused("element 2: the arrays of one dimension differ")),
        ("[[1],[]]", RAGGED),
        ("[[],[1]]", RAGGED),
        ("[1,[2]]", Refused("element 2: the arrays of one dimension differ")),
        ("[[1],2]", RAGGED),
        ("[[],1]", RAGGED),
        ("[[1,2],null]", RAGGED),
        ("[[[1]],[[2],[3]]]", RAGGED),
        ("[1,2,2147483648]", Refused("element 3: out of range")),
        ("[[1,2],[3,4.5]]", Refused("element [2][2]: it would lose digits after the point")),
        ("[true]", Refused("element 1: the column does not accept this kind of value")),
        ("[{}]", Refused("element 1: the column does not accept this kind of value")),
        ("[\"secret\"]", Refused("element 1: the text is not an integer")),
        ("7", WRONG_KIND),
        ("true", WRONG_KIND),
        ("{\"0\":1}", WRONG_KIND),
    ];
    check("int_array", "int[]", &cells);
}

#[test]
fn the_servers_own_text() {
    let cells = [
        ("\"{1,NULL,3}\"", Stored("{1,NULL,3}")),
        ("\" { 1 , null , 3 } \"", Stored("{1,NULL,3}")),
        ("\"{{1,2},{3,4}}\"", Stored("{{1,2},{3,4}}")),
        ("\"{}\"", Stored("{}")),
        ("\"{1.9}\"", Refused("element 1: the text is not an integer")),
        ("\"{1,2147483648}\"", Refused("element 2: out of range")),
        ("\"{secret}\"", Refused("element 1: the text is not an integer")),
        ("\"{{1,2},{3}}\"", RAGGED),
        ("\"[0:1]={1,2}\"", Refused("explicit bounds")),
        ("\"{{}}\"", NOT_AN_ARRAY),
        ("\"{1,}\"", NOT_AN_ARRAY),
        ("\"{1\"", NOT_AN_ARRAY),
        ("\"{1}}\"", NOT_AN_ARRAY),
        ("\"{1}2\"", NOT_AN_ARRAY),
        ("\"1,2\"", NOT_AN_ARRAY),
        ("\"[1,2]\"", NOT_AN_ARRAY),
        ("\"\"", NOT_AN_ARRAY),
    ];
    check("array_text", "int[]", &cells);
    let texts = [
        ("\"{\\\"a,b\\\",c}\"", Stored("{\"a,b\",c}")),
        (
            "\"{\\\"q\\\\\\\"\\\", b\\\\,c , \\\"null\\\", \\\"\\\"}\"",
            Stored("{\"q\\\"\",\"b,c\",\"null\",\"\"}"),
        ),
        ("\"{a b,ü}\"", Stored("{\"a b\",ü}")),
        ("\"{\\\"a}\"", NOT_AN_ARRAY),
    ];
    check("array_text_text", "text[]", &texts);
}

#[test]
fn texts() {
    let cells = [
        ("[\"a\",\"\",\"NULL\",null]", Stored("{a,\"\",\"NULL\",NULL}")),
        (
            "[\"a,b\",\"{c}\",\"q\\\"\\\\\",\" x \"]",
            Stored("{\"a,b\",\"{c}\",\"q\\\"\\\\\",\" x \"}"),
        ),
        ("[\"\\ud83e\\udd80\\n東\"]", Stored("{\"🦀\n東\"}")),
        ("[1.50,true,{\"a\":[1]}]", Stored("{1.50,true,\"{\\\"a\\\":[1]}\"}")),
        (
            "[\"ok\",\"se\\u0000cret\"]",
            Refused("element 2: the column does not accept a NUL character"),
        ),
    ];
    check("text_array", "text[]", &cells);
}

#[test]
fn domains_and_extensions() {
    on_stage("types_array_domains", async |stage| {
        let domains = "CREATE DOMAIN code AS varchar(3) CHECK (value <> 'bad'); \
             CREATE DOMAIN codes AS code[] CHECK (array_length(value, 1) < 3); \
             CREATE DOMAIN price AS numeric(6,2) CHECK (value >= 0)";
        let has_arrays_of_domains = stage.sql_since(110_000, domains).await;
        let codes = [
            ("[\"abc\",null]", Stored("{abc,NULL}")),
            ("[\"a\",\"abcd\"]", Refused("element 2: the text is too long")),
            ("[\"bad\"]", Server("23514")),
            ("[\"a\",\"b\",\"c\"]", Server("23514")),
        ];
        let prices = [
            ("[1.5,\"0.25\"]", Stored("{1.50,0.25}")),
            (
                "[1.555]",
                Refused(
                    "element 1: the number has more digits after the decimal point than the column's scale",
                ),
            ),
            ("[1,-1]", Server("23514")),
        ];
        if has_arrays_of_domains {
            check_on(stage, "codes", "codes", &codes).await;
            check_on(stage, "prices", "price[]", &prices).await;
        }
        extend(stage, "citext").await;
        stage.sql("CREATE TYPE pair AS (a int, b text)").await;
        check_on(stage, "words", "citext[]", &[("[\"Ab\",\"aB\"]", Stored("{Ab,aB}"))]).await;
        let pairs = [
            ("[\"(1,\\\"a,b\\\")\"]", Stored("{\"(1,\\\"a,b\\\")\"}")),
            ("[\"(1)\"]", Server("22P02")),
        ];
        check_on(stage, "pairs", "pair[]", &pairs).await;
    });
}
