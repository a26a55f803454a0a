//! What was measured: figures with their goals, ratios of medians, the report and its chart.

pub mod chart;
pub mod figures;
pub mod median;
pub mod ratio;
pub mod report;
pub mod words;
