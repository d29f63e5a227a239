//! Our own servers, each run as a program of its own, are put under test on real sockets through their file in
//! `scenarios/sut`, as a third party's would be: they pass everything, and what is wrong with them on purpose is found.

mod own_network;
mod own_system;

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
    OWN.check(|takes| takes <= LONGEST, 12).await;
}

/// Two and a half minutes of waiting for timers.
#[tokio::test]
#[ignore = "waits for timers of up to 140 s"]
async fn what_takes_long_passes() {
    OWN.check(|takes| takes > LONGEST && takes <= TOO_LONG, 1).await;
}

/// What is sent, what is heard and what is decided wrongly, in every mode and by either side.
#[tokio::test]
async fn what_is_wrong_is_found() {
    const CHOSEN: &[&str] = &[
        "IM-9.1.1.2-5a",
        "IM-9.2.2-7.1",
        "IM-9.4.2-close.1",
        "IM-7.1.1.2-2",
        "IM-7.1.2.2-2",
        "IM-8.1-2.2",
        "IM-12.1.1-intro.3",
        "RFC3428-7-5",
        "RFC5438-7.2.1-1",
        "CPM-7.3.2.2-200",
    ];
    OWN.check_defects(|defect| CHOSEN.contains(&defect.requirement.as_str())).await;
}

#[tokio::test]
#[ignore = "plays every defect: minutes"]
async fn whatever_is_wrong_is_found() {
    OWN.check_defects(|_| true).await;
}
