//! The table of numbers, one by one, raised by a trigger.

use analyticdb_mysql::MySqlSink;
use sluice_bridge::model::failure::Fault;

use crate::support::{INSERT, UPSERT, deliver, everywhere};

const TRIGGER: &str = "CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); \
     CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW BEGIN DECLARE n int DEFAULT NEW.v; \
     SIGNAL SQLSTATE 'STATE' SET MYSQL_ERRNO = n, MESSAGE_TEXT = 'the secret of row 1 at row 1'; END";

const DATA: &[u16] = &[
    1022, 1048, 1062, 1118, 1169, 1172, 1216, 1217, 1242, 1264, 1265, 1292, 1299, 1300, 1329, 1364,
    1365, 1366, 1367, 1369, 1406, 1411, 1416, 1423, 1451, 1452, 1525, 1526, 1586, 1591, 1643, 1644,
    1690, 1748, 1977, 3140, 3673, 3691, 3819, 3854, 4025, 6136,
];
const TRANSIENT: &[u16] = &[
    1020, 1021, 1026, 1037, 1038, 1040, 1041, 1053, 1077, 1079, 1114, 1135, 1152, 1158, 1159, 1160,
    1161, 1180, 1184, 1203, 1205, 1213, 1226, 1243, 1317, 1412, 1461, 1613, 1614, 1637, 1689, 1792,
    1836, 1874, 1969, 3024, 3032, 3100, 3101, 3168, 3169, 3572, 4031,
];
const FATAL: &[u16] = &[
    1030, 1044, 1047, 1049, 1054, 1064, 1105, 1136, 1142, 1143, 1146, 1153, 1227, 1235, 1290, 1295,
    1305, 1356, 1442, 1471, 9999,
];

#[test]
fn every_number_means_one_fault() {
    everywhere("faults_codes", async |stage| {
        stage.sql(&TRIGGER.replace("'STATE'", "'HY000'")).await;
        let groups =
            [(DATA, Fault::Data(None)), (TRANSIENT, Fault::Transient), (FATAL, Fault::Fatal)];
        let mut sink = stage.sink();
        let mut wrong = Vec::new();
        for (codes, fault) in groups {
            for code in codes {
                wrong.extend(check(&mut sink, *code, fault).await);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// What the author of a trigger chose is that row's refusal; what a server could have said is not.
#[test]
fn a_trigger_refuses_in_numbers_and_states_of_its_own() {
    everywhere("faults_author", async |stage| {
        let of_row = Fault::Data(None);
        for (state, code, fault) in [
            ("23000", 31_001, of_row),
            ("22003", 31_001, of_row),
            ("HY000", 31_001, of_row),
            ("45000", 31_001, of_row),
            ("UQ001", 31_001, of_row),
            ("HY000", 10_000, of_row),
            ("HY000", 65_534, of_row),
            ("UQ001", 9_001, of_row),
            ("99999", 1_105, of_row),
            ("45000", 1_105, of_row),
            ("HY000", 9_001, Fault::Fatal),
            ("23000", 9_001, Fault::Fatal),
            ("XA100", 1_614, Fault::Transient),
            ("70100", 1_105, Fault::Fatal),
        ] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            stage.sql(&TRIGGER.replace("'STATE'", &format!("'{state}'"))).await;
            let wrong = check(&mut stage.sink(), code, fault).await;
            assert_eq!(wrong, None, "{state} {code}");
        }
    });
}

async fn check(sink: &mut MySqlSink, code: u16, fault: Fault) -> Option<String> {
    for mode in [INSERT, UPSERT] {
        for count in [1, 3] {
            let values = (0..count).map(|id| format!(r#"{{"id":{id},"v":"{code}"}}"#));
            let options = [mode, &[("max.retries", "0")]].concat();
            let outcome = deliver(sink, "t", &options, values).await;
            let told = format!("{code} {mode:?} {count}: {outcome:?}");
            let cause = match (outcome, fault) {
                (Ok(outcome), Fault::Data(_)) if outcome.failures.len() == count => {
                    outcome.failures[0].cause.clone()
                }
                (Err(given_back), _) if given_back.error.fault == fault => given_back.error.cause,
                _ => return Some(told),
            };
            let is_data = matches!(fault, Fault::Data(_));
            if cause.code.as_deref() != Some(&*code.to_string())
                || is_data && cause.message.contains("secret")
            {
                return Some(told);
            }
        }
    }
    None
}
