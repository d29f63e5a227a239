//! Our own servers, each run as a program of its own, are put under test on real sockets through their file in
//! `scenarios/sut`, as a third party's would be: they pass everything, and what is wrong with them on purpose is found.

mod own_network;
mod own_system;
mod tree;

use std::time::Duration;

use own_system::{LONGEST, Own};

const OWN: Own = Own {
    file: "own-server.yaml",
    text: include_str!("../scenarios/sut/own-server.yaml"),
    roles: &["controlling-function", "participating-function", "deferred-messaging-function", "history-function"],
    undecided: &[],
};
/// What takes still longer than [`LONGEST`] is played in the simulated network alone.
const TOO_LONG: Duration = Duration::from_secs(200);

#[tokio::test]
async fn everything_passes() {
    OWN.check(|takes| takes <= LONGEST, 9).await;
}

/// Minutes of waiting for timers, those of an invitation that rings for ever among them.
#[tokio::test]
#[ignore = "waits for timers of up to 300 s"]
async fn what_takes_long_passes() {
    OWN.check(|takes| takes > LONGEST && takes <= TOO_LONG, 1).await;
}

/// What is sent and what is heard wrongly, by every server.
#[tokio::test]
async fn what_is_wrong_is_found() {
    const CHOSEN: &[&str] = &[
        "IM-7.2.1.1-180.1",
        "IM-7.2.1.2-200.5",
        "IM-7.2.1.3-1.1",
        "IM-6.1.2.22-1b",
        "IM-6.1.2.2.4-2.1",
        "IM-6.1.3.2.2-3",
        "IM-12.4.1-200.2",
        "IM-12.4.2.1-2",
        "IM-12.4.2.2-b",
        "IM-13.2.1.1-3",
        "IM-13.2.1.1-5",
        "IM-9.3.1.1-1",
        "IM-9.3.2.1-0",
        "CPM-7.3.2.1-note",
    ];
    OWN.check_defects(|defect| CHOSEN.contains(&defect.requirement.as_str())).await;
}

#[tokio::test]
#[ignore = "plays every defect: minutes"]
async fn whatever_is_wrong_is_found() {
    OWN.check_defects(|_| true).await;
}
