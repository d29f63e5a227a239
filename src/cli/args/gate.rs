//! The words of what gates a CI job: the baseline of known failures, and two runs compared. Does nothing itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Tree;

#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Show what of a run the file knows, and which of its entries are stale
    Check(BaselineCheck),
    /// Add what fails and is not known; take out what is good now
    Update(BaselineUpdate),
}

#[derive(Debug, Args)]
pub struct BaselineCheck {
    #[command(flatten)]
    pub sides: BaselineSides,
}

#[derive(Debug, Args)]
pub struct BaselineUpdate {
    #[command(flatten)]
    pub sides: BaselineSides,
    /// Add what is new and take nothing out
    #[arg(long)]
    pub only_new: bool,
}

#[derive(Debug, Args)]
pub struct BaselineSides {
    /// The file of known failures
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The folder of a run below reports/, or a results.json
    #[arg(value_name = "DIR")]
    pub run: PathBuf,
    /// The version of the system, for entries that hold for some versions only
    #[arg(long, value_name = "VERSION")]
    pub system_version: Option<String>,
    #[command(flatten)]
    pub tree: Tree,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// The earlier run: its folder below reports/, or its results.json
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The later run
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}
