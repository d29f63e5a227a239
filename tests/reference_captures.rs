//! The checks on traffic of programs that have nothing to do with imspec, and on captures that imspec writes itself.

use std::path::{Path, PathBuf};

use imspec::judge::Verdict;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::load;
use imspec::script::plan::Plan;
use imspec::script::recognise::{Judgement, Options, judge};

fn plans() -> Vec<Plan> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let loaded = runtime.block_on(load(Files::embedded(), &Selection::default()));
    loaded.unwrap_or_else(|_| panic!("the features of this package are wrong")).plans
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference").join(name)
}

/// Addresses of the cases that were exercised.
fn exercised(judgement: &Judgement) -> Vec<&str> {
    let cases = judgement.run.cases.iter().filter(|c| c.verdict() != Verdict::NotExercised);
    cases.map(|c| c.address.as_str()).collect()
}

/// File, episodes, packets. None holds a large message: the chats are sessions both ways, the file is a file, and
/// SIPp's calls are sendrecv without a size. Nothing may be taken for one.
const FILES: &[(&str, u64, u64)] = &[
    ("msrplib-300k-chunked.pcapng", 1, 28),
    ("opensips-msrp-ua-chat.pcapng", 1, 30),
    ("sipp-1-call-tcp.pcapng", 1, 17),
    ("sipp-50-calls-udp.pcapng", 50, 300),
    ("sipp-50-messages-udp.pcap", 50, 100),
    ("sipp-any-cooked-v2.pcapng", 3, 6),
    ("sipp-any-cooked.pcapng", 3, 18),
    ("sipsimple-chat-via-kamailio.pcapng", 6, 72),
    ("sipsimple-file-transfer-via-kamailio.pcapng", 3, 57),
];

#[test]
fn strangers_who_send_no_large_message_exercise_nothing() {
    let plans = plans();
    for (name, episodes, packets) in FILES {
        let judgement = judge(&plans, &[reference(name)], &Options::default(), &mut |_| {}).expect("a capture");
        assert_eq!((judgement.episodes, judgement.packets), (*episodes, *packets), "{name}");
        assert_eq!(exercised(&judgement), [""; 0], "{name}");
        assert_eq!(judgement.run.cases.len(), plans.len(), "{name}: each plan is said not to be exercised");
        assert!(judgement.errors.is_empty(), "{name}");
    }
}
