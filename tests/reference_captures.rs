//! The checks on traffic of programs that have nothing to do with imspec, and on captures that imspec writes itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod traffic;

use imspec::judge::{Cast, Finding, Scene, Stimulus, Verdict};
use imspec::net::capture::{CaptureReader, CaptureWriter, Format};
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::{Loaded, load};
use imspec::script::plan::Plan;
use imspec::script::recognise::{Judgement, Options, judge};
use imspec::trace::{Observation, Seen, Streams, Trace};
use imspec::wire::Flaw;
use imspec::wire::sdp::Session;

use traffic::{Large, Side};

/// The plans about large messages; those about any message are another test's.
fn plans() -> Vec<Plan> {
    let mut plans = loaded().plans;
    plans.retain(|plan| !EVERY.contains(&plan.case.address.as_str()));
    plans
}

fn loaded() -> Loaded {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let loaded = runtime.block_on(load(Files::embedded(), &Selection::default()));
    loaded.unwrap_or_else(|_| panic!("the features of this package are wrong"))
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference").join(name)
}

/// Addresses of the cases that were exercised.
fn exercised(judgement: &Judgement) -> Vec<&str> {
    let cases = judgement.run.cases.iter().filter(|c| c.verdict() != Verdict::NotExercised);
    cases.map(|c| c.address.as_str()).collect()
}

/// File, episodes, packets, messages over MSRP. None holds a large message: the chats are sessions both ways, the file
/// is a file, and SIPp's calls are sendrecv without a size. Nothing may be taken for one; nor are SIPp's calls taken for
/// sessions, for no MSRP was captured of them.
const FILES: &[(&str, u64, u64, usize)] = &[
    ("msrplib-300k-chunked.pcapng", 1, 28, 1),
    ("opensips-msrp-ua-chat.pcapng", 1, 30, 3),
    ("sipp-1-call-tcp.pcapng", 1, 17, 0),
    ("sipp-50-calls-udp.pcapng", 50, 300, 0),
    ("sipp-50-messages-udp.pcap", 50, 100, 0),
    ("sipp-any-cooked-v2.pcapng", 3, 6, 0),
    ("sipp-any-cooked.pcapng", 3, 18, 0),
    ("sipsimple-chat-via-kamailio.pcapng", 6, 72, 6),
    ("sipsimple-file-transfer-via-kamailio.pcapng", 3, 57, 1),
];

/// Scenarios about every message over MSRP, whatever session it is in.
const EVERY: &[&str] =
    &["rfc4975/7.1/any-message", "rfc4975/7.1.2/any-message", "rfc4975/7.1.2/any-report", "rfc4975/7.2/any-message"];

/// What a session of two people with messages in both directions exercises, and a message of pager mode.
const SESSION: &[&str] = &[
    "im/2/msrp-and-sdp",
    "im/7.1.1.2/invitation",
    "im/7.1.1.2/released-by-its-inviter",
    "im/7.1.3.2/messages-both-ways",
    "im/7.1.3.2/messages-of-the-invited",
    "im/7.1.3.2/messages-of-the-inviter",
];
const PAGER: &[&str] = &["im/8.1.1/one-recipient", "im/8.1/a-short-text", "rfc3428/7/plain-text"];

/// Complaints about strangers. All are true: these programs are no IM clients. They do not state the release of one in
/// User-Agent (IM Appendix F), most do not have the feature tag (IM 7.1.1.1, 8.1.1) nor support session timers (RFC 4028
/// §7.1). What they do by the RFCs is blamed nowhere.
const COMPLAINTS: &[(&str, &[&str])] = &[
    (
        "opensips-msrp-ua-chat.pcapng",
        &[
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.5",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.6",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.7",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.8",
        ],
    ),
    ("sipp-50-messages-udp.pcap", &["im/8.1.1/one-recipient#IM-8.1.1-2"]),
    ("sipp-any-cooked-v2.pcapng", &["im/8.1.1/one-recipient#IM-8.1.1-2"]),
    (
        "sipsimple-chat-via-kamailio.pcapng",
        &[
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.5",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.6",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.7",
            "im/7.1.1.2/invitation#IM-7.1.1.2-1.8",
            "im/8.1.1/one-recipient#IM-8.1.1-1.1",
            "im/8.1.1/one-recipient#IM-8.1.1-2",
        ],
    ),
];

#[test]
fn strangers_are_blamed_for_what_makes_them_no_im_clients_and_nothing_else() {
    let plans = loaded().plans;
    for (name, episodes, packets, messages) in FILES {
        let judgement = judge(&plans, &[reference(name)], &Options::default(), &mut |_| {}).expect("a capture");
        assert_eq!((judgement.episodes, judgement.packets), (*episodes, *packets), "{name}");
        assert!(judgement.errors.is_empty(), "{name}");
        let exercised = exercised(&judgement);
        for every in EVERY {
            assert_eq!(exercised.iter().filter(|a| *a == every).count(), *messages, "{name}: {every}");
        }
        let session: &[&str] = if name.contains("chat") { SESSION } else { &[] };
        let pager: &[&str] =
            if ["messages", "v2", "sipsimple-chat"].iter().any(|n| name.contains(n)) { PAGER } else { &[] };
        let others: BTreeSet<&str> = exercised.iter().copied().filter(|a| !EVERY.contains(a)).collect();
        let wanted: BTreeSet<&str> = session.iter().chain(pager).copied().collect();
        assert_eq!(others, wanted, "{name}");
        let complaints = ids(&judgement, |v| matches!(v, Verdict::Fail | Verdict::Warning | Verdict::Error));
        let wanted = COMPLAINTS.iter().find(|(file, _)| file == name).map_or(&[][..], |(_, ids)| ids);
        assert_eq!(complaints.into_iter().collect::<Vec<_>>(), wanted, "{name}");
    }
}

/// Plays a message, writes it with `write`, judges the file; gives what was exercised and who was blamed for what.
fn recognise(
    plans: &[Plan],
    large: &Large<'_>,
    options: &Options,
    see: impl Fn(Observation) -> Option<Observation>,
) -> Judgement {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.pcapng");
    let mut writer = CaptureWriter::create(&path, Format::PcapNg, &[]).expect("a writer");
    for one in large.play().into_iter().filter_map(see) {
        writer.write(&one, None).expect("written");
    }
    drop(writer.finish().expect("finished"));
    judge(plans, &[path], options, &mut |_| {}).expect("a capture")
}

/// Ids of the findings with such a verdict.
fn ids(judgement: &Judgement, wanted: impl Fn(Verdict) -> bool) -> BTreeSet<&str> {
    let findings = judgement.run.cases.iter().flat_map(|c| &c.findings);
    findings.filter(|f| wanted(f.verdict)).map(|f| f.id.as_str()).collect()
}

type Alter = dyn Fn(Side, String) -> Option<String>;

/// Who among all plans is exercised beside those that any large message exercises, and all complaints.
#[track_caller]
fn check(status: u16, alter: &Alter, also: &[&str], complaints: &[&str]) {
    let plans = plans();
    let judgement = recognise(&plans, &Large { status, alter, ..Large::PLAIN }, &Options::default(), Some);
    let exercised: Vec<&str> = exercised(&judgement).into_iter().filter(|a| !ANY.contains(a)).collect();
    assert_eq!(exercised, also, "exercised");
    let found: Vec<&str> =
        ids(&judgement, |v| matches!(v, Verdict::Fail | Verdict::Warning | Verdict::Error)).into_iter().collect();
    assert_eq!(found, complaints, "complaints");
}

/// What is left of an observation on its way into the file.
type Cut<'c> = &'c dyn Fn(Observation) -> Option<Observation>;

/// What every large message to one recipient exercises.
const ANY: &[&str] = &[
    "im/8.1/far-above-the-limit",
    "im/9/above-the-limit-of-pager-mode",
    "im/9.1.1.1/initial-request",
    "im/9.1.1.2/one-recipient",
    "im/9.2.2/large-message",
    "im/9.2.2/streams-in-pieces",
    "im/9.4.2/as-few-chunks-as-possible",
    "im/9.4.2/chunks",
    "im/9.4.2/streams-in-pieces",
    "im/9.4.2/the-connection-closes-with-the-session",
];

/// Replaces `old` in the messages of `side` that hold `mark`.
fn swap(side: Side, mark: &'static str, old: &'static str, new: &'static str) -> Box<Alter> {
    Box::new(move |by, text| {
        let meant = by == side && text.contains(mark);
        Some(if meant { text.replace(old, new) } else { text })
    })
}

#[test]
fn a_message_that_keeps_to_the_rules_is_blamed_for_nothing() {
    check(200, &|_, text| Some(text), &[], &[]);
}

#[test]
fn what_a_sender_does_wrong_is_his_fault() {
    check(
        200,
        &swap(Side::Alice, "INVITE", "a=filesize:20000", "a=filesizes:9999"),
        &[],
        &["im/9.1.1.2/one-recipient#IM-9.1.1.2-6.1", "im/9.1.1.2/one-recipient#IM-9.1.1.2-6.2"],
    );
    check(
        200,
        &swap(Side::Alice, "INVITE", "a=sendonly", "a=sendrecv"),
        &["im/9.2.2/ordinary-session"],
        &["im/9.1.1.2/one-recipient#IM-9.1.1.2-5a", "im/9/above-the-limit-of-pager-mode#IM-9-1.2"],
    );
    check(
        200,
        &|side, text| (side == Side::Bob || !text.contains("t1x0004")).then_some(text),
        &[],
        &[
            "im/9.4.2/as-few-chunks-as-possible#IM-9.4.2-3.1",
            "im/9.4.2/chunks#IM-9.4.2-3.1",
            "im/9.4.2/streams-in-pieces#IM-9.4.2-3.1",
        ],
    );
}

#[test]
fn options_of_the_act_are_recognised_by_what_they_leave() {
    check(200, &swap(Side::Alice, "INVITE", "CSeq", "Privacy: id\r\nCSeq"), &["im/9.1.1.1/anonymity"], &[]);
    check(
        200,
        &swap(Side::Alice, "SEND", "render", "attachment"),
        &["im/9.2.2/not-to-be-shown-by-itself", "im/9.4.2/shown-on-demand-only"],
        &[],
    );
}

#[test]
fn what_the_other_side_does_is_an_arrangement_or_an_excuse() {
    check(488, &|_, text| Some(text), &["im/9.1.1.2/the-invitation-is-refused/488"], &[]);
    check(500, &|_, text| Some(text), &[], &[]);
    // Alice sends on although Bob refuses chunks. Nothing is arranged for 408, so that it only excuses.
    check(
        200,
        &swap(Side::Bob, "MSRP t1x0001", "200 OK", "413 OK"),
        &["im/9.4.2/a-chunk-is-refused/413", "im/9.4.2/a-chunk-is-refused-while-it-is-under-way"],
        &[
            "im/9.4.2/a-chunk-is-refused-while-it-is-under-way#RFC4975-10-1",
            "im/9.4.2/a-chunk-is-refused/413#RFC4975-10-1",
        ],
    );
    check(
        200,
        &swap(Side::Bob, "MSRP t1x0004", "200 OK", "408 OK"),
        &[],
        &["im/9.2.2/large-message#IM-9.2.2-6", "im/9.2.2/streams-in-pieces#IM-9.2.2-6"],
    );
}

#[test]
fn answers_that_cannot_be_used_are_recognised_by_their_flaw() {
    check(
        200,
        &swap(Side::Bob, "Contact", "message 2855", "message 0"),
        &["im/9.1.1.2/the-answer-cannot-be-used/port-0"],
        &["im/9.1.1.2/the-answer-cannot-be-used/port-0#RFC3264-6-1", "im/9.2.2/large-message#IM-9.2.2-4.2.3"],
    );
}

#[test]
fn a_focus_is_not_taken_for_a_client() {
    let plans = plans();
    let alter = swap(Side::Bob, "Contact", ":5060>", ":5060>;isfocus");
    let judgement = recognise(&plans, &Large { alter: &alter, ..Large::PLAIN }, &Options::default(), Some);
    assert_eq!(exercised(&judgement), ["im/9.1.1.1/session-identity-of-a-focus"]);
}

#[test]
fn lost_octets_and_a_cut_file_blame_nobody() {
    let plans = plans();
    let gap = |mut one: Observation| {
        if let (Seen::Data(octets), 14..17) = (&one.what, one.packet) {
            one.what = Seen::Gap { octets: octets.len() as u64 };
        }
        Some(one)
    };
    let cuts: [(&str, Cut<'_>); 3] = [
        ("a gap in the stream", &gap),
        ("no end", &|one| (one.packet < 20).then_some(one)),
        ("no beginning", &|one| (one.packet > 1).then_some(one)),
    ];
    for (name, see) in cuts {
        let judgement = recognise(&plans, &Large::PLAIN, &Options::default(), see);
        let blamed = ids(&judgement, |v| matches!(v, Verdict::Fail | Verdict::Warning | Verdict::Error));
        assert_eq!(blamed, BTreeSet::new(), "{name}");
    }
}

#[test]
fn a_file_that_breaks_off_is_judged_up_to_there_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.pcapng");
    let mut whole = std::fs::read(reference("sipp-50-calls-udp.pcapng")).expect("the capture");
    whole.truncate(whole.len() / 2);
    std::fs::write(&path, whole).expect("written");
    let judgement = judge(&[], &[path], &Options::default(), &mut |_| {}).expect("a capture");
    assert!(judgement.errors[0].is_cut() && judgement.episodes > 20, "{judgement:?}");
    assert!(judge(&[], &[reference("README.md")], &Options::default(), &mut |_| {}).is_err());
}

#[test]
fn a_capture_gives_the_findings_of_the_trace_that_it_was_written_from() {
    let loaded = loaded();
    let alter = swap(Side::Alice, "BYE", "sip:bob@127.0.0.12:5060", "sip:eve@127.0.0.12:5060");
    let large = Large { alter: &alter, ..Large::PLAIN };
    let mut trace = Trace::new();
    let mut streams = Streams::default();
    for one in large.play() {
        streams.take(one, |unit| {
            trace.push(unit);
        });
    }
    let mut compared = 0;
    for plan in loaded.plans.iter().filter(|p| p.under_test == "Alice") {
        let cast = loaded.home.cast(plan);
        let options = Options { known: Cast { parties: Vec::new(), ..cast.clone() }, ..Options::default() };
        let judgement = recognise(std::slice::from_ref(plan), &large, &options, Some);
        // Alice sends in what is played.
        let sends = plan.sends().is_some_and(|(who, ..)| who == "Alice");
        if !sends || exercised(&judgement).is_empty() {
            continue;
        }
        let stimulus = Stimulus { size: Some(20_000), ..Stimulus::default() };
        let scene = Scene::of(&trace, &cast, &stimulus);
        let direct = plan.checks.iter().flat_map(|check| check.judge(&scene));
        let seen = |f: Finding| (f.id, f.verdict, f.found, f.evidence.map(|e| (e.packet, e.message)));
        let direct: Vec<_> = direct.map(seen).collect();
        let judged: Vec<_> = judgement.run.cases[0].findings.iter().cloned().map(seen).collect();
        // Where the core's own address stands in a message, only the case that was played knows its role.
        let known = |(id, verdict, found, evidence): (String, Verdict, Option<String>, Option<(u32, String)>)| {
            (id, verdict, found, evidence.map(|(packet, message)| (packet, message.replace("the SIP/IP core", CORE))))
        };
        assert_eq!(judged, direct.into_iter().map(known).collect::<Vec<_>>(), "{}", plan.case.address);
        compared += judged.len();
    }
    assert!(compared > 30, "only {compared} findings were compared");
}

const CORE: &str = "127.0.0.2:5060";

/// What the codecs say of the SIP messages and session descriptions of a file: each distinct flaw with its clause.
fn flaws(name: &str) -> BTreeSet<String> {
    let mut reader = CaptureReader::open(reference(name)).expect("a capture");
    let (mut seen, mut streams, mut trace) = (Vec::new(), Streams::default(), Trace::new());
    while reader.next(&mut seen).expect("a whole capture") {}
    for one in seen {
        streams.take(one, |unit| {
            trace.push(unit);
        });
    }
    let mut found = BTreeSet::new();
    for (_, unit) in trace.units() {
        let of = |what: &str, flaws: &[Flaw]| -> Vec<String> {
            flaws.iter().map(|f| format!("{what}: {} ({})", f.what, f.clause)).collect()
        };
        if let Some(message) = unit.sip() {
            found.extend(of("SIP", message.flaws()));
            if let Some(part) = message.body_of_type("application/sdp") {
                found.extend(of("SDP", Session::parse(part.body).flaws()));
            }
        }
    }
    found
}

#[test]
fn strangers_messages_have_no_flaws() {
    for (name, ..) in FILES {
        assert_eq!(flaws(name), BTreeSet::new(), "{name}");
    }
}

/// What a stranger's transfer of a file exercises of the change request, where that is what is meant.
const FILE: &[&str] = &["imcr/6.1.3.3.3/offered-in-the-form-of-rfc-5547", "imcr/6.1.3.3.3/described-as-in-rfc-5547"];

#[test]
fn a_stranger_s_file_is_judged_by_the_form_that_it_has() {
    let mut plans = loaded().plans;
    plans.retain(|plan| plan.case.spec == "imcr");
    let file = reference("sipsimple-file-transfer-via-kamailio.pcapng");
    let judgement = judge(&plans, &[file], &Options::default(), &mut |_| {}).expect("a capture");
    assert_eq!(exercised(&judgement), FILE);
    let complaints = ids(&judgement, |v| matches!(v, Verdict::Fail | Verdict::Warning | Verdict::Error));
    assert_eq!(complaints, BTreeSet::new());
    let passed = ids(&judgement, |v| v == Verdict::Pass);
    assert!(passed.len() > 8, "only {passed:?}");
}
