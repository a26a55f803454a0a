//! Options as data: an option's name, its default, and the one check at start that reports every
//! problem of a configuration at once.
//!
//! The constants themselves are beside the code that uses them. Where values come from
//! (environment, file, secret references) is decided by the runtime.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::options::role::Role;

/// The prefix of every environment variable that sets an option.
pub const PREFIX: &str = "SLUICE_";

/// One option: its Kafka Connect name, its default and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// Dotted lower-case name, e.g. `insert.mode`.
    pub name: &'static str,
    /// The value if it is not set; `None` means unset.
    pub default: Option<&'static str>,
    /// One or two sentences for the README table and for `--help`.
    pub doc: &'static str,
}

impl Opt {
    /// An option without a default.
    #[must_use]
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        Self { name, default: None, doc }
    }

    /// The same option with a default.
    #[must_use]
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// The environment variable that sets it: `insert.mode` → `SLUICE_INSERT_MODE`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase().replace('.', "_"))
    }
}

/// Everything that is wrong with a configuration, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration has a problem: {one}"),
            many => {
                write!(f, "the configuration has {} problems:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl std::error::Error for Problems {}

/// The values given for a known set of options, and the problems found so far.
///
/// Getters never fail: they note a problem and return the default, so that one start
/// reports everything. An empty value means "not set", as deployment templates cannot
/// leave a variable out. No problem ever quotes the value of an option whose name holds
/// `password`, `secret`, `token` or `key`.
pub struct Settings {
    known: Vec<&'static Opt>,
    values: BTreeMap<&'static str, String>,
    problems: Vec<String>,
    role: Option<Role>,
}

impl Settings {
    /// Takes the `(name, value)` pairs of a configuration; a name is either dotted or an
    /// environment variable with our prefix. Later pairs win. An unknown name is a problem
    /// that names the nearest known option.
    #[must_use]
    pub fn new(known: &[&'static Opt], pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let (values, problems) = (BTreeMap::new(), Vec::new());
        let mut settings = Self { known: known.to_vec(), values, problems, role: None };
        for (name, value) in pairs {
            settings.set(&name, value);
        }
        settings
    }

    fn set(&mut self, name: &str, value: String) {
        let spoken_as_variable = name.starts_with(PREFIX);
        let spelling = |opt: &Opt| {
            if spoken_as_variable { opt.variable() } else { opt.name.to_owned() }
        };
        if let Some(opt) = self.known.iter().find(|opt| spelling(opt) == name) {
            if !value.is_empty() {
                self.values.insert(opt.name, value);
            }
            return;
        }
        let nearest = self
            .known
            .iter()
            .map(|opt| spelling(opt))
            .min_by_key(|known| strsim::damerau_levenshtein(known, name));
        let hint = nearest.map_or(String::new(), |known| format!("; did you mean {known}?"));
        self.problems.push(format!("unknown option {name}{hint}"));
    }

    /// The value that is set, or else the default, or else `None`.
    #[must_use]
    pub fn text(&self, opt: &Opt) -> Option<&str> {
        self.given(opt).or(opt.default)
    }

    /// The value that is set, without the default.
    #[must_use]
    pub fn given(&self, opt: &Opt) -> Option<&str> {
        debug_assert!(self.knows(opt), "{}", opt.name);
        self.values.get(opt.name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the connector has the option.
    #[must_use]
    pub fn knows(&self, opt: &Opt) -> bool {
        self.known.iter().any(|known| known.name == opt.name)
    }

    /// The value, or a problem that says the option is required.
    pub fn required(&mut self, opt: &Opt) -> String {
        if let Some(value) = self.text(opt) {
            return value.to_owned();
        }
        self.problem(format!("{} is required; its variable is {}", opt.name, opt.variable()));
        String::new()
    }

    /// A comma-separated list, trimmed, empty items left out.
    #[must_use]
    pub fn list(&self, opt: &Opt) -> Vec<String> {
        let items = self.text(opt).unwrap_or_default().split(',');
        items.map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, opt: &Opt) -> bool {
        self.choice(opt, &[("true", true), ("false", false)])
    }

    /// A value that parses as `T`, e.g. a number; `what` names the kind in the problem.
    pub fn parsed<T: FromStr + Default>(&mut self, opt: &Opt, what: &str) -> T {
        match self.text(opt).map(str::parse) {
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                let shown = self.shown(opt);
                self.problem(format!("{} must be {what}, not {shown}", opt.name));
                T::default()
            }
            None => T::default(),
        }
    }

    /// One of a fixed set of words, in any case. The option must have a default among them.
    pub fn choice<T: Copy>(&mut self, opt: &Opt, choices: &[(&str, T)]) -> T {
        let pick = |word: &str| {
            choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, v)| *v)
        };
        if let Some(value) = self.text(opt).and_then(pick) {
            return value;
        }
        let words: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let shown = self.shown(opt);
        self.problem(format!("{} must be one of {}, not {shown}", opt.name, words.join(", ")));
        opt.default.and_then(pick).unwrap_or(choices[0].1)
    }

    fn shown(&self, opt: &Opt) -> String {
        let secret = ["password", "secret", "token", "key"];
        if secret.iter().any(|word| opt.name.contains(word) && !opt.name.starts_with("key.")) {
            return "the value given".to_owned();
        }
        format!("`{}`", self.text(opt).unwrap_or_default())
    }

    /// Says that the platform hands over the credentials of the function's role.
    pub fn give_role(&mut self, role: Role) {
        self.role = Some(role);
    }

    /// The function's role, where the platform hands over its credentials. They may come later.
    #[must_use]
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// Notes a problem that the check at start will report.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Ends the check.
    ///
    /// # Errors
    /// Every problem noted so far, if there is one.
    pub fn check(self) -> Result<(), Problems> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(self.problems)) }
    }
}
