//! Any text is a feature: it is read, lowered to plans, or everything that is wrong with it is said, at a place that it has.
#![no_main]

use std::sync::LazyLock;

use futures::executor::block_on;
use imspec::script::catalogue::Catalogue;
use imspec::script::compile::compile;
use imspec::script::feature::Features;
use imspec::script::files::Files;
use libfuzzer_sys::fuzz_target;

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::load(&Files::embedded()).expect("our own catalogue"));

fuzz_target!(|text: &str| {
    let path = "features/im/09-large-message/9.1.1.2-establishment.feature";
    let files = Files::from_texts([(path, text)]);
    let features = match Features::load(&files) {
        Ok(features) => features,
        Err(wrong) => return assert!(!wrong.is_empty()),
    };
    let cases = features.cases().len();
    match block_on(compile(files, CATALOGUE.clone(), features)) {
        Ok(plans) => assert_eq!(plans.len(), cases),
        Err(wrong) => {
            let lines = text.lines().count();
            assert!(wrong.iter().all(|one| one.line as usize <= lines && !one.message.is_empty()), "{wrong:?}");
        }
    }
});
