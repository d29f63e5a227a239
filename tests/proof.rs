//! Every defect is caught by the check it is for, no check fails for a defect that does not touch it, and the
//! committed ledger says so.

mod tree;

use std::sync::atomic::AtomicBool;

use imspec::script::ledger::{Exceptions, Ledger, Standing};
use imspec::script::load::Loaded;
use imspec::script::prove::{Proof, prove};
use tree::loaded;

/// The subclauses that have features: there, each entry is proven or has its reason.
const CHAPTERS: &[(&str, &[&str], &str)] = &[
    ("im", &["8.1", "8.1.1", "9", "9.1.1.1", "9.1.1.2", "9.2.2", "9.4.2", "12.1.1", "13.1.3"], "im-client"),
    ("im", &["12.4.1", "12.4.2.1", "12.4.2.2"], "deferred-messaging-function"),
    ("im", &["13.2.1.1", "13.3.1.2"], "history-function"),
    ("im", &["7.1.1.2", "7.1.1.13", "7.1.2.2", "7.1.2.3", "7.1.3.2"], "im-client"),
    ("imcr", &["6.1.3.3.2", "6.1.3.3.3"], "im-client"),
    ("cpm", &["2.1", "7.3.2.1", "7.3.2.2"], "cpm-client"),
];

async fn proven() -> (Loaded, Proof) {
    let loaded = loaded().await;
    let proof = prove(&loaded, &AtomicBool::new(false), &mut |_, _| {}).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    (loaded, proof)
}

#[tokio::test]
async fn every_defect_is_caught_and_the_ledger_is_current() {
    let (loaded, proof) = proven().await;
    assert!(proof.missed.is_empty(), "{}", proof.missed.join("\n"));
    assert!(proof.overreached.is_empty(), "{}", proof.overreached.join("\n"));
    let exceptions = Exceptions::load(&loaded.files, &loaded.catalogue).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let checks = loaded.features.checks();
    let ledger = Ledger { catalogue: &loaded.catalogue, checks, trials: proof.trials, exceptions: &exceptions };
    let needless = ledger.needless_exceptions(&loaded.files);
    assert!(needless.is_empty(), "{}", needless[0]);
    for (spec, subclauses, actor) in CHAPTERS {
        for subclause in *subclauses {
            for entry in loaded.catalogue.of_subclause(spec, subclause).filter(|e| e.actor.word() == *actor) {
                let standing = ledger.standing(entry);
                let settled = matches!(standing, Standing::Proven(_) | Standing::Excepted(_));
                assert!(settled, "{} is neither proven nor excepted: {standing:?}", entry.id);
            }
        }
    }
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/reports/ledger.md"));
    let current = ledger.to_markdown();
    assert!(committed.is_ok_and(|text| text == current), "reports/ledger.md is out of date: run `imspec ledger`");
}
