//! The words that say how a run goes: how often, in which order, how much at once, and when it ends. Does nothing itself.

use clap::Args;

use crate::script::Again;
use crate::script::live::MOST_PLACES;

/// How a run goes.
#[derive(Debug, Args)]
pub struct Course {
    /// With --sut or --core, play so many cases at once, each with a system, or a core, of its own that the file says how
    /// to start
    #[arg(short, long, value_name = "N", default_value_t = 1, requires = "strangers",
          value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_PLACES)))]
    pub jobs: u16,
    /// Play each case so many times; where the times differ, it is flaky
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=MOST_TIMES))]
    pub repeat: u32,
    /// Play what fails or is undecided up to so many times more; what then passes is flaky
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=MOST_TIMES))]
    pub retries: u32,
    /// Play the scenarios in an order that the seed gives
    #[arg(long)]
    pub random_order: bool,
    /// End at the first failure that the baseline does not know
    #[arg(long)]
    pub fail_fast: bool,
}

/// The most times that a case is played.
const MOST_TIMES: i64 = 10_000;

impl Course {
    /// How often cases are played.
    pub fn again(&self) -> Again {
        Again { repeats: self.repeat - 1, retries: self.retries }
    }
}
