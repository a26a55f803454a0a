//! The platform of a function: its events are written as the function's own options say.

use sluice_bridge::options::encoding::{EVENT_KEY_ENCODING, EVENT_VALUE_ENCODING, Encoding};
use sluice_trigger::Platform;

use crate::arguments::PlatformName;
use crate::function::environment::{self, SERVERS, Variable};

/// The platform by that name, for a function with our environment. What is wrong with an option the
/// function itself will tell.
pub(crate) fn platform(name: PlatformName) -> Platform {
    of(name, &environment::inherited())
}

/// Tells a function the brokers for its letters where its events do not name them, unless it has its own.
pub(crate) fn tell_brokers(platform: Platform, bootstrap: &str, changes: &mut Vec<Variable>) {
    let given = sluice_runtime::given_options(&environment::inherited());
    if platform != Platform::Lambda && !given.iter().any(|option| option == SERVERS) {
        changes.push((environment::variable(SERVERS), Some(bootstrap.to_owned())));
    }
}

fn of(name: PlatformName, environment: &[(String, String)]) -> Platform {
    if name == PlatformName::Lambda {
        return Platform::Lambda;
    }
    let known = [&EVENT_KEY_ENCODING, &EVENT_VALUE_ENCODING];
    let mut settings = sluice_runtime::gather(&known, environment);
    let key = Encoding::from_settings(&mut settings, &EVENT_KEY_ENCODING);
    let value = Encoding::from_settings(&mut settings, &EVENT_VALUE_ENCODING);
    Platform::FunctionCompute { key, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_written_as_the_functions_options_say() {
        let set = [("SLUICE_EVENT_VALUE_ENCODING", "base64"), ("SLUICE_TOPICS", "orders")];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(of(PlatformName::Lambda, &set), Platform::Lambda);
        let told = Platform::FunctionCompute { key: Encoding::Text, value: Encoding::Base64 };
        assert_eq!(of(PlatformName::FunctionCompute, &set), told);
    }
}
