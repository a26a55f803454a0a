//! The stand-in itself, judged by two official clients: what a client writes and reads back is the same. It proves that
//! the stand-in speaks the protocol, not that the service refuses what the stand-in refuses. The stand-in is built on
//! the Python client; the Java client has signatures, rows and messages of its own, also for version 4.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_testkit::invocation;

use crate::stand_in::StandIn;

/// The tools of this name, installed if they are missing.
fn tools(name: &str) -> PathBuf {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("functions/ has a parent");
    let tools = Command::new(repository.join("scripts/tools.sh")).arg(name).output();
    let tools = tools.expect("the script runs");
    assert!(tools.status.success(), "{}", String::from_utf8_lossy(&tools.stderr));
    String::from_utf8(tools.stdout).expect("a path").trim().into()
}

/// Lets a client work at an instance, and looks at what it left there.
fn judge(client: &mut Command, program: &str) {
    let stand_in = StandIn::new();
    let client = client
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(program))
        .args([stand_in.url(), stand_in.name.clone()])
        .output()
        .expect("the client runs");
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    let rows = invocation::run(stand_in.rows("orders"));
    assert_eq!(rows, [r#"id=1 shop="a" | price=0.5 sold=true"#]);
}

#[test]
fn the_official_python_client_finds_a_service() {
    let python = tools("tablestore").join("python");
    judge(Command::new(python).arg("-B"), "official_client.py");
}

#[test]
fn the_official_java_client_finds_a_service() {
    let jars = tools("tablestore-java").join("*");
    // The options are for a JVM that lives for a second.
    let mut java = Command::new("java");
    java.args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(jars);
    judge(&mut java, "OfficialClient.java");
}
