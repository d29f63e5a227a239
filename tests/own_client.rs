//! Our own client, run as a program of its own, is put under test on real sockets through its file in `scenarios/sut`, as
//! a third party's would be: it passes everything, and what is wrong with it on purpose is found.

mod own_network;
mod own_system;
mod tree;

use std::time::Duration;

use imspec::script::sut::Stimulus;
use own_system::{LONGEST, Own};

const OWN: Own = Own {
    file: "own-client.yaml",
    text: include_str!("../scenarios/sut/own-client.yaml"),
    roles: &["im-client", "cpm-client"],
    undecided: &[],
};
/// What takes still longer than [`LONGEST`], such as a session of 18 minutes, is played in the simulated network alone.
const TOO_LONG: Duration = Duration::from_secs(200);

#[tokio::test]
async fn everything_passes() {
    OWN.check(|takes| takes <= LONGEST, 12).await;
}

/// The driver script tells it what its user does, as a vendor's own would.
#[tokio::test]
async fn a_driver_script_tells_it() {
    const CASES: &[&str] =
        &["im/8.1.1/one-recipient", "im/7.1.1.2/invitation", "im/9.1.1.2/one-recipient", "im/7.1.1.3/several-people"];
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3 to run the driver script");
        return;
    }
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/sut/drive.py");
    OWN.check_with(CASES, |sut| {
        let command = ["python3", SCRIPT, "http://{host}:8021/"];
        sut.stimulus = Stimulus::Command(command.map(str::to_owned).to_vec());
    })
    .await;
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
        "RFC4975-6-1",
        "RFC4975-8.1-1",
        "RFC4975-14.4-1",
        "RFC4975-14.4-4",
        "RFC4975-5.4-4",
    ];
    OWN.check_defects(|defect| CHOSEN.contains(&defect.requirement.as_str())).await;
}

#[tokio::test]
#[ignore = "plays every defect: minutes"]
async fn whatever_is_wrong_is_found() {
    OWN.check_defects(|_| true).await;
}
