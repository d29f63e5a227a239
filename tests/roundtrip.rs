//! What a run writes: the same in every run, judged to the same findings again, and clean in Wireshark's eyes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use imspec::judge::{Run, Verdict};
use imspec::net::capture::Format;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::{Loaded, load};
use imspec::script::recognise;
use imspec::script::simulate::{Options, simulate};

/// Findings on what only the user's act says, which crosses no link: who shall get the message, and what it is.
const ACT_ONLY: &[&str] = &[
    "cpm/7.3.2.1/several-recipients#CPM-7.3.2.1-8a.2",
    "im/12.1.1/one-message#IM-12.1.1-1b",
    "im/12.1.1/several-messages#IM-12.1.1-1c",
    "im/12.1.1/several-messages#IM-12.1.1-intro.2.2",
    "im/13.1.3/one-item#IM-13.1.3-4.2",
    "im/13.1.3/several-items#IM-13.1.3-4.2",
    "im/7.1.1.3/several-people#IM-7.1.1.3-3.2",
    "im/7.1.1.6/one-more#IM-7.1.16-3.1",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/no-path#IM-7.1.2.2-1b.4",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/other-protocol#IM-7.1.2.2-1b.4",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/unknown-types#IM-7.1.2.2-1b.4",
    "im/7.1.2.2/the-peer-moves-to-a-new-path#IM-7.1.2.2-2.2",
    "im/7.1.3.2.1/in-a-pre-defined-conference#IM-7.1.3.2.1-0.2.2",
    "im/7.1.3.2.1/in-an-ad-hoc-conference#IM-7.1.3.2.1-0.2.3",
    "im/7.1.3.2.2/to-one-participant#IM-7.1.3.2.2-0.4",
    "im/7.1.3.2/messages-of-the-invited#IM-7.1.3.2-0.3",
    "im/7.1.3.2/messages-of-the-inviter#IM-7.1.3.2-0.3",
    "im/8.1.1/several-recipients#IM-8.1.1-5a.2",
    "im/9.1.1.2/several-recipients#IM-9.1.1.2-3a.2",
    "im/9.4.2/as-few-chunks-as-possible#IM-9.4.2-3.1.2",
    "im/9.4.2/described#IM-9.4.2-2",
    "im/9.4.2/streams-in-pieces#IM-9.4.2-3.1.2",
    "imcr/6.1.3.3.2/several-recipients#IMCR-6.1.3.3.2-3a.2",
    "imcr/6.1.3.3.3/described-as-in-rfc-5547#RFC5547-6-1.3",
    "imcr/6.1.3.3.3/one-file-after-the-other#RFC5547-8.6-2.4",
    "imcr/6.1.3.3.3/one-of-several-files-is-taken#IMCR-6.1.3.3.3-intro2.5",
    "imcr/6.1.3.3.3/only-one-of-the-files-is-wanted#RFC5547-8.2.3-1",
    "imcr/6.1.3.3.3/several-files#RFC5547-8.2.3-1",
    "imcr/6.1.3.3.3/several-files#RFC5547-8.2.3-1.2",
    "imcr/6.1.3.3.3/several-files#RFC5547-8.2.3-1.3",
    // Which relay a client was told of, and with which password.
    "rfc4976/5.1/a-path-for-a-message#RFC4976-5.1-1",
    "rfc4976/5.1/a-path-for-a-message#RFC4976-5.1-3",
    // A path of another session lies in another call.
    "rfc4976/5.1/a-path-for-each-session#RFC4976-5.1-6",
];
/// Findings on what must not come any more, in sessions that nobody ends: a capture may only be too short to show it.
const LEFT_OPEN: &[&str] = &[
    "im/7.1.1.6/the-conference-is-refused/403#RFC3891-3-7",
    "im/7.1.1.6/the-conference-is-refused/404#RFC3891-3-7",
    "im/7.1.1.6/the-conference-is-refused/486#RFC3891-3-7",
    "im/7.1.1.6/the-session-ends-the-conference-stays#IM-7.1.16-note.2",
    "im/7.1.1.9/the-focus-takes-no-update#IM-7.1.1.9-200.1.2",
    "rfc3891/3/what-cannot-be-replaced/early-only#RFC3891-3-7",
    "rfc3891/3/what-cannot-be-replaced/two-dialogs#RFC3891-3-7",
    "rfc3891/3/what-cannot-be-replaced/unusable-offer#RFC3891-3-7.2",
    "im/7.1.1.10/the-focus-takes-no-update#IM-7.1.1.10-200.1.2",
    "im/7.1.3.2.1/the-switch-takes-no-message#RFC4975-5.3-1.2",
    "im/7.1.3.2.2/to-one-participant#IM-7.1.3.2.2-0.5",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/no-path#IM-7.1.2.2-1b.2",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/other-protocol#IM-7.1.2.2-1b.2",
    "im/7.1.2.2/nothing-of-the-offer-can-be-had/unknown-types#IM-7.1.2.2-1b.2",
    "im/7.1.2.2/the-peer-wants-nothing-any-more#IM-7.1.2.2-2",
    "im/7.1.3.2/pointer-to-content-outside-the-session#IM-7.1.3.2-2.1.2",
];
/// Chapters whose trigger captures show, with the scenarios of them that cannot be recognised: what they are about is
/// in another call, or leaves nothing on the wire.
const CHAPTERS: &[(&str, &[&str])] = &[
    // What the user is told when nothing answers, or a response was swallowed: neither can be told from a short capture.
    ("im/7.1.1.2/", &["im/7.1.1.2/nobody-answers"]),
    // The BYE is in a call of its own.
    ("im/7.1.1.13/", &["im/7.1.1.13/a-release-of-an-unknown-session"]),
    ("im/7.1.2.", &[]),
    // How many people a client may invite is provisioned.
    ("im/7.1.1.3/", &["im/7.1.1.3/as-many-people-as-there-may-be", "im/7.1.1.3/more-people-than-there-may-be"]),
    ("im/7.1.1.4/", &[]),
    // How many people a client may invite is provisioned; two who act at the same moment are in several calls.
    (
        "im/7.1.1.6/",
        &[
            "im/7.1.1.6/as-many-people-as-there-may-be",
            "im/7.1.1.6/more-people-than-there-may-be",
            "im/7.1.1.6/the-peer-leaves-before-the-conference-is-there",
        ],
    ),
    ("im/7.1.1.9/", &[]),
    ("im/7.1.1.10/", &[]),
    ("rfc4975/14.4/", &[]),
    // What names no session belongs to none.
    ("rfc3891/3/", &["rfc3891/3/what-cannot-be-replaced/no-dialog", "rfc3891/3/the-session-has-ended"]),
    (
        "rfc6665/4.1.3/",
        &[
            "rfc6665/4.1.3/a-notification-of-an-unknown-subscription",
            "rfc6665/4.1.3/a-notification-that-cannot-be-understood/no-document",
        ],
    ),
    ("rfc4575/4.6/", &[]),
    ("im/7.1.3.2.1/", &[]),
    ("im/7.1.3.2.2/", &[]),
    ("im/7.1.3.3/", &[]),
    ("im/7.1.3.2/", &["im/7.1.3.2/the-connection-breaks"]),
    (
        "im/8.1",
        &[
            // How large the request would have been that was not sent.
            "im/8.1/one-byte-above-the-limit",
            // What the server lets nobody do.
            "im/8.1.1/anonymously-where-nobody-may-be",
            // Each message, and each report, is in a call of its own.
            "im/8.1.1/every-initial-request",
            "im/8.1.1/a-late-delivery-report",
            "im/8.1.1/a-delivery-report-for-another-message",
            "im/8.1.1/a-second-message-while-the-first-is-pending",
        ],
    ),
    ("imcr/6.1.3.3.2/", &[]),
    (
        "imcr/6.1.3.3.3/",
        &[
            // Octets that were changed on their way look like any others.
            "imcr/6.1.3.3.3/what-comes-is-another-file/other-content",
        ],
    ),
    // That the store hesitates, or loses a message, cannot be told from that it has nothing to send.
    ("im/12.1.1/", &["im/12.1.1/refresh-without-update", "im/12.1.1/a-message-is-lost-on-its-way"]),
    ("rfc4976/5.1/", &[]),
    ("rfc4975/8.3/", &[]),
    ("im/13.1.3/", &["im/13.1.3/refresh-without-update", "im/13.1.3/an-item-is-lost-on-its-way"]),
];
/// What is asked of the session after the one with the flaw: captures are judged call by call.
const NEXT_CALL: &str = "RFC4975-10.2-3";
/// Every nth capture is shown to tshark; starting it takes most of the time.
const SAMPLE: usize = 9;

async fn loaded(shard: Option<&str>) -> Loaded {
    let selection = Selection::parse(&[], None, shard).expect("a shard");
    load(Files::embedded(), &selection).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]))
}

fn play(loaded: &Loaded, dir: &Path, format: Format) -> Run {
    let options = Options { captures: Some(dir.to_owned()), format, ..Options::default() };
    let (run, ended) = simulate(&loaded.plans, &loaded.home, &options, &AtomicBool::new(false), &mut |_| {
        std::ops::ControlFlow::Continue(())
    });
    ended.expect("captures are written");
    run
}

/// Every file below a folder, by its path within.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let octets = std::fs::read(&path).expect("a file");
                found.insert(path.strip_prefix(dir).expect("below").to_owned(), octets);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_same_seed_writes_the_same_captures_whole_and_in_shards() {
    let (first, second, shards) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = loaded(None).await;
    play(&all, first.path(), Format::PcapNg);
    play(&all, second.path(), Format::PcapNg);
    for shard in ["1/3", "2/3", "3/3"] {
        play(&loaded(Some(shard)).await, shards.path(), Format::PcapNg);
    }
    let written = files(first.path());
    assert_eq!(written.len(), all.plans.len());
    assert_eq!(written.keys().collect::<Vec<_>>(), files(shards.path()).keys().collect::<Vec<_>>());
    for (dir, name) in [(second.path(), "the second run"), (shards.path(), "the shards")] {
        for (path, octets) in files(dir) {
            assert!(written.get(&path) == Some(&octets), "{} differs in {name}", path.display());
        }
    }
}

#[tokio::test]
async fn judging_a_written_capture_gives_the_same_findings() {
    let dir = tempfile::tempdir().unwrap();
    let all = loaded(None).await;
    let run = play(&all, dir.path(), Format::PcapNg);
    let mut compared = 0;
    let mut differ = Vec::new();
    let mut unrecognised = Vec::new();
    for (case, plan) in run.cases.iter().zip(&all.plans) {
        let capture = dir.path().join(case.capture.as_deref().expect("a capture"));
        let options = recognise::Options { known: all.home.cast(plan), ..recognise::Options::default() };
        let judged =
            recognise::judge(std::slice::from_ref(plan), &[capture], &options, &mut |_| {}).expect("a capture");
        assert!(judged.errors.is_empty(), "{}: {}", case.address, judged.errors[0]);
        let again: BTreeMap<&str, Verdict> = judged
            .run
            .cases
            .iter()
            .filter(|c| c.address == case.address)
            .flat_map(|c| &c.findings)
            .map(|f| (f.id.as_str(), f.verdict))
            .collect();
        if again.values().all(|v| *v == Verdict::NotExercised) {
            unrecognised.push(case.address.as_str());
            continue;
        }
        for finding in &case.findings {
            match again.get(finding.id.as_str()) {
                // What a user is told never crosses a link.
                Some(Verdict::NotApplicable) if finding.subject.contains("being told") => {}
                Some(Verdict::Inconclusive) if finding.requirement == NEXT_CALL => {}
                Some(Verdict::Inconclusive)
                    if ACT_ONLY.contains(&finding.id.as_str()) || LEFT_OPEN.contains(&finding.id.as_str()) => {}
                Some(verdict) if *verdict == finding.verdict => compared += 1,
                other => differ.push(format!(
                    "{}: {} in the run, {other:?} from the capture",
                    finding.id,
                    finding.verdict.word()
                )),
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    let found = |chapter: &str| unrecognised.iter().copied().filter(|a| a.starts_with(chapter)).collect::<Vec<&str>>();
    let wrong = CHAPTERS.iter().filter(|(chapter, missing)| found(chapter) != *missing);
    let wrong: Vec<String> = wrong.map(|(chapter, _)| format!("{chapter}: {}", found(chapter).join(", "))).collect();
    assert!(wrong.is_empty(), "not recognised of\n{}", wrong.join("\n"));
    assert!(compared > 450, "only {compared} findings were compared; not recognised: {}", unrecognised.join(", "));
    eprintln!("{compared} findings alike; not recognised: {}", unrecognised.join(", "));
}

#[tokio::test]
async fn wireshark_finds_nothing_malformed_in_a_written_capture() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let all = loaded(None).await;
    for format in [Format::PcapNg, Format::Pcap] {
        let run = play(&all, dir.path(), format);
        // What a peer sends in an invalid scenario is meant to be malformed.
        let invalid = |address: &str| {
            all.plans.iter().any(|p| p.case.address == address && p.case.tags.contains(&"invalid".to_owned()))
        };
        for case in run.cases.iter().filter(|c| !invalid(&c.address)).step_by(SAMPLE) {
            let capture = dir.path().join(case.capture.as_deref().expect("a capture"));
            let output = Command::new("tshark")
                .args(["-r"])
                .arg(&capture)
                .args([
                    "-Y",
                    "_ws.malformed || _ws.expert.severity == error",
                    "-T",
                    "fields",
                    "-e",
                    "frame.number",
                    "-e",
                    "_ws.col.Info",
                ])
                .output()
                .expect("tshark runs");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.trim().is_empty(), "{}:\n{text}", case.address);
        }
    }
}
