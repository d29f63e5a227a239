//! From features to plans: cucumber runs every scenario once, and each step lowers itself.
//!
//! Whatever stage comes after (simulated, live, capture) works on the same plans, so the matching of step
//! texts is paid once. A step that no text matches, or whose words are in no vocabulary, is an error of
//! the author: all of them are gathered, then shown.

mod given;
mod panics;
mod stores;
mod then;
mod when;
mod world;

use std::sync::{Arc, Mutex, Once};

use cucumber::event::{self, Event};
use cucumber::{World as _, WriterExt as _, cli, parser, writer};
use futures::FutureExt as _;

use super::catalogue::Catalogue;
use super::diagnostic::Diagnostic;
use super::feature::Features;
use super::files::Files;
use super::plan::Plan;
use super::suggest;
use panics::Panics;
use world::{Context, World};

/// The texts of all steps, one example each, for "did you mean" and the manual.
pub const STEPS: &[&str] = &[
    "Alice's IM client is under test",
    "Alice's CPM client is under test",
    "the Controlling Function is under test",
    "Bob is a registered IM user",
    "Bob and Carol are registered IM users",
    "Bob is a registered CPM user",
    "Friends is a pre-defined group of Bob and Carol",
    "Lounge is a public conference",
    "the conference factory is not allocated",
    "only Bob may use the conference factory",
    "ad-hoc sessions have room for 2 invited users",
    "ad-hoc sessions allow no anonymity",
    "Friends belongs to another server",
    "only Bob and Carol may initiate sessions of Friends",
    "only Bob and Carol may join Friends",
    "Friends has room for 2 participants",
    "Friends allows no anonymity",
    "Friends does not invite its members",
    "Friends calls Alice \"The boss\"",
    "the Controlling Function removes who accepts anonymously",
    "the Controlling Function answers the inviter at once",
    "the Controlling Function takes changes of the media on to everybody",
    "Lunch is a running session of Bob and Carol, but no IM session",
    "Alice's client knows that every hop is connection-oriented",
    "the MSRP relay acts for Alice",
    "Alice may invite 2 people to an ad-hoc conference",
    "the SIP/IP core is a 3GPP IMS",
    "the SIP/IP core asks for passwords",
    "the SIP/IP core asks for passwords, also for bodies",
    "the SIP/IP core asks for passwords, and says what comes next",
    "Bob's client answers the invitation with 488",
    "Bob's client leaves the MSRP connection open",
    "Bob's client opens the MSRP connection",
    "the conference server answers the invitation with 420",
    "the deferred store holds 3 messages for Alice",
    "the Participating Function serves Alice and stays in the media path",
    "the Participating Function serves Alice and only forwards signalling",
    "Alice's settings have history=yes",
    "the deferred store answers the invitation with 403",
    "the history store changes what it sends",
    "Alice is offline",
    "Alice's deferred delivery is off",
    "Alice may not retrieve deferred messages",
    "the operator bars Alice from deferred messages",
    "the SIP/IP core takes sip:Deferred@home2.example to the deferred store",
    "the deferred store asks for a session interval of 90 seconds with refresher uac",
    "the deferred store allows INVITE, ACK, CANCEL, BYE",
    "Bob's client sends the delivery report 60 seconds after the session",
    "Bob's client sends the delivery report 60 seconds after the message",
    "Bob's client takes no message of more than 30000 bytes",
    "Bob's client rings for 5 seconds",
    "Bob's client changes what it sends",
    "Bob's client asks for a session interval of 90 seconds with refresher uac",
    "Bob's client allows INVITE, ACK, CANCEL, BYE",
    "Bob's client adds isfocus to its Contact",
    "Bob releases the session once 3 chunks have come",
    "Bob releases the session once 3 chunks have gone",
    "Bob aborts the MSRP connection once 3 chunks have come",
    "Bob modifies the session once 3 chunks have come",
    "Bob breaks the message off once 3 chunks have gone",
    "Bob reports failure 403 once 3 chunks have come",
    "Bob sends a message over a second connection once 3 chunks have gone",
    "Bob cancels the invitation once it rings",
    "Bob declines the invitation at once",
    "Alice's client speaks SIP over TLS",
    "MSRP is secured with TLS",
    "the network delivers streams one octet at a time",
    "the network loses 20 percent of the datagrams",
    "Alice sends Bob a message of 20000 bytes",
    "Alice sends the group Friends a message of 20000 bytes",
    "Alice sends Bob these files",
    "Alice sends Bob these files in the form of RFC 5547",
    "Alice sends Bob these files in the form of RFC 5547 one after the other",
    "Bob takes only the 2nd file",
    "Alice retrieves all deferred messages",
    "Alice retrieves the 1st and 3rd deferred messages",
    "Alice retrieves the 2nd history message",
    "Alice registers",
    "Alice registers again",
    "Alice goes offline",
    "Alice asks what messages wait",
    "Alice invites Bob to a session",
    "Alice invites Bob and Carol to a conference",
    "Alice invites Bob and Carol to a conference anonymously",
    "Alice joins the group Friends",
    "Alice joins the public conference Lounge",
    "Alice rejoins the conference",
    "Alice subscribes to the conference",
    "Alice extends the session to Carol",
    "Alice extends the session to Carol while Bob releases it",
    "Alice sends \"Hello\" in the session",
    "Alice sends Bob privately \"Hello\" in the session",
    "Alice releases the session",
    "Alice and Bob release the session at once",
    "Bob modifies the session",
    "Bob modifies the session by UPDATE at a new MSRP path",
    "Alice and Bob modify the session at once",
    "Alice sends the session Lunch a message of 200 bytes",
    "Alice sends Bob a message that makes a request of 1300 bytes",
    "100 seconds pass",
    "Alice's client sends an INVITE where",
    "Alice's client sends another MESSAGE where",
    "the Controlling Function sends Bob a 3rd NOTIFY where",
    "the Controlling Function sends Bob a last NOTIFY where",
    "the Controlling Function sends Bob no INVITE [IM-7.2.1.1-2.2]",
    "the Controlling Function sends Bob 1 INVITE in all [IM-7.2.1.1-intro]",
    "Alice's client refreshes the session where",
    "Alice's client sends initial requests where",
    "Alice's client sends no MESSAGE [IM-9-1]",
    "Alice's client sends no BYE after the MSRP 413 [IM-9-2.2]",
    "Alice's client answers the INVITE where",
    "the Controlling Function answers Alice's 2nd INVITE where",
    "the Controlling Function answers the INVITE with 180 where",
    "the Controlling Function answers Alice's INVITE with 180 once [IM-7.2.1.1-intro]",
    "Alice's client sends the message over MSRP where",
    "Alice's client receives the message over MSRP where",
    "the Controlling Function sends Bob the 2nd message over MSRP where",
    "the Controlling Function receives the message from Alice over MSRP where",
    "the deferred store sends Alice 3 messages over MSRP in all [IM-12.4.1-6.2]",
    "the deferred store sends Alice the 1st and 3rd stored messages and no other [IM-12.4.1-6.2]",
    "Alice's client acknowledges no chunk [RFC4975-14.4-3]",
    "Alice's client acknowledges no chunk after the 200 to the BYE [RFC4975-7.3-2]",
    "Alice's client sends no chunk [IM-9.2.2-1.1]",
    "Alice's client sends no chunk after the MSRP 413 [IM-9.4.2-close.2]",
    "Alice's client opens the MSRP connection where",
    "Alice's client opens no MSRP connection [RFC6135-4.2.2-1]",
    "Alice's client closes the MSRP connection where",
    "Alice is told \"delivered\" [IM-9.1.1.2-200.3.2]",
    "Alice is told that Alice and Bob take part [RFC4575-4.6-1]",
    "Alice is not told \"delivered\" [IM-9.1.1.2-200.ed1]",
    "Alice is not told \"delivered\" before the success report [IM-9.1.1.2-200.ed1]",
    "Alice is not told \"delivered\" after the 202 to the MESSAGE [RFC3428-5-2]",
];

/// One run of cucumber at a time: each puts an empty panic hook in the place of the one it finds and brings that back
/// at its end. Two at once could bring back the empty one, and from then on no panic of this process would say a word.
static ONE_RUN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Lowers every scenario of `features` to its plan, in the order of the features.
///
/// Errors: everything that is wrong with the steps, each with its place.
pub async fn compile(files: Files, catalogue: Catalogue, features: Features) -> Result<Vec<Plan>, Vec<Diagnostic>> {
    let context = Arc::new(Context {
        files,
        catalogue,
        features,
        diagnostics: Mutex::new(Vec::new()),
        plans: Mutex::new(Vec::new()),
    });
    let begin = context.clone();
    let writer = Undefined { context: context.clone() };
    let alone = ONE_RUN.lock().await;
    let panics = Arc::new(Panics::new());
    let silenced = (panics.clone(), Once::new());
    World::cucumber::<&str>()
        .with_parser(context.features.clone())
        .with_writer(writer.normalized())
        .with_cli(cli::Opts::<cli::Empty, cucumber::runner::basic::Cli, cli::Empty>::default())
        .max_concurrent_scenarios(1)
        .before(move |feature, _, scenario, world| {
            silenced.1.call_once(|| silenced.0.hear_others());
            let case = begin.features.case_of(feature, scenario).cloned();
            if let Some(case) = case {
                world.begin(begin.clone(), Arc::new(case));
            }
            futures::future::ready(()).boxed_local()
        })
        .after({
            let context = context.clone();
            move |_, _, _, _, world| {
                if let Some(open) = world.and_then(|w| w.open.take()) {
                    context.plans.lock().expect("no thread panics with the lock").push(open.plan);
                }
                futures::future::ready(()).boxed_local()
            }
        })
        .run("")
        .await;
    drop((panics, alone));
    let mut diagnostics = std::mem::take(&mut *context.diagnostics.lock().expect("no thread panics with the lock"));
    let mut plans = std::mem::take(&mut *context.plans.lock().expect("no thread panics with the lock"));
    for plan in plans.iter().filter(|p| p.under_test.is_empty()) {
        let place = &plan.case.place;
        let text = context.files.get(&place.file).unwrap_or_default();
        let message = "no step says who is under test";
        diagnostics.push(
            Diagnostic::new(place.file.clone(), message)
                .at_part(text, place.line as usize, "")
                .hint("begin with \u{201c}Given Alice's IM client is under test\u{201d}"),
        );
    }
    if !diagnostics.is_empty() {
        diagnostics.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        diagnostics.dedup();
        return Err(diagnostics);
    }
    let order = |plan: &Plan| context.features.cases().iter().position(|c| c.address == plan.case.address);
    plans.sort_by_key(order);
    Ok(plans)
}

/// Notes every step that no text matches: cucumber itself skips it, and the ones behind it, in silence.
struct Undefined {
    context: Arc<Context>,
}

impl Undefined {
    fn note(&self, feature: &gherkin::Feature, step: &gherkin::Step, message: String, hint: Option<String>) {
        let file = feature.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
        let text = self.context.files.get(&file).unwrap_or_default();
        let diagnostic =
            Diagnostic::new(file.clone(), message).at_part(text, step.position.line, &step.value).maybe_hint(hint);
        self.context.diagnostics.lock().expect("no thread panics with the lock").push(diagnostic);
    }
}

impl cucumber::Writer<World> for Undefined {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<event::Cucumber<World>>>, _: &cli::Empty) {
        let Ok(Event { value: event::Cucumber::Feature(feature, event::Feature::Scenario(_, scenario)), .. }) = event
        else {
            return;
        };
        let (step, event) = match scenario.event {
            event::Scenario::Step(step, event) | event::Scenario::Background(step, event) => (step, event),
            // What begins and ends a scenario is ours: no author can have made it fail.
            event::Scenario::Hook(_, event::Hook::Failed(_, info)) => {
                let said = info.downcast_ref::<String>().cloned();
                let said = said.or_else(|| info.downcast_ref::<&str>().map(|said| (*said).to_owned()));
                panic!("a scenario cannot be begun or ended: {}", said.unwrap_or_default())
            }
            _ => return,
        };
        match event {
            event::Step::Skipped => {
                let hint = suggest::hint(&step.value, STEPS.iter().copied());
                self.note(&feature, &step, "no step reads so".to_owned(), hint);
            }
            event::Step::Failed(_, _, _, error) => self.note(&feature, &step, error.to_string(), None),
            _ => {}
        }
    }
}

impl writer::NonTransforming for Undefined {}
