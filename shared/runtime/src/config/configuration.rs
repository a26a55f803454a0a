//! The configuration of a running function. It is read at the start, and again when its secrets are
//! old or the target refuses them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use futures_util::future::LocalBoxFuture;
use sluice_bridge::connector::Connector;
use sluice_bridge::options::role::{Role, RoleCredentials};
use sluice_bridge::options::rules::{NAME, Rules};
use sluice_bridge::options::{Opt, Settings};
use sluice_dead_letter::{Destination, Sender};
use sluice_kafka::{Access, KafkaProducer};
use sluice_registry::SchemaRegistry;
use tokio::time::Instant;

use crate::config::HandlerConfig;
use crate::config::extension::{Extension, ReadPatience, SecretError};
use crate::config::function_compute;
use crate::config::reload::{HandlerParts, Reload, ReloadReason};
use crate::config::secret::SecretRef;
use crate::config::settings::{
    ERRORS_LOG_ENABLE, REPORT_ITEM_FAILURES, RawSettings, connector_options,
};
use crate::lambda::response::Failed;
use crate::platform::Platform;

/// The variables with the time for which the extension caches a value, in seconds; 300 if they are
/// not set. We use a value for the same time.
const LIFETIMES: [&str; 2] = ["SECRETS_MANAGER_TTL", "SSM_PARAMETER_STORE_TTL"];
const LIFETIME: Duration = Duration::from_secs(300);

/// The source of the options, and their last values.
pub(crate) struct Configuration {
    environment: Vec<(String, String)>,
    /// The options of the current handler.
    last: RefCell<Option<ReadSettings>>,
    /// The function's role. It outlives new parts, and sinks that need it share it.
    role: Role,
}

/// Options that were read. The time is wall-clock time, because the monotonic clock stops while the
/// execution environment is frozen.
struct ReadSettings {
    given: RawSettings,
    at: SystemTime,
    /// How long they can be used; `None` if no value comes from AWS.
    lifetime: Option<Duration>,
}

impl Configuration {
    pub(crate) fn new(environment: Vec<(String, String)>) -> Self {
        Self { environment, last: RefCell::new(None), role: Role::default() }
    }

    /// Takes the credentials of the function's role that came with a request, or else those of the environment. If
    /// there are none, the last ones stay.
    pub(crate) fn renew_role(&self, sent: Option<&RoleCredentials>) {
        let new = sent.cloned().or_else(|| function_compute::role(&self.environment));
        if let Some(new) = new {
            self.role.renew(new);
        }
    }

    /// Reads all options, and builds the parts of a handler.
    ///
    /// # Errors
    /// Every problem of the configuration at once, or the first secret that cannot be read.
    pub(crate) async fn start<S: Connector>(
        &self,
        patience: ReadPatience,
    ) -> Result<HandlerParts<S, KafkaProducer>, Failed> {
        let last = self.read(patience).await.map_err(Failed::from)?;
        self.build_parts(last)
    }

    /// Reads all options, of which `known` are the valid ones.
    ///
    /// # Errors
    /// The first secret that cannot be read.
    pub(crate) async fn settings(
        &self,
        known: &[&'static Opt],
        patience: ReadPatience,
    ) -> Result<Settings, Failed> {
        let last = self.read(patience).await.map_err(Failed::from)?;
        Ok(last.given.settings(known))
    }

    /// Builds the parts of a handler. The options are kept only if this succeeds.
    fn build_parts<S: Connector>(
        &self,
        last: ReadSettings,
    ) -> Result<HandlerParts<S, KafkaProducer>, Failed> {
        let settings = last.given.clone().settings(&connector_options::<S>());
        let parts = parts(settings, platform(&self.environment), &self.role);
        let parts = parts.map_err(Failed::configuration)?;
        self.last.replace(Some(last));
        Ok(parts)
    }

    /// The function by which a handler gets new parts.
    pub(crate) fn reloader<S: Connector + 'static>(self: Rc<Self>) -> Reload<S, KafkaProducer> {
        Box::new(move |reason, until| {
            let configuration = Rc::clone(&self);
            let reloaded = async move { configuration.reload(reason, until).await };
            Box::pin(reloaded) as LocalBoxFuture<'static, _>
        })
    }

    async fn reload<S: Connector>(
        &self,
        reason: ReloadReason,
        until: Instant,
    ) -> Result<Option<HandlerParts<S, KafkaProducer>>, Failed> {
        if reason == ReloadReason::Age && !self.is_old() {
            return Ok(None);
        }
        if let Some(last) = &mut *self.last.borrow_mut() {
            // If the endpoint does not answer, not every invocation tries again.
            last.at = SystemTime::now();
        }
        let read = self.read(ReadPatience { until, fresh: reason == ReloadReason::Refused }).await;
        let read = read.map_err(Failed::from)?;
        if self.last.borrow().as_ref().is_some_and(|last| last.given == read.given) {
            return Ok(None);
        }
        self.build_parts(read).map(Some)
    }

    async fn read(&self, patience: ReadPatience) -> Result<ReadSettings, SecretError> {
        let variable = |name: &str| {
            let found = self.environment.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        let given = RawSettings::read(&self.environment);
        let secrets = given.secret_refs();
        let values = match secrets.as_slice() {
            [] => Default::default(),
            secrets => Extension::from_variables(variable)?.read(secrets, patience).await?,
        };
        let given = given.resolve(&self.environment, &values);
        let lifetime = lifetime(&secrets, variable);
        Ok(ReadSettings { given, at: SystemTime::now(), lifetime })
    }

    fn is_old(&self) -> bool {
        let last = self.last.borrow();
        let Some(ReadSettings { at, lifetime: Some(lifetime), .. }) = &*last else { return false };
        // If the clock went back, the age is unknown.
        at.elapsed().map_or(true, |age| age >= *lifetime)
    }
}

fn lifetime(secrets: &[SecretRef], variable: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let of = |secret: &SecretRef| {
        let name = match secret {
            SecretRef::Secret { .. } => LIFETIMES[0],
            SecretRef::Parameter(_) => LIFETIMES[1],
        };
        let seconds = variable(name).and_then(|seconds| seconds.parse().ok());
        seconds.map_or(LIFETIME, Duration::from_secs)
    };
    secrets.iter().map(of).min()
}

/// Checks the configuration of a sink in an environment, as [`problems`] does.
pub(crate) fn check<S: Connector>(environment: &[(String, String)]) -> (Vec<String>, Vec<String>) {
    let platform = platform(environment);
    let build = |settings: &mut Settings| drop(build::<S>(settings, platform, &Role::default()));
    problems(environment, &connector_options::<S>(), build)
}

/// The names of a sink's required options.
pub(crate) fn required<S: Connector>() -> Vec<&'static str> {
    let (platform, role) = (Platform::Lambda, Role::default());
    let build = |settings: &mut Settings| drop(build::<S>(settings, platform, &role));
    missing(&connector_options::<S>(), build)
}

/// Checks the configuration in an environment: returns every problem, and the options that cannot
/// be checked because their values are in AWS. There is no connection to anything.
pub(crate) fn problems(
    environment: &[(String, String)],
    known: &[&'static Opt],
    build: impl FnOnce(&mut Settings),
) -> (Vec<String>, Vec<String>) {
    let (given, remote) = RawSettings::read(environment).without_remote();
    let settings = given.resolve(environment, &Default::default());
    let mut settings = settings.settings(known);
    build(&mut settings);
    let problems = settings.check().err().map_or(Vec::new(), |problems| problems.0);
    let is_here = |problem: &String| !remote.iter().any(|option| problem.contains(option));
    (problems.into_iter().filter(is_here).collect(), remote)
}

/// The names of the required options: those that an empty configuration lacks.
pub(crate) fn missing(
    known: &[&'static Opt],
    build: impl FnOnce(&mut Settings),
) -> Vec<&'static str> {
    let mut settings = Settings::new(known, []);
    build(&mut settings);
    let problems = settings.check().err().map_or(Vec::new(), |problems| problems.0);
    let lacks = |name: &&str| {
        let says = format!("{name} is required");
        problems.iter().any(|problem| problem.starts_with(&says))
    };
    known.iter().map(|opt| opt.name).filter(lacks).collect()
}

/// Checks the whole configuration, and builds the parts of a handler.
fn parts<S: Connector>(
    mut settings: Settings,
    platform: Platform,
    role: &Role,
) -> Result<HandlerParts<S, KafkaProducer>, String> {
    let Parts { config, access, registry, sink } = build::<S>(&mut settings, platform, role);
    settings.check().map_err(|problems| problems.to_string())?;
    let sink = sink.ok_or("the connector could not be set up")?;
    let connect = move |servers: &str| KafkaProducer::new(access.clone().or_servers(servers));
    Ok(HandlerParts { config, registry, sink, connect: Box::new(connect) })
}

/// The platform of an environment. By hand, a configuration is checked as on Lambda.
fn platform(environment: &[(String, String)]) -> Platform {
    Platform::of(environment).unwrap_or(Platform::Lambda)
}

/// Everything that a handler needs, as far as it is valid.
struct Parts<S> {
    config: HandlerConfig,
    access: Access,
    registry: SchemaRegistry,
    sink: Option<S>,
}

/// Builds everything that a handler needs. The result is valid only if `settings` has no problem
/// afterwards.
fn build<S: Connector>(settings: &mut Settings, platform: Platform, role: &Role) -> Parts<S> {
    if platform == Platform::FunctionCompute {
        settings.give_role(role.clone());
    }
    let rules = Rules::from_settings(settings);
    let registry = SchemaRegistry::from_settings(settings);
    let config = HandlerConfig {
        event: function_compute::event_form(platform, settings),
        letters: Destination::from_settings(settings, rules.tolerant),
        sender: Sender {
            connector: settings.text(&NAME).unwrap_or("sluice").to_owned(),
            include_messages: rules.include_messages,
        },
        report_item_failures: settings.flag(&REPORT_ITEM_FAILURES),
        log_failures: settings.flag(&ERRORS_LOG_ENABLE),
        rules,
    };
    let access = Access::from_settings(settings);
    function_compute::check(platform, settings, &config, &access);
    let sink = S::configure(settings);
    Parts { config, access, registry, sink }
}
