//! All options of a function as JSON, for `sluice options` and for tools that configure connectors.
//!
//! The content is that of the constants; the code that uses an option defines its meaning.

use serde_json::{Value, json};
use sluice_bridge::options::Opt;

use super::function::Function;

/// The last parts of names of options whose values are secrets.
const SECRETS: [&str; 4] = ["password", "secret", "token", "key"];

/// The connector's name: the name of the package of `S`, which is also the name of its folder and
/// its binary. A copy of the binary may have another name, such as `bootstrap`.
pub(super) fn connector<S>() -> String {
    let package = std::any::type_name::<S>().split("::").next().unwrap_or_default();
    package.replace('_', "-")
}

/// One JSON object with the connector's name, its version and every option.
pub(super) fn document(function: &Function) -> String {
    let required = (function.required)();
    let option = |opt: &&Opt| described(opt, required.contains(&opt.name));
    let options: Vec<Value> = (function.options)().iter().map(option).collect();
    let version = env!("CARGO_PKG_VERSION");
    json!({ "connector": function.name, "version": version, "options": options }).to_string()
}

fn described(opt: &Opt, required: bool) -> Value {
    json!({
        "name": opt.name,
        "variable": opt.variable(),
        "default": opt.default,
        "required": required,
        "secret": is_secret(opt.name),
        "documentation": opt.doc,
    })
}

fn is_secret(name: &str) -> bool {
    // User and password in one text, as Confluent's clients have it.
    name.ends_with(".user.info")
        || name.rsplit('.').next().is_some_and(|last| SECRETS.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name() {
        let secrets = [
            "connection.password",
            "kafka.sasl.password",
            "kafka.sasl.oauthbearer.client.secret",
            "schema.registry.basic.auth.user.info",
        ];
        assert!(secrets.iter().all(|name| is_secret(name)));
        let others = [
            "connection.url",
            "key.format",
            "kafka.ssl.key.location",
            "kafka.sasl.oauthbearer.token.endpoint.url",
        ];
        assert!(!others.iter().any(|name| is_secret(name)));
    }
}
