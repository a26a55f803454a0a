//! The questions to a function, in the form that its runtime reads.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::compare::comparison::Comparison;
use crate::compare::plan::Plan;

/// A question about the rows of one side.
pub(super) struct Question {
    pub(super) json: Value,
    pub(super) buckets: u64,
}

/// The body of an invocation. A function that does not support comparisons finds no event in it.
pub(super) fn body(question: &Value) -> Bytes {
    format!(r#"{{"sluice":"compare","ask":{question}}}"#).into()
}

pub(super) fn describe(table: &str) -> Value {
    json!({ "what": "describe", "table": table })
}

impl Question {
    pub(super) fn sums(plan: &Plan, comparison: &Comparison, side: usize, buckets: u64) -> Self {
        let mut json = reading(plan, comparison, side);
        json["what"] = json!("sums");
        json["buckets"] = json!(buckets);
        Self { json, buckets }
    }

    pub(super) fn rows(
        plan: &Plan,
        comparison: &Comparison,
        side: usize,
        buckets: u64,
        within: &[u32],
    ) -> Self {
        let mut question = Self::sums(plan, comparison, side, buckets);
        question.json["what"] = json!("rows");
        question.json["within"] = json!(within);
        question.json["values"] = json!(comparison.values);
        question
    }

    pub(super) fn look(
        plan: &Plan,
        comparison: &Comparison,
        side: usize,
        keys: &[Vec<String>],
    ) -> Self {
        let mut json = reading(plan, comparison, side);
        json["what"] = json!("look");
        json["keys"] = json!(keys);
        json["values"] = json!(comparison.values);
        Self { json, buckets: 1 }
    }
}

fn reading(plan: &Plan, comparison: &Comparison, side: usize) -> Value {
    let table = [&comparison.source, &comparison.copy][side];
    let column =
        |pair: &super::plan::Pair| json!({ "name": pair.names[side], "class": pair.class.name() });
    let columns: Vec<Value> = plan.pairs.iter().map(column).collect();
    json!({
        "table": table.name, "columns": columns, "key": plan.key,
        "timeDigits": comparison.time_digits, "floatDigits": comparison.float_digits,
        "blanks": comparison.ignore_blanks,
    })
}
