//! What a point of a time series is made of, by configuration.

use sluice_bridge::options::epoch::UnixPrecision;
use sluice_bridge::options::mapping::parse_mapping;
use sluice_bridge::options::rules::{FIELDS_EXCLUDE, FIELDS_INCLUDE, FIELDS_MAPPING};
use sluice_bridge::options::{Opt, Settings};

use crate::types::series_limits::{
    check_measurement, check_source, check_tag_name, check_tag_value,
};
use crate::wire::series::MetaUpdate;

/// `tablestore.mode`
pub(crate) const MODE: Opt = Opt::new(
    "tablestore.mode",
    "The kind of the tables: `normal` for data tables, `timeseries` for time-series tables, with the options `timeseries.…`.",
)
.or("normal");
/// `timeseries.measurement`
pub(crate) const MEASUREMENT: Opt = Opt::new(
    "timeseries.measurement",
    "The measurement of a point: a column, or text in single quotes. By default the topic. A column is a key of the record, or what `fields.mapping` names so.",
);
/// `timeseries.data.source`
pub(crate) const DATA_SOURCE: Opt = Opt::new(
    "timeseries.data.source",
    "The data source of a point: a column, or text in single quotes. By default, and where the column is null, it is empty.",
);
/// `timeseries.tags`
pub(crate) const TAGS: Opt = Opt::new(
    "timeseries.tags",
    "The tags of a series, comma-separated: `column`, `column:tag` if the tag has another name, or `'text':tag`. A point whose column is null does not have the tag.",
);
/// `timeseries.time`
pub(crate) const TIME: Opt = Opt::new(
    "timeseries.time",
    "The column with the time of a point: a number in the unit of `unix.precision`, or ISO 8601 text with an offset from UTC. `fields.mapping=$timestamp:NAME` makes a column of the record's time.",
);
/// `timeseries.lowercase`
pub(crate) const LOWERCASE: Opt = Opt::new(
    "timeseries.lowercase",
    "Whether the names of fields are written in lower case. If `false`, a record with another name is refused, because the service has no other.",
)
.or("true");
/// `timeseries.meta.update`
pub(crate) const META_UPDATE: Opt = Opt::new(
    "timeseries.meta.update",
    "What the service does with the metadata of the series that it gets points of: `normal` (it makes series that it does not know) or `ignore`.",
)
.or("normal");

/// The options that only time-series tables have.
const OPTIONS: [&Opt; 6] = [&MEASUREMENT, &DATA_SOURCE, &TAGS, &TIME, &LOWERCASE, &META_UPDATE];

/// Where a text of a point comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The topic of the record.
    Topic,
    /// The same text for every record.
    Text(String),
    /// A column.
    Column(String),
}

/// What points are made of. Every column that is not named here is a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) measurement: Origin,
    pub(crate) source: Origin,
    /// By the names of the tags, sorted.
    pub(crate) tags: Vec<(String, Origin)>,
    /// The column of the time.
    pub(crate) time: String,
    pub(crate) unit: UnixPrecision,
    /// Whether the names of fields are changed to lower case.
    pub(crate) lowercase: bool,
    pub(crate) update: MetaUpdate,
}

impl Series {
    /// Reads the options, and reports every problem. `None` if the tables are data tables.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        if !settings.choice(&MODE, &[("normal", false), ("timeseries", true)]) {
            let given = OPTIONS.iter().filter(|option| settings.given(option).is_some());
            let problems: Vec<String> =
                given.map(|it| format!("{} needs {}=timeseries", it.name, MODE.name)).collect();
            problems.into_iter().for_each(|problem| settings.problem(problem));
            return None;
        }
        let measurement = origin(settings, &MEASUREMENT, check_measurement);
        let source = origin(settings, &DATA_SOURCE, check_source);
        let updates = [("normal", MetaUpdate::Normal), ("ignore", MetaUpdate::Ignore)];
        let series = Self {
            measurement: measurement.unwrap_or(Origin::Topic),
            source: source.unwrap_or_else(|| Origin::Text(String::new())),
            tags: tags(settings),
            time: settings.required(&TIME),
            unit: UnixPrecision::from_settings(settings),
            lowercase: settings.flag(&LOWERCASE),
            update: settings.choice(&META_UPDATE, &updates),
        };
        series.refuse_missing(settings);
        Some(series)
    }

    /// Reports columns of a point that the lists of fields leave out: all points would lose a tag, or be no points.
    fn refuse_missing(&self, settings: &mut Settings) {
        let mapped = parse_mapping(settings.text(&FIELDS_MAPPING).unwrap_or_default());
        let mapped = mapped.unwrap_or_default();
        let (include, exclude) = (settings.list(&FIELDS_INCLUDE), settings.list(&FIELDS_EXCLUDE));
        for name in self.columns() {
            let is_left_out = !include.is_empty() && include.iter().all(|field| field != name)
                || exclude.iter().any(|field| field == name);
            if is_left_out && mapped.iter().all(|(_, column)| column != name) {
                settings.problem(format!(
                    "`{name}` makes up a point, but fields.include.list or fields.exclude.list leaves it out"
                ));
            }
        }
    }

    /// The columns that are no fields, each once.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let tags = self.tags.iter().map(|(_, origin)| origin);
        let mut columns = vec![self.time.as_str()];
        for origin in [&self.measurement, &self.source].into_iter().chain(tags) {
            if let Origin::Column(column) = origin
                && !columns.contains(&column.as_str())
            {
                columns.push(column);
            }
        }
        columns
    }
}

/// The check of a text.
type Check = fn(&str) -> Result<(), &'static str>;

fn origin(settings: &mut Settings, option: &Opt, check: Check) -> Option<Origin> {
    let given = settings.text(option)?;
    let problem = match parse(given) {
        Ok(Origin::Text(text)) => match check(&text) {
            Ok(()) => return Some(Origin::Text(text)),
            Err(why) => format!("{} has `{text}`: {why}", option.name),
        },
        Ok(origin) => return Some(origin),
        Err(why) => format!("{} has `{given}`: {why}", option.name),
    };
    settings.problem(problem);
    None
}

/// # Errors
/// Text with one quote only. A comma ends it in a list, whether it is quoted or not.
fn parse(given: &str) -> Result<Origin, &'static str> {
    let quote = |is_there: bool| usize::from(is_there && given.len() > 1);
    match quote(given.starts_with('\'')) + quote(given.ends_with('\'')) {
        0 if given != "'" => Ok(Origin::Column(given.to_owned())),
        2 => Ok(Origin::Text(given[1..given.len() - 1].to_owned())),
        _ => Err("text stands between two single quotes, and has no comma in a list"),
    }
}

fn tags(settings: &mut Settings) -> Vec<(String, Origin)> {
    let mut tags: Vec<(String, Origin)> = Vec::new();
    for item in settings.list(&TAGS) {
        let (given, name) = item.rsplit_once(':').unwrap_or((&item, &item));
        let name = name.trim().to_owned();
        let is_new = tags.iter().all(|(known, _)| *known != name);
        let is_new = if is_new { Ok(()) } else { Err("this tag is named twice") };
        let origin = parse(given.trim()).and_then(|origin| match &origin {
            Origin::Text(text) => check_tag_value(text).map(|()| origin),
            _ => Ok(origin),
        });
        match origin.and_then(|origin| check_tag_name(&name).and(is_new).map(|()| origin)) {
            Ok(origin) => tags.push((name, origin)),
            Err(why) => settings.problem(format!("{} has `{item}`: {why}", TAGS.name)),
        }
    }
    tags.sort_by(|(one, _), (other, _)| one.cmp(other));
    tags
}

#[cfg(test)]
mod tests {
    use sluice_bridge::options::epoch::UNIX_PRECISION;

    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Option<Series>, String> {
        let rules = [&MODE, &UNIX_PRECISION, &FIELDS_INCLUDE, &FIELDS_EXCLUDE, &FIELDS_MAPPING];
        let known = [&rules[..], &OPTIONS].concat();
        let pairs = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(&known, pairs);
        let series = Series::from_settings(&mut settings);
        settings.check().map_err(|problems| problems.to_string()).map(|()| series)
    }

    fn of_series(given: &[(&str, &str)]) -> Result<Option<Series>, String> {
        read(&[&[("tablestore.mode", "timeseries"), ("timeseries.time", "at")], given].concat())
    }

    #[test]
    fn where_a_point_comes_from() {
        assert_eq!(read(&[]), Ok(None));
        let series = of_series(&[]).unwrap().unwrap();
        assert_eq!(
            (series.measurement, series.source),
            (Origin::Topic, Origin::Text(String::new()))
        );
        let series = of_series(&[
            ("timeseries.measurement", "'cpu'"),
            ("timeseries.data.source", "host"),
            ("timeseries.tags", "zone, host:Host-name,'a:b':kind"),
            ("timeseries.meta.update", "IGNORE"),
            ("unix.precision", "seconds"),
        ]);
        let series = series.unwrap().unwrap();
        let column = |name: &str| Origin::Column(name.to_owned());
        let text = |text: &str| Origin::Text(text.to_owned());
        assert_eq!((&series.measurement, &series.source), (&text("cpu"), &column("host")));
        let tags = [("Host-name", column("host")), ("kind", text("a:b")), ("zone", column("zone"))];
        assert_eq!(series.tags, tags.map(|(name, origin)| (name.to_owned(), origin)));
        assert_eq!((series.unit.places(), series.update), (0, MetaUpdate::Ignore));
        assert_eq!(series.columns(), ["at", "host", "zone"]);
    }

    #[test]
    fn what_makes_up_a_point_is_not_left_out() {
        let tagged =
            |more: &[(&str, &str)]| of_series(&[&[("timeseries.tags", "host")], more].concat());
        let mapped = ("fields.mapping", "$timestamp:at,$.meta.host:host");
        for list in [("fields.include.list", "load"), ("fields.exclude.list", "host")] {
            let problem = tagged(&[list]).unwrap_err();
            assert!(problem.contains("`host` makes up a point"), "{problem}");
            assert!(tagged(&[list, mapped]).is_ok());
        }
        assert!(tagged(&[("fields.include.list", "at,host,load")]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (option, value, why) in [
            ("timeseries.measurement", "'a b'", "no space"),
            ("timeseries.measurement", "''", "1 to 128"),
            ("timeseries.tags", "a,b:a", "named twice"),
            ("timeseries.tags", "naïve", "visible ASCII"),
            ("timeseries.tags", "'a=b':c", "no \" and no ="),
            ("timeseries.tags", "a,'cn,hangzhou':region", "no comma in a list"),
            ("timeseries.data.source", "'x", "two single quotes"),
            ("timeseries.measurement", "'", "two single quotes"),
            ("timeseries.meta.update", "never", "must be one of"),
        ] {
            let problem = of_series(&[(option, value)]).unwrap_err();
            assert!(problem.contains(option) && problem.contains(why), "{problem}");
        }
        let problem = read(&[("tablestore.mode", "timeseries")]).unwrap_err();
        assert!(problem.contains("timeseries.time is required"), "{problem}");
        let problem = read(&[("timeseries.tags", "a")]).unwrap_err();
        assert!(problem.contains("timeseries.tags needs tablestore.mode"), "{problem}");
    }
}
