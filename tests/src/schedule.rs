//! A schedule: traffic and faults drawn from one seed. The same seed is the same schedule; how
//! it falls out differs a little each time, for the processes and servers are real.
//!
//! [`Schedule::of`] draws one, [`perform::run`] carries it out on real servers, [`laws`] judge what came of it.

mod draw;
pub mod evidence;
mod evolve;
pub mod fault;
pub mod laws;
pub mod letters;
mod mode;
pub mod perform;
pub mod plan;
pub mod processes;
pub mod records;
pub mod replay_phase;
pub mod replayed;
pub mod stage;
pub mod table_chain;
pub mod taken;
pub mod told;

pub use mode::Mode;
pub use plan::Schedule;
