//! The stand-in itself, judged by the official Python client: what that client writes and reads back is the same.
//! It proves that the stand-in speaks the protocol, not that the service refuses what the stand-in refuses.

use std::path::Path;
use std::process::Command;

use sluice_testkit::invocation;

use crate::stand_in::StandIn;

#[test]
fn the_official_client_finds_a_service() {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("functions/ has a parent");
    let tools = Command::new(repository.join("scripts/tools.sh")).arg("tablestore").output();
    let tools = tools.expect("the script runs");
    assert!(tools.status.success(), "{}", String::from_utf8_lossy(&tools.stderr));
    let programs = String::from_utf8(tools.stdout).expect("a path");
    let stand_in = StandIn::new();
    let client = Command::new(Path::new(programs.trim()).join("python"))
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_client.py"))
        .args([stand_in.url(), stand_in.name.clone()])
        .output()
        .expect("Python runs");
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    let rows = invocation::run(stand_in.rows("orders"));
    assert_eq!(rows, [r#"id=1 shop="a" | price=0.5 sold=true"#]);
}
