//! The table of SQLSTATEs, code by code, raised by a trigger.

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::failure::Fault;

use crate::support::{INSERT, UPSERT, deliver, on_stage};

const TRIGGER: &str = "CREATE TABLE t (id int PRIMARY KEY, v text); \
     CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     RAISE EXCEPTION USING ERRCODE = new.v, MESSAGE = 'the secret of row ' || new.id, DETAIL = 'a secret'; END $$; \
     CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE fail()";

const DATA: &[&str] = &[
    "21000", "22000", "22001", "22003", "22004", "22007", "22008", "22012", "22021", "22023",
    "22025", "22026", "22030", "22032", "22P01", "22P02", "22P05", "2200N", "23000", "23001",
    "23502", "23503", "23505", "23514", "23P01", "44000", "54000", "P0001", "P0002", "P0003",
    "P0004", "U0001", "UQ001", "ZZ999", "60001", "ABCDE",
];
const TRANSIENT: &[&str] = &[
    "08000", "08003", "08006", "08007", "08P01", "25006", "26000", "40001", "40003", "40P01",
    "42P05", "53000", "53100", "53200", "53300", "53400", "55006", "55P03", "57014", "57P01",
    "57P02", "57P03", "57P05", "58000", "58030", "58M01",
];
const FATAL: &[&str] = &[
    "0A000", "22P03", "22P04", "25001", "25P01", "25P02", "28000", "28P01", "2BP01", "39000",
    "3D000", "3F000", "40002", "42501", "42601", "42703", "42704", "42804", "42883", "42P01",
    "42P10", "54001", "54011", "54023", "55000", "57P04", "F0000", "HV000", "P0000", "XX000",
    "XX001",
];

#[test]
fn every_code_means_one_fault() {
    on_stage("faults_codes", async |stage| {
        stage.sql(TRIGGER).await;
        let groups =
            [(DATA, Fault::Data(None)), (TRANSIENT, Fault::Transient), (FATAL, Fault::Fatal)];
        let mut sink = stage.sink();
        for (codes, fault) in groups {
            for code in codes {
                check(&mut sink, code, fault).await;
            }
        }
    });
}

async fn check(sink: &mut PostgresSink, code: &str, fault: Fault) {
    let value = format!(r#"{{"id":1,"v":"{code}"}}"#);
    for mode in [INSERT, UPSERT] {
        let options = [mode, &[("max.retries", "0")]].concat();
        let outcome = deliver(sink, "t", &options, [&value]).await;
        let cause = match (outcome, fault) {
            (Ok(outcome), Fault::Data(_)) => {
                let [failure] = outcome.failures.as_slice() else { panic!("{code}: {outcome:?}") };
                failure.cause.clone()
            }
            (Err(given_back), _) if given_back.error.fault == fault => given_back.error.cause,
            (other, _) => panic!("{code} is not {fault:?}: {other:?}"),
        };
        assert_eq!(cause.code.as_deref(), Some(code));
    }
}

/// What a trigger says may quote the row: it is detail, whatever its code.
#[test]
fn no_message_holds_what_a_trigger_says() {
    on_stage("faults_secrets", async |stage| {
        stage.sql(TRIGGER).await;
        for code in ["22000", "P0001", "P0002", "U0001", "55P03", "42501", "XX000"] {
            let value = format!(r#"{{"id":1,"v":"{code}"}}"#);
            for mode in [INSERT, UPSERT] {
                let options = [mode, &[("max.retries", "0")]].concat();
                let message = match deliver(&mut stage.sink(), "t", &options, [&value]).await {
                    Ok(outcome) => outcome.failures[0].cause.to_string(),
                    Err(given_back) => given_back.error.to_string(),
                };
                assert!(!message.contains("secret"), "{code}: {message}");
            }
        }
    });
}

/// Nor what a function trips over while it works with the row.
#[test]
fn no_message_holds_what_a_function_quotes() {
    on_stage("faults_quotes", async |stage| {
        let bodies = [
            "ASSERT false, 'not ' || new.v",
            "EXECUTE 'SELECT ' || new.v",
            "EXECUTE 'SELECT 1 ' || new.v || ' ' || new.v",
            "PERFORM set_config(new.v, 'x', true)",
            "new.v = new.v::int",
        ];
        let mut told = Vec::new();
        for body in bodies {
            let function = "CREATE OR REPLACE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS";
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text); \
                     {function} $$ BEGIN {body}; RETURN new; END $$; \
                     CREATE TRIGGER w BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE work()"
                ))
                .await;
            for mode in [INSERT, UPSERT] {
                let value = [r#"{"id":1,"v":"secret"}"#];
                let message = match deliver(&mut stage.sink(), "t", mode, value).await {
                    Ok(outcome) => outcome.failures[0].cause.to_string(),
                    Err(given_back) => given_back.error.to_string(),
                };
                if message.contains("secret") {
                    told.push((body, message));
                }
            }
        }
        assert!(told.is_empty(), "{told:#?}");
    });
}
