//! Which settings can be combined.

use std::time::Duration;

use sluice_bridge::options::encoding::Encoding;

use super::*;
use crate::event::batch::MAX_EVENT_BYTES;

fn settings() -> Settings {
    let topics = vec!["orders".to_owned()];
    Settings { topics, group: "g".into(), bootstrap: "b:9092".into(), ..Settings::default() }
}

fn error_controls(settings: Settings) -> (Option<u32>, Disposal) {
    let error_controls = settings.mapping().expect("a mapping").error_controls;
    (error_controls.retries, error_controls.disposal)
}

#[test]
fn patience_follows_what_was_asked_for() {
    let on_failure = Some("kafka://failed".to_owned());
    let with = |max_retries, once, on_failure: &Option<String>| {
        let on_failure = on_failure.clone();
        error_controls(Settings { max_retries, once, on_failure, ..settings() })
    };
    assert_eq!(with(None, false, &None), (None, Disposal::Kept));
    assert_eq!(with(Some(-1), false, &None), (None, Disposal::Kept));
    assert_eq!(with(Some(2), false, &None), (Some(2), Disposal::Skipped));
    assert_eq!(with(None, true, &None), (Some(3), Disposal::Kept));
    assert_eq!(with(Some(-1), true, &None), (None, Disposal::Kept));
    assert_eq!(with(Some(2), true, &None), (Some(2), Disposal::Kept));
    assert_eq!(with(None, false, &on_failure), (Some(10), Disposal::Sent));
    assert_eq!(with(Some(-1), false, &on_failure), (Some(10), Disposal::Sent));
    assert_eq!(with(Some(2), true, &on_failure), (Some(2), Disposal::Sent));
}

#[test]
fn on_demand_mode_has_no_controls() {
    let settings = Settings { mode: Mode::OnDemand, ..settings() };
    let mapping = settings.clone().mapping().expect("a mapping");
    assert!(!mapping.report_item_failures);
    assert_eq!(mapping.error_controls.retries, None);
    let all = Settings {
        bisect: true,
        max_retries: Some(-1),
        max_record_age: Some(Duration::from_secs(60)),
        on_failure: Some("kafka://failed".into()),
        report_item_failures: Some(true),
        ..settings
    };
    let problems = all.mapping().expect_err("controls of provisioned mode");
    assert_eq!(problems.len(), 5, "{problems:?}");
}

/// No report of single records comes from there, so none may be waited for.
#[test]
fn on_function_compute_a_batch_fails_as_a_whole() {
    let platform = Platform::FunctionCompute { key: Encoding::Text, value: Encoding::Text };
    let there = Settings { platform, ..settings() };
    assert!(!there.clone().mapping().expect("it is right").report_item_failures);
    let wrong = Settings { report_item_failures: Some(true), ..there };
    let problems = wrong.mapping().expect_err("nothing is reported there");
    assert_eq!(problems[0].setting, "report-batch-item-failures");
}

#[test]
fn every_problem_is_told_at_once() {
    let wrong = Settings {
        topics: vec!["a".into()],
        group: String::new(),
        batch_size: 0,
        batch_window: Duration::from_secs(301),
        payload_limit: MAX_EVENT_BYTES + 1,
        filters: vec!["{}".into()],
        max_retries: Some(10_001),
        max_record_age: Some(Duration::from_secs(59)),
        on_failure: Some("kafka://a".into()),
        concurrency: 0,
        ..settings()
    };
    let problems = wrong.mapping().expect_err("nothing is right");
    let named: Vec<_> = problems.iter().map(|problem| problem.setting).collect();
    let expected = [
        "group",
        "batch-size",
        "batch-window",
        "payload-limit",
        "max-retries",
        "max-record-age",
        "concurrency",
        "filter",
        "on-failure",
    ];
    assert_eq!(named, expected);
}
