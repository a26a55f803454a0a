//! What a mapping may be told, and the rules of which settings go together.
//!
//! They are Lambda's, from "Configuring error handling controls for Kafka event sources" and the
//! API's `CreateEventSourceMapping`. How a person writes them is the command line's business.

use crate::assignment::Patience;
use crate::event::batch::Limits;
use crate::function::{FunctionConfig, Platform};
use crate::observer::Disposal;

mod check;
mod given;
pub(crate) mod mapping;

use check::Problems;
pub use given::{Mode, Problem, Settings};
use mapping::Mapping;

/// How often `once` sends a batch again unless told: a database that is down for good must not
/// keep it for ever.
const RETRIES_ONCE: u32 = 3;

/// "When you configure both infinite retries and an on-failure destination, Lambda automatically
/// applies a maximum of 10 retry attempts."
const RETRIES_WITH_DESTINATION: u32 = 10;

impl Settings {
    /// The mapping these settings make.
    ///
    /// # Errors
    ///
    /// Every problem there is.
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
        let patience = self.patience();
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
            patience,
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

    fn patience(&self) -> Patience {
        let unlimited = match (self.once, &self.on_failure) {
            (true, _) => Some(RETRIES_ONCE),
            (false, Some(_)) => Some(RETRIES_WITH_DESTINATION),
            (false, None) => None,
        };
        let told = self.max_retries.and_then(|retries| u32::try_from(retries).ok());
        let endless = self.max_retries.is_some_and(|retries| retries < 0);
        let retries = match told {
            Some(retries) => Some(retries),
            None if endless && self.on_failure.is_none() => None,
            None if endless => Some(RETRIES_WITH_DESTINATION),
            None => unlimited,
        };
        // Skipping takes an explicit limit; nobody who asked for endless retries wants it.
        let disposal = match (&self.on_failure, told, self.once) {
            (Some(_), ..) => Disposal::Sent,
            (None, Some(_), false) => Disposal::Skipped,
            _ => Disposal::Kept,
        };
        Patience { retries, max_age: self.max_record_age, bisect: self.bisect, disposal }
    }
}

#[cfg(test)]
mod tests;
