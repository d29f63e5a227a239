//! The words of the commands that show what is there already: a report, and the ladder of a capture. Does nothing itself.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct Report {
    /// The folder of a run below reports/, or a results.json
    #[arg(value_name = "DIR", required_unless_present = "merge", conflicts_with = "merge")]
    pub path: Option<PathBuf>,
    /// Join this run with others into one; given once for each
    #[arg(long, value_name = "DIR", requires = "out")]
    pub merge: Vec<PathBuf>,
    /// The folder for the reports/ of the joined run
    #[arg(long, value_name = "DIR", requires = "merge")]
    pub out: Option<PathBuf>,
    /// Print the results as JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Ladder {
    /// A pcap or pcapng file, packed with gzip or not
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}
