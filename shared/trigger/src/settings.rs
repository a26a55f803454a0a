//! The settings of a mapping, and the rules by which they can be combined.
//!
//! The rules are Lambda's, from "Configuring error handling controls for Kafka event sources" and
//! `CreateEventSourceMapping` in the API reference. The command line parses the settings.

use crate::assignment::ErrorControls;
use crate::event::batch::Limits;
use crate::function::{FunctionConfig, Platform};
use crate::observer::Disposal;

mod check;
pub(crate) mod mapping;
mod unchecked;

use check::Problems;
use mapping::Mapping;
pub use unchecked::{Mode, Problem, Settings};

/// How often a failed batch is sent again with `once` by default, so that the run also ends if the
/// database does not come back.
const RETRIES_ONCE: u32 = 3;

/// "When you configure both infinite retries and an on-failure destination, Lambda automatically
/// applies a maximum of 10 retry attempts."
const RETRIES_WITH_DESTINATION: u32 = 10;

impl Settings {
    /// Checks the settings and makes a mapping of them.
    ///
    /// # Errors
    ///
    /// Every problem of the settings.
    pub fn mapping(self) -> Result<Mapping, Vec<Problem>> {
        let mut problems = Problems::default();
        problems.ranges(&self);
        problems.modes(&self);
        problems.platform(&self);
        let filters = problems.filters(&self.filters);
        let selection = problems.selection(&self);
        let destination = problems.destination(&self);
        let Some(topics) = selection.filter(|_| problems.0.is_empty()) else {
            return Err(problems.0);
        };
        let reports = self.mode == Mode::Provisioned && self.platform == Platform::Lambda;
        let error_controls = self.error_controls();
        Ok(Mapping {
            topics,
            group: self.group,
            starting_position: self.starting_position,
            out_of_range: self.out_of_range,
            metadata_max_age: self.metadata_max_age,
            bootstrap: self.bootstrap,
            limits: Limits {
                records: self.batch_size,
                bytes: self.payload_limit,
                window: self.batch_window,
            },
            filters,
            error_controls,
            destination,
            report_item_failures: self.report_item_failures.unwrap_or(reports),
            concurrency: self.concurrency,
            once: self.once,
            session_timeout: self.session_timeout,
            platform: self.platform,
            function: FunctionConfig {
                program: self.function,
                timeout: self.timeout,
                environment: self.environment,
            },
        })
    }

    fn error_controls(&self) -> ErrorControls {
        let unlimited = match (self.once, &self.on_failure) {
            (true, _) => Some(RETRIES_ONCE),
            (false, Some(_)) => Some(RETRIES_WITH_DESTINATION),
            (false, None) => None,
        };
        let limit = self.max_retries.and_then(|retries| u32::try_from(retries).ok());
        let endless = self.max_retries.is_some_and(|retries| retries < 0);
        let retries = match limit {
            Some(retries) => Some(retries),
            None if endless && self.on_failure.is_none() => None,
            None if endless => Some(RETRIES_WITH_DESTINATION),
            None => unlimited,
        };
        // Records are skipped only with an explicit limit of retries.
        let disposal = match (&self.on_failure, limit, self.once) {
            (Some(_), ..) => Disposal::Sent,
            (None, Some(_), false) => Disposal::Skipped,
            _ => Disposal::Kept,
        };
        ErrorControls { retries, max_age: self.max_record_age, bisect: self.bisect, disposal }
    }
}

#[cfg(test)]
mod tests;
