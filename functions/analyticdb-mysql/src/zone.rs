//! stub
use sluice_bridge::options::{Opt, Settings};
use std::time::SystemTime;
pub(crate) const DB_TIMEZONE: Opt = Opt::new("db.timezone", "stub").or("UTC");
#[derive(Debug)]
pub(crate) struct Zone;
#[derive(Debug, Clone)]
pub(crate) struct Clock;
impl Zone {
    pub(crate) fn from_settings(_: &mut Settings) -> Self {
        Zone
    }
    pub(crate) fn clock(&self, _: SystemTime) -> Clock {
        Clock
    }
}
impl Clock {
    pub(crate) fn session_offset(&self) -> String {
        "+00:00".into()
    }
}
