//! Steps about who is there and who is not, and about the stores for messages.

use cucumber::{given, then, when};
use gherkin::Step;

use super::given::{known, names_of, numbers, party_of};
use super::world::World;
use crate::actors::act::{Act, Kept};
use crate::judge::Subject;
use crate::script::plan::{Arranged, Arrangement, Client, Deed, Person, Treatment};

#[given(regex = r"^(.+?) (?:is|are) offline$")]
fn offline(world: &mut World, names: String) {
    for name in names_of(&names) {
        let plan = world.plan();
        if !plan.names().contains(&name.as_str()) {
            plan.people.push(Person { name: name.clone(), client: Client::Im });
        }
        plan.arrangements.push(Arrangement { who: name, what: Arranged::Offline });
    }
}

#[given(regex = r"^(\w+)'s deferred delivery is off$")]
fn waits(world: &mut World, name: String, step: &Step) {
    treat(world, step, name, Treatment::DeliversNothing);
}

#[given(regex = r"^(\w+) may not retrieve deferred messages$")]
fn may_not(world: &mut World, name: String, step: &Step) {
    treat(world, step, name, Treatment::LetsNotRetrieve);
}

#[given(regex = r"^the operator bars (\w+) from deferred messages$")]
fn barred(world: &mut World, name: String, step: &Step) {
    treat(world, step, name, Treatment::IsBarred);
}

#[given(regex = r"^the SIP/IP core takes (sip:\S+) to the (deferred store|history store)$")]
fn taken_to(world: &mut World, uri: String, store: String) {
    world.plan().arrangements.push(Arrangement { who: store, what: Arranged::IsReachedAt(uri) });
}

#[when(regex = r"^(\w+) (registers|registers again|goes offline|asks what messages wait)$")]
fn presence(world: &mut World, name: String, deed: String, step: &Step) {
    known(world, step, &name);
    let act = match deed.as_str() {
        "goes offline" => Act::Unregister,
        "asks what messages wait" => Act::Watch,
        _ => Act::Register,
    };
    world.plan().acts.push(Deed::Act(vec![(name, act)]));
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? (\d+) messages? over MSRP in all \[([^\]]+)\]$")]
fn messages(world: &mut World, party: String, to: String, times: u32, requirement: String, step: &Step) {
    let (party, to) = (party_of(world, step, &party), super::then::person(world, step, &to));
    world.check_tag(step, Subject::Messages { party, to, times }, &requirement);
}

#[then(
    regex = r"^the (deferred store|history store) sends(?: (\w+))? the (.+?) stored messages? and no other \[([^\]]+)\]$"
)]
fn gives(world: &mut World, party: String, to: String, which: String, requirement: String, step: &Step) {
    let to = super::then::person(world, step, &to);
    let which = numbers(world, step, &which, "stored message");
    world.check_tag(step, Subject::Gives { party, to, which }, &requirement);
}

fn treat(world: &mut World, step: &Step, name: String, how: Treatment) {
    known(world, step, &name);
    let who = Kept::Deferred.store().to_owned();
    world.plan().arrangements.push(Arrangement { who, what: Arranged::Treats(name, how) });
}
