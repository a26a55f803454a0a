//! Which platform runs the process. Its variables tell.

/// What Lambda sets for the process; `sluice trigger` too.
pub(crate) const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// Lambda's name of the function.
pub(crate) const LAMBDA_FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME";
/// Function Compute's name of the function.
pub(crate) const FC_FUNCTION: &str = "FC_FUNCTION_NAME";
/// The port to listen on: the first that is set. The vendor's documentation names the second ("Environment
/// variables"), its own runtime for Go and its tool for a local start use the first.
const PORTS: [&str; 2] = ["FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT"];
/// Where neither is set ("Principles" of custom runtimes).
const PORT: u16 = 9000;

/// Who invokes the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Lambda: the process asks the Runtime API for its work.
    Lambda,
    /// Alibaba Cloud Function Compute: the process is an HTTP server.
    FunctionCompute,
}

impl Platform {
    /// The platform of these variables; `None` where neither is there. An empty variable is not set.
    pub(crate) fn of(environment: &[(String, String)]) -> Option<Self> {
        let is_set = |name| value(environment, name).is_some();
        if is_set(RUNTIME_API) {
            return Some(Self::Lambda);
        }
        let is_there = is_set(FC_FUNCTION) || PORTS.into_iter().any(is_set);
        is_there.then_some(Self::FunctionCompute)
    }
}

/// The port that Function Compute connects to.
///
/// # Errors
/// What a variable holds is not a port.
pub(crate) fn port(environment: &[(String, String)]) -> Result<u16, String> {
    let set = |name| Some((name, value(environment, name)?));
    let Some((name, port)) = PORTS.into_iter().find_map(set) else { return Ok(PORT) };
    match port.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{name} is not the number of a port")),
    }
}

/// What a variable holds, unless it is empty.
pub(crate) fn value<'e>(environment: &'e [(String, String)], name: &str) -> Option<&'e str> {
    let mut found = environment.iter().filter(|(known, value)| known == name && !value.is_empty());
    found.next().map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_variables_of_a_platform_tell_which_it_is() {
        let of = |pairs: &[(&str, &str)]| Platform::of(&environment(pairs));
        assert_eq!(of(&[("PATH", "/bin")]), None);
        assert_eq!(of(&[("FC_FUNCTION_NAME", "f")]), Some(Platform::FunctionCompute));
        assert_eq!(of(&[("FC_SERVER_PORT", "9000")]), Some(Platform::FunctionCompute));
        assert_eq!(of(&[("FC_CUSTOM_LISTEN_PORT", "9000")]), Some(Platform::FunctionCompute));
        let both = [("FC_FUNCTION_NAME", "f"), (RUNTIME_API, "127.0.0.1:9001")];
        assert_eq!(of(&both), Some(Platform::Lambda));
        assert_eq!(
            of(&[("FC_FUNCTION_NAME", "f"), (RUNTIME_API, "")]),
            Some(Platform::FunctionCompute)
        );
        assert_eq!(of(&[("FC_FUNCTION_NAME", ""), (RUNTIME_API, "")]), None);
    }

    #[test]
    fn the_port_is_the_first_that_is_set() {
        let told = |pairs: &[(&str, &str)]| port(&environment(pairs));
        assert_eq!(told(&[]), Ok(9000));
        assert_eq!(told(&[("FC_CUSTOM_LISTEN_PORT", "8080")]), Ok(8080));
        let both = [("FC_CUSTOM_LISTEN_PORT", "8080"), ("FC_SERVER_PORT", "8081")];
        assert_eq!(told(&both), Ok(8081));
        for wrong in ["0", "65536", "http", "-1"] {
            let why = told(&[("FC_SERVER_PORT", wrong)]).unwrap_err();
            assert_eq!(why, "FC_SERVER_PORT is not the number of a port", "{wrong}");
        }
    }
}
