//! The built binaries from outside, on a real Kafka and real databases.

mod checking;
mod comparing;
mod constraints;
mod counts;
mod crashes;
mod databend;
mod following;
mod function_compute;
mod hangups;
mod instance;
mod letters;
mod login;
mod names;
mod outages;
mod registered;
mod replaying;
mod secrets;
mod sharing;
mod sourcing;
mod startup;
mod tablestore;
mod telling;
