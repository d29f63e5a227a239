//! The words of the command line: commands, options, and the help that one can work from. Does nothing itself.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

mod course;
mod gate;
mod play;
mod show;
mod system;
#[cfg(test)]
mod written;

pub use course::Course;
pub use gate::{Baseline, BaselineSides, Diff};
pub use play::{Client, ClientKind, Layer, Serve, Server, Tls};
pub use show::{Ladder, Report};
pub use system::{Doctor, Init, Probe};

use super::failure::Failure;
use crate::net::capture::Format;
use crate::script::feature::Selection;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    nothing failed
  1    a requirement is broken, a defect is missed, the ledger differs
  2    nothing new failed, but the baseline is stale: something known to fail passed
  3    nothing failed, but something could not be decided
  4    imspec itself went wrong
  64   the command line makes no sense
  65   a feature, scenario, capture or result that was given is wrong
  69   the system under test cannot be reached
  130  interrupted; what ran until then is reported";

#[derive(Debug, Parser)]
#[command(
    name = "imspec",
    version,
    about = "Conformance tests and simulator for OMA SIMPLE IM and the CPM large message",
    after_help = EXIT_CODES,
    styles = STYLES,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Colours in what is shown; auto leaves them off when piped or when NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, display_order = 100)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play scenarios in the simulated network, and check every message
    #[command(after_help = "\
Examples:
  imspec run                                     everything
  imspec run im/9.1.1.2 cpm                      one subclause of IM, and all of CPM
  imspec run --tags '@im-client and not @invalid'
  imspec run --failed                            what failed in the last run, again
  imspec run --shard 2/5 --seed 7 --out results  for CI: a part, another seed, its own folder
  imspec run --json | jq '.cases[].address'
  imspec run im/9.2.2 --sut scenarios/sut/phone.yaml      your client, on real sockets
  imspec run im/8 --core scenarios/sut/kamailio.yaml      through somebody else's SIP/IP core

The report lies in reports/run-seed-N, one capture a case in captures/run-seed-N.
A repeat with the same seed gives the same octets.")]
    Run(Run),
    /// Judge captures: which requirement was broken by whom in which packet
    #[command(after_help = "\
Examples:
  imspec judge trace.pcapng
  imspec judge part1.pcap part2.pcap --profile cpm
  imspec judge trace.pcapng --scenario im/9.1.1.2

What a scenario is about has to happen in the capture: a scenario of which nothing
is seen there is not exercised, never passed.")]
    Judge(Judge),
    /// Play every defect, and demand that the checks of its requirement catch it
    #[command(after_help = "\
Examples:
  imspec prove
  imspec prove im/9.1.1.2")]
    Prove(Prove),
    /// Write reports/ledger.md: one line a requirement, with what proves its check
    #[command(after_help = "\
Examples:
  imspec ledger
  imspec ledger --check      compares only, for CI")]
    Ledger(Ledger),
    /// List the scenarios, or the words that features may use
    #[command(after_help = "\
Examples:
  imspec list                        every scenario with its address
  imspec list im/9.1.1.2             those of one subclause
  imspec list --tags '@invalid'      those with a tag
  imspec list --vocabulary           steps, fields, expectations and changes, to write features with")]
    List(List),
    /// Explain a requirement: what it asks, where it stands, and which scenarios check it
    #[command(after_help = "\
Examples:
  imspec explain IM-9.1.1.2-5a
  imspec explain im/9.1.1.2/one-recipient#IM-9.1.1.2-5a      the id of a finding does too")]
    Explain(Explain),
    /// Check features, requirements and scenarios without playing anything
    #[command(after_help = "\
Examples:
  imspec lint
  imspec lint --features ~/my-features      a folder that holds features/ and scenarios/")]
    Lint(Lint),
    /// Show the report of an earlier run, and make its files again
    #[command(after_help = "\
Examples:
  imspec report reports/run-seed-1
  imspec report --json reports/run-seed-1/results.json
  imspec report --merge shard-1/reports --merge shard-2/reports --out all     one report of a run in shards")]
    Report(Report),
    /// Hold a run against a file of known failures, or bring the file up to date
    #[command(after_help = "\
Examples:
  imspec baseline check phone.baseline.yaml reports/live-phone
  imspec baseline update phone.baseline.yaml reports/live-phone --only-new

`imspec run --sut phone.yaml` takes phone.baseline.yaml beside it by itself.")]
    Baseline {
        #[command(subcommand)]
        action: Baseline,
    },
    /// Write a system file, which describes a system under test, for you to fill in
    #[command(after_help = "\
Examples:
  imspec init                                       writes system.yaml for an IM client
  imspec init phone.yaml --plays cpm-client --sip 127.0.0.21:5060 --transport tcp
  imspec init - --plays controlling-function        prints it

Every key of the format is in it, each with a line that explains it; those that may be left
out are comments. Then `imspec doctor` says whether the system can be played with.")]
    Init(Init),
    /// Find out whether a system can be played with, and how to mend what is wrong
    #[command(after_help = "\
Examples:
  imspec doctor phone.yaml
  imspec doctor phone.yaml --features ~/my-network      with addresses of your own
  imspec doctor phone.yaml --json | jq '.[] | select(.standing == \"wrong\")'

It reads the file, looks at our addresses, programs and folders, starts the system, has it
register and asks it what it can do. A line says how each of these stands: ok, wrong, warning
(it can be played with, but) or cannot tell, with how to mend it.

Exits with 0 where nothing is wrong, 3 where there are warnings only, 65 where a file is wrong,
4 where this machine lacks something (an address of ours is taken, a folder cannot be written)
and 69 where the system, or a program of it, cannot be reached.")]
    Doctor(Doctor),
    /// Ask a system what it can do, propose its capabilities, and say where it contradicts its file
    #[command(after_help = "\
Examples:
  imspec probe phone.yaml
  imspec probe phone.yaml --json | jq -r '.contradictions[]'

It asks OPTIONS and looks at REGISTER and the answers to invitations, which it ends at once. The
user of a client gets a short message, one of 2000 octets, an invitation to a session and a small
file; a Controlling Function an invitation to a conference of our own people. Other servers are
asked OPTIONS only.

Exits with 0 where nothing contradicts the file, with 1 where something does.")]
    Probe(Probe),
    /// Compare two runs, failure by failure
    #[command(after_help = "\
Examples:
  imspec diff reports/yesterday reports/run-seed-1
  imspec diff old/results.json new/results.json --json

Exits with 1 where something fails that did not before.")]
    Diff(Diff),
    /// Draw the messages of a capture as a ladder
    #[command(after_help = "\
Examples:
  imspec ladder trace.pcapng
  imspec ladder --json trace.pcap")]
    Ladder(Ladder),
    /// Play one client on real sockets: acts come in, events go out
    #[command(after_help = "\
Examples:
  imspec client alice --sip 127.0.0.21:5060 --core 127.0.0.2:5060
  imspec client alice --sip 127.0.0.21:5060 --http 127.0.0.21:8021
  imspec client bob --sip 127.0.0.22:5060 --defect 'sends INVITE: drop header Allow'
  imspec client bob --sip 127.0.0.22:5060 --defect 'switch keeps-connection'

It reads acts from stdin, one line of JSON each, such as {\"act\": \"register\"}, and prints what
its user is told, one line of JSON each. With --http an act can be POSTed to that port, and a
GET waits for events. The end of stdin (without --http) or Ctrl-C ends it; it says good-bye
in its sessions. The page `stimulus` of the manual holds all acts and events.")]
    Client(Client),
    /// Play one server on real sockets, provisioned as it is told
    #[command(after_help = "\
Examples:
  imspec server controlling-function --sip 127.0.0.52:5060 --core 127.0.0.2:5060
  imspec server history-function --sip 127.0.0.52:5060 --http 127.0.0.52:8022
  imspec server controlling-function --sip 127.0.0.52:5060 --defect 'sends INVITE: drop header Supported'
It reads the act `provision` from stdin, one line of JSON each, and is set up afresh by it. With --http
the act can be POSTed to that port. The end of stdin (without --http) or Ctrl-C ends it. The page
`stimulus` of the manual holds what the act may say. `imspec serve` plays whole services in its place.")]
    Server(Server),
    /// Play the servers of an IM service on real sockets, for clients to be built against
    #[command(after_help = "\
Examples:
  imspec serve --config serve.yaml                          everything that the file describes
  imspec serve core xdms --config serve.yaml                only these servers
  imspec serve controlling-function --config serve.yaml --defect 'sends INVITE: drop header Supported'

scenarios/serve.yaml is an example of the file. It runs until Ctrl-C (or SIGTERM), then ends all
sessions and exits with 0. What happens is printed, a line each; what people write to each
other is not. The page `serve` of the manual has more.")]
    Serve(Serve),
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("strangers").multiple(true).args(["sut", "core"]))]
pub struct Run {
    #[command(flatten)]
    pub choice: Choice,
    /// Only what failed in the last run
    #[arg(long)]
    pub failed: bool,
    /// Play with a system under test, described in this file, on real sockets
    #[arg(long, value_name = "FILE")]
    pub sut: Option<PathBuf>,
    /// The home network, in place of scenarios/home.yaml; scenarios/home-one-host.yaml is one on [::1]
    #[arg(long, value_name = "FILE")]
    pub home: Option<PathBuf>,
    /// Play through the SIP/IP core of somebody else, described in this file, on real sockets; with --sut the system
    /// under test is reached through it too
    #[arg(long, value_name = "FILE")]
    pub core: Option<PathBuf>,
    /// With --sut, leave out scenarios that take more than this many seconds of real time
    #[arg(long, value_name = "SECONDS", requires = "sut")]
    pub longest: Option<u32>,
    #[command(flatten)]
    pub course: Course,
    /// Seed of everything that is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Form of the capture files
    #[arg(long, value_name = "FORMAT", default_value = "pcapng")]
    pub capture_format: CaptureFormat,
    #[command(flatten)]
    pub tree: Tree,
    #[command(flatten)]
    pub show: Show,
}

#[derive(Debug, Args)]
pub struct Judge {
    /// Captures, pcap or pcapng, packed with gzip or not
    #[arg(value_name = "FILE", required = true)]
    pub captures: Vec<PathBuf>,
    /// Secrets of connections that TLS secures, as SSLKEYLOGFILE has them, beside those that the captures hold
    #[arg(long, value_name = "FILE")]
    pub keylog: Option<PathBuf>,
    /// Only scenarios whose address begins so; may be given again
    #[arg(long = "scenario", value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    #[command(flatten)]
    pub network: super::network::Network,
    #[command(flatten)]
    pub filter: Filter,
    #[command(flatten)]
    pub tree: Tree,
    #[command(flatten)]
    pub show: Show,
}

#[derive(Debug, Args)]
pub struct Prove {
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub tree: Tree,
    /// Say each defect as it is played
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub struct Ledger {
    /// Write nothing; fail where the ledger is out of date
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub tree: Tree,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub tree: Tree,
    /// Show the words that features may use in place of the scenarios
    #[arg(long, conflicts_with_all = ["scenarios", "tags", "shard", "profile"])]
    pub vocabulary: bool,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// A requirement, or a finding
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub tree: Tree,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Lint {
    #[command(flatten)]
    pub tree: Tree,
    /// Print what is wrong as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// Which scenarios are meant. Every part narrows the choice.
#[derive(Debug, Args)]
pub struct Choice {
    /// Addresses of scenarios, or their beginnings: im, im/9.1.1.2, im/9.1.1.2/one-recipient
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    #[command(flatten)]
    pub filter: Filter,
}

/// How results are shown, and where they go.
#[derive(Debug, Args)]
pub struct Show {
    /// The folder for this run's reports/ and captures/ [default: a folder a run in ./reports and ./captures]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Have the RFCs decide where they contradict a text, and warnings fail too
    #[arg(long)]
    pub strict: bool,
    /// Tell a CI server too: annotations on stdout, the summary added to the file that GITHUB_STEP_SUMMARY names
    #[arg(long, conflicts_with = "json")]
    pub ci: bool,
    /// The file of known failures [default with --sut: NAME.baseline.yaml beside the system file, if there is one]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Print the results as JSON and nothing else on stdout
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print only what failed, and the counts
    #[arg(short, long)]
    pub quiet: bool,
    /// Say each case as it is done
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// The options that choose scenarios.
#[derive(Debug, Default, Args)]
pub struct Filter {
    /// Only scenarios with these tags: '@im-client and not (@invalid or @inopportune)'
    #[arg(long, value_name = "EXPRESSION")]
    pub tags: Option<String>,
    /// Only the i-th of n parts, to share a run among machines: 2/5
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Only scenarios of this specification, and of the RFCs it rests on
    #[arg(long)]
    pub profile: Option<Profile>,
}

/// Where features and scenarios come from.
#[derive(Debug, Args)]
pub struct Tree {
    /// The folder that holds features/ and scenarios/ [default: ., else the copy inside imspec]
    #[arg(long, value_name = "DIR")]
    pub features: Option<PathBuf>,
}

/// The specification that a system claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Profile {
    /// OMA SIMPLE IM
    Im,
    /// OMA SIMPLE IM with the converged features
    Imcr,
    /// OMA CPM
    Cpm,
}

/// The form of the captures of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CaptureFormat {
    /// With the actors' names and comments
    Pcapng,
    /// The classic form, without
    Pcap,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Choice {
    /// The scenarios that all parts choose.
    pub fn selection(&self) -> Result<Selection, Failure> {
        self.filter.selection(&self.scenarios)
    }
}

impl Filter {
    /// The scenarios with these addresses, narrowed by tags and shard.
    pub fn selection(&self, addresses: &[String]) -> Result<Selection, Failure> {
        Selection::parse(addresses, self.tags.as_deref(), self.shard.as_deref()).map_err(Failure::usage)
    }

    /// What results call the profile: its name, or `all`.
    pub fn profile_name(&self) -> &'static str {
        self.profile.map_or("all", Profile::spec)
    }
}

impl CaptureFormat {
    pub fn format(self) -> Format {
        match self {
            CaptureFormat::Pcapng => Format::PcapNg,
            CaptureFormat::Pcap => Format::Pcap,
        }
    }
}

impl Profile {
    const ALL: [Profile; 3] = [Profile::Im, Profile::Imcr, Profile::Cpm];

    /// The folder of its features, which is its name too.
    pub fn spec(self) -> &'static str {
        match self {
            Profile::Im => "im",
            Profile::Imcr => "imcr",
            Profile::Cpm => "cpm",
        }
    }

    /// True for its own scenarios and for those of specifications that are no profile, such as RFCs.
    pub fn covers(self, spec: &str) -> bool {
        self.spec() == spec || !Profile::ALL.iter().any(|profile| profile.spec() == spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_profile_covers_its_own_and_what_all_rest_on() {
        assert!(Profile::Im.covers("im") && Profile::Im.covers("rfc4975") && Profile::Cpm.covers("cpm"));
        assert!(!Profile::Im.covers("cpm") && !Profile::Cpm.covers("im") && !Profile::Imcr.covers("im"));
    }
}
