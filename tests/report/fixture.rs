//! A run with every verdict: a passing case, a failing one, and one whose peer is hostile.

use bytes::Bytes;
use imspec::judge::finding::{Arrow, CaseResult, Evidence, Fault, Finding, Ladder, Place, Run, Verdict};
use imspec::time::Time;
use imspec::wire::Span;

const INVITE: &str = "INVITE sip:bob@home1.example SIP/2.0\r\n\
    Via: SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK-1\r\n\
    From: \"Alice\" <sip:alice@home1.example>;tag=a1\r\n\
    To: <sip:bob@home1.example>\r\n\
    Call-ID: 1@10.0.0.1\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: <sip:alice@10.0.0.1;transport=tcp>;+g.oma.sip-im\r\n\
    Supported: 100rel\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 151\r\n\
    \r\n\
    v=0\r\n\
    o=alice 1 1 IN IP4 10.0.0.1\r\n\
    s=-\r\n\
    c=IN IP4 10.0.0.1\r\n\
    t=0 0\r\n\
    m=message 2855 TCP/MSRP *\r\n\
    a=path:msrp://10.0.0.1:2855/s1;tcp\r\n\
    a=accept-types:*\r\n\
    a=sendrecv\r\n";

const HOSTILE: &[u8] = b"MESSAGE sip:a SIP/2.0\r\nSubject: <script>alert(1)</script> ]]> \x1b[31mred \xe2\x80\xae\r\n\
    X: bare\nY: \xff\x00\xfe\r\n\r\n";

pub fn run() -> Run {
    Run {
        stage: "simulated".into(),
        seed: u64::MAX,
        profile: "im".into(),
        subject: vec!["scenarios/sut/vendor.yaml".into()],
        cases: vec![one_recipient(), hostile(), group()],
        interrupted: true,
        not_played: 0,
        stale: vec!["IM-8.1-1<b>: expired on 2026-06-30".into()],
        contradictions: vec!["it does not claim `<pager>`, and it allows MESSAGE".into()],
    }
}

/// A finding about the INVITE of the fixture.
pub fn finding(verdict: Verdict) -> Finding {
    let passes = verdict == Verdict::Pass;
    Finding {
        id: "im/9.1.1.2/one-recipient#IM-9.1.1.2-5a".into(),
        requirement: "IM-9.1.1.2-5a".into(),
        clause: "IM 9.1.1.2".into(),
        text: "The invitation to a Large Message session offers media in one direction: from the sender.".into(),
        verdict,
        fault: (!passes).then_some(Fault::SystemUnderTest),
        subject: "SDP direction of Alice's INVITE".into(),
        expected: vec!["sendonly".into()],
        found: Some(if passes { "sendonly" } else { "sendrecv" }.into()),
        reason: String::new(),
        place: Place { file: "features/im/9/9.1.1.2-large-message-session.feature".into(), line: 17 },
        evidence: Some(Evidence {
            packet: 4,
            at: Time(Time::SIMULATION_START.0 + 20_500_000),
            message: "INVITE sip:bob@home1.example from Alice's client to SIP/IP core".into(),
            octets: Bytes::from_static(INVITE.as_bytes()),
            cut: 0,
            span: INVITE.find("sendrecv").map(|at| Span::new(at..at + 8)),
        }),
        known: None,
    }
}

fn one_recipient() -> CaseResult {
    let about = |check: &str, verdict, text: &str, subject: &str, expected: &[&str], found: Option<&str>| Finding {
        id: format!("im/9.1.1.2/one-recipient#{check}"),
        requirement: check.into(),
        text: text.into(),
        subject: subject.into(),
        expected: expected.iter().map(|e| (*e).to_owned()).collect(),
        found: found.map(str::to_owned),
        ..finding(verdict)
    };
    let mut timer = about(
        "IM-9.1.1.1-6",
        Verdict::Fail,
        "The invitation names the option tag timer in Supported, so that the session can be refreshed.",
        "Supported of Alice's INVITE",
        &["has option tag timer", "has option tag gruu"],
        Some("100rel"),
    );
    if let Some(evidence) = &mut timer.evidence {
        evidence.span = INVITE.find("Supported").map(|at| Span::new(at..at + 17));
    }
    let mut size = about(
        "IM-9.1.1.2-6.1",
        Verdict::Warning,
        "The invitation tells the size of the message.",
        "SDP attribute filesize of Alice's INVITE",
        &["20000 (the size of the message)"],
        None,
    );
    size.reason = "the session description has no such attribute".into();
    size.fault = Some(Fault::AmbiguousText);
    CaseResult {
        address: "im/9.1.1.2/one-recipient".into(),
        spec: "im".into(),
        subclause: "9.1.1.2".into(),
        feature: "Establishment of a Large Message session".into(),
        scenario: "One recipient".into(),
        place: Place { file: "features/im/9/9.1.1.2-large-message-session.feature".into(), line: 12 },
        duration_ns: 32_000_500_000,
        findings: vec![
            about(
                "IM-9.1.1.2-2",
                Verdict::Pass,
                "The invitation is addressed to the recipient.",
                "Request-URI of Alice's INVITE",
                &["sip:bob@home1.example (Bob's address)"],
                Some("sip:bob@home1.example"),
            ),
            finding(Verdict::Fail),
            timer,
            size,
        ],
        ladder: conversation(),
        capture: Some("im/9.1.1.2/one-recipient.pcapng".into()),
        log: None,
        repeats: 0,
        rerun: "imspec run im/9.1.1.2/one-recipient --seed 18446744073709551615".into(),
    }
}

fn conversation() -> Ladder {
    let messages = [
        (0, 1, "INVITE sip:bob@home1.example"),
        (1, 0, "100 to INVITE"),
        (1, 2, "INVITE sip:bob@10.0.0.2:5060;transport=tcp"),
        (2, 1, "200 to INVITE"),
        (1, 0, "200 to INVITE"),
        (0, 1, "ACK sip:bob@10.0.0.2:5060;transport=tcp"),
        (1, 2, "ACK sip:bob@10.0.0.2:5060;transport=tcp"),
        (0, 2, "TCP connects"),
        (2, 0, "TCP open"),
        (0, 2, "MSRP SEND 1-2048/20000 +"),
        (2, 0, "MSRP 200"),
        (0, 2, "MSRP SEND 2049-20000/20000 $"),
        (2, 0, "MSRP 200"),
        (0, 1, "BYE sip:bob@10.0.0.2:5060;transport=tcp"),
    ];
    let arrow = |(n, (from, to, label)): (usize, &(usize, usize, &str))| Arrow {
        packet: n as u32 + 4,
        at: Time(Time::SIMULATION_START.0 + 20_500_000 + n as u64 * 10_250_000),
        from: *from,
        to: *to,
        label: (*label).into(),
    };
    Ladder {
        lanes: vec!["Alice's client".into(), "SIP/IP core".into(), "Bob's client".into()],
        arrows: messages.iter().enumerate().map(arrow).collect(),
    }
}

fn hostile() -> CaseResult {
    let long = format!("sip:{}@example.org", "x".repeat(5_000));
    let mut script = finding(Verdict::Fail);
    script.id = "im/7.2/a-hostile-peer#IM-7.2-1".into();
    script.requirement = "IM-7.2-1".into();
    script.clause = "IM 7.2".into();
    script.expected = vec!["a|b `c` **d**".into(), "``".into(), "".into()];
    script.found = Some("<script>alert(1)</script>]]>\u{1b}[31mred\u{202e}\r\n\u{9b}|`".into());
    script.reason = "[click](javascript:alert(1)) @someone & \u{ffff}\u{0}".into();
    script.evidence = Some(Evidence {
        packet: 7,
        at: Time(Time::SIMULATION_START.0),
        message: "MESSAGE <b>sip:a</b>\u{1b}]0;title\u{7} from \u{202e}ecilA".into(),
        octets: Bytes::from_static(HOSTILE),
        cut: 70_000,
        span: Some(Span { start: 31, end: 90 }),
    });
    let mut endless = script.clone();
    endless.id = "im/7.2/a-hostile-peer#IM-7.2-1.2".into();
    endless.verdict = Verdict::Inconclusive;
    endless.fault = Some(Fault::Peer);
    endless.reason = long.clone();
    endless.found = Some(long);
    CaseResult {
        address: "im/7.2/a-hostile-peer".into(),
        spec: "im".into(),
        subclause: "7.2".into(),
        feature: "Pager Mode | <img src=x onerror=alert(1)>".into(),
        scenario: "A hostile peer".into(),
        findings: vec![script, endless],
        ladder: Ladder {
            lanes: vec!["<svg onload=alert(1)>".into(), "\u{1b}[2Jcore".into()],
            arrows: vec![
                Arrow { packet: 7, at: Time(5), from: 0, to: 1, label: "MESSAGE </text><script>\u{202e}".into() },
                Arrow { packet: 8, at: Time(3), from: 1, to: 1, label: "TCP closes".into() },
                Arrow { packet: 9, at: Time(9), from: 1, to: 77, label: "nobody".into() },
            ],
        },
        capture: None,
        log: None,
        repeats: 0,
        rerun: "imspec run im/7.2/a-hostile-peer".into(),
        ..CaseResult::default()
    }
}

fn group() -> CaseResult {
    let verdicts = [
        (Verdict::NotApplicable, None, "the system does not claim group messages"),
        (Verdict::NotExercised, None, "no INVITE with a resource list is in the capture"),
        (Verdict::Error, Some(Fault::Harness), "the field of the check does not fit the message"),
        (Verdict::Pass, None, ""),
    ];
    let findings = verdicts.iter().zip(1..).map(|((verdict, fault, reason), n)| Finding {
        id: format!("im/9.1.1.10/group#IM-9.1.1.10-{n}"),
        requirement: format!("IM-9.1.1.10-{n}"),
        clause: "IM 9.1.1.10".into(),
        fault: *fault,
        reason: (*reason).into(),
        found: None,
        evidence: None,
        ..finding(*verdict)
    });
    CaseResult {
        address: "im/9.1.1.10/group".into(),
        spec: "im".into(),
        subclause: "9.1.1.10".into(),
        feature: "Large Message to a group".into(),
        scenario: "A pre-defined group".into(),
        findings: findings.collect(),
        rerun: "imspec run im/9.1.1.10/group".into(),
        ..CaseResult::default()
    }
}
