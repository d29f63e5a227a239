//! Given steps: who takes part, whose client is under test, and how peers and network behave.

use std::time::Duration;

use cucumber::given;
use gherkin::Step;

use super::world::{World, did_you_mean, line_of};
use crate::actors::act::{Act, Intention, Modification, Occasion};
use crate::net::tamper::{Change, Tampering, Unread};
use crate::script::plan::{Arranged, Arrangement, Client, Condition, Demand, Group, Person, Rule, SERVERS};
use crate::script::whereabouts::{self, Named, What};

#[given(regex = r"^(\w+)'s (IM|CPM) client is under test$")]
fn under_test(world: &mut World, who: String, kind: String) {
    let client = client(&kind);
    let plan = world.plan();
    plan.under_test = who.clone();
    plan.people.push(Person { name: who, client });
}

#[given(regex = r"^the ([\w/ ]+?) is under test$")]
fn server_under_test(world: &mut World, words: String, step: &Step) {
    let party = server(world, line_of(step), &words);
    world.plan().under_test = party;
}

#[given(regex = r"^(.+?) (?:is a|are) registered (IM|CPM) users?$")]
fn registered(world: &mut World, names: String, kind: String) {
    let client = client(&kind);
    for name in names_of(&names) {
        world.plan().people.push(Person { name, client });
    }
}

#[given(regex = r"^(\w+) is a pre-defined group of (.+)$")]
fn group(world: &mut World, name: String, members: String) {
    let members = names_of(&members);
    world.plan().groups.push(Group { name, members, is_session: false });
}

#[given(regex = r"^(\w+) is a public conference$")]
fn public_conference(world: &mut World, name: String) {
    world.plan().groups.push(Group { name, members: Vec::new(), is_session: false });
}

#[given(regex = r"^the conference factory is not allocated$")]
fn no_factory(world: &mut World) {
    keep(world, "conference", Rule::Unknown);
}

#[given(regex = r"^(\w+) belongs to another server$")]
fn foreign_group(world: &mut World, group: String, step: &Step) {
    known_group(world, step, &group);
    keep(world, &group, Rule::Unknown);
}

#[given(regex = r"^only (.+) may (use the conference factory|initiate sessions of|join) ?(\w+)?$")]
fn only(world: &mut World, who: String, what: String, group: String, step: &Step) {
    let who = names_of(&who);
    who.iter().for_each(|name| known(world, step, name));
    match what.as_str() {
        "use the conference factory" => keep(world, "conference", Rule::Initiate(who)),
        _ => {
            known_group(world, step, &group);
            keep(world, &group, if what == "join" { Rule::Join(who) } else { Rule::Initiate(who) });
        }
    }
}

#[given(regex = r"^ad-hoc sessions have room for (\d{1,3}) invited users?$")]
fn adhoc_room(world: &mut World, most: usize) {
    keep(world, "conference", Rule::Room(most));
}

#[given(regex = r"^(\w+) has room for (\d{1,3}) participants?$")]
fn room(world: &mut World, group: String, most: usize, step: &Step) {
    known_group(world, step, &group);
    keep(world, &group, Rule::Room(most));
}

#[given(regex = r"^(\w+|ad-hoc sessions) allows? no anonymity$")]
fn no_anonymity(world: &mut World, group: String, step: &Step) {
    if group == "ad-hoc sessions" {
        return keep(world, "conference", Rule::NoAnonymity);
    }
    known_group(world, step, &group);
    keep(world, &group, Rule::NoAnonymity);
}

#[given(regex = r"^(\w+) does not invite its members$")]
fn invites_nobody(world: &mut World, group: String, step: &Step) {
    known_group(world, step, &group);
    keep(world, &group, Rule::InvitesNobody);
}

#[given(regex = r#"^(\w+) calls (\w+) "([^"]+)"$"#)]
fn calls(world: &mut World, group: String, who: String, name: String, step: &Step) {
    known_group(world, step, &group);
    known(world, step, &who);
    keep(world, &group, Rule::Calls(who, name));
}

#[given(
    regex = r"^the Controlling Function (removes who accepts anonymously|answers the inviter at once|takes changes of the media on to everybody)$"
)]
fn policy(world: &mut World, what: String) {
    let rule = match what.as_str() {
        "removes who accepts anonymously" => Rule::RemovesAnonymous,
        "answers the inviter at once" => Rule::AnswersEarly,
        _ => Rule::UpdatesOthers,
    };
    keep(world, "conference", rule);
}

#[given(regex = r"^(\w+) is a running session of (.+), but no IM session$")]
fn session(world: &mut World, name: String, members: String) {
    let members = names_of(&members);
    world.plan().groups.push(Group { name, members, is_session: true });
}

#[given(regex = r"^(\w+)'s client knows that every hop is connection-oriented$")]
fn connection_oriented(world: &mut World, who: String) {
    arrange(world, who, Arranged::ConnectionOriented);
}

#[given(regex = r"^the MSRP relay acts for (\w+)$")]
fn relayed(world: &mut World, who: String, step: &Step) {
    known(world, step, &who);
    arrange(world, who, Arranged::Relayed);
}

#[given(regex = r"^(\w+) may invite (\d{1,3}) people to an ad-hoc conference$")]
fn largest_group(world: &mut World, who: String, most: usize, step: &Step) {
    known(world, step, &who);
    arrange(world, who, Arranged::LargestAdhocGroup(most));
}

#[given(regex = r"^the SIP/IP core is a 3GPP IMS$")]
fn ims(world: &mut World) {
    world.plan().ims = true;
}

#[given(regex = r"^the SIP/IP core asks for passwords(, also for bodies|, and says what comes next)?$")]
fn asks(world: &mut World, how: String) {
    let demand = Demand { integrity: how.contains("bodies"), next_nonce: how.contains("next") };
    arrange(world, "core".to_owned(), Arranged::AsksForPasswords(demand));
}

#[given(regex = r"^(\w+)'s client answers the invitation with (\d{3})$")]
fn answers(world: &mut World, who: String, status: u16) {
    arrange(world, who, Arranged::Answers(status));
}

#[given(regex = r"^(\w+)'s client leaves the MSRP connection open$")]
fn keeps_connection(world: &mut World, who: String) {
    arrange(world, who, Arranged::KeepsConnection);
}

#[given(regex = r"^(\w+)'s client opens the MSRP connection$")]
fn connects(world: &mut World, who: String) {
    arrange(world, who, Arranged::Connects);
}

#[given(regex = r"^the ([\w/ ]+?) answers the invitation with (\d{3})$")]
fn server_answers(world: &mut World, words: String, status: u16, step: &Step) {
    let party = server(world, line_of(step), &words);
    arrange(world, party, Arranged::Answers(status));
}

#[given(regex = r"^the (deferred store|history store) holds (\d{1,3}) messages? for (\w+)$")]
fn holds(world: &mut World, store: String, count: u32, owner: String, step: &Step) {
    known(world, step, &owner);
    arrange(world, store, Arranged::Holds(count, owner));
}

#[given(regex = r"^the Participating Function serves (\w+) and (stays in the media path|only forwards signalling)$")]
fn serves(world: &mut World, who: String, how: String, step: &Step) {
    known(world, step, &who);
    arrange(world, "participating".to_owned(), Arranged::Serves(who, how == "stays in the media path"));
}

#[given(regex = r"^(\w+)'s settings have history=yes$")]
fn records(world: &mut World, who: String, step: &Step) {
    known(world, step, &who);
    arrange(world, "participating".to_owned(), Arranged::Records(who));
}

#[given(regex = r"^(\w+)'s client sends the delivery report (\d+) seconds after the (?:session|message)$")]
fn late_report(world: &mut World, who: String, seconds: u64) {
    arrange(world, who, Arranged::ReportsAfter(Duration::from_secs(seconds)));
}

#[given(regex = r"^(\w+)'s client takes no message of more than (\d+) bytes$")]
fn largest_message(world: &mut World, who: String, most: u64, step: &Step) {
    known(world, step, &who);
    arrange(world, who, Arranged::LargestMessage(most));
}

#[given(regex = r"^(\w+)'s client rings for (\d+) seconds$")]
fn rings(world: &mut World, who: String, seconds: u64) {
    arrange(world, who, Arranged::Hesitates(Duration::from_secs(seconds)));
}

#[given(regex = r"^(\w+'s client|the [\w/ ]+?) asks for a session interval of (\d+) seconds with refresher (uac|uas)$")]
fn session_timer(world: &mut World, who: String, seconds: u32, refresher: String, step: &Step) {
    let who = party_of(world, step, &who);
    arrange(world, who, Arranged::SessionTimer(seconds, refresher));
}

#[given(regex = r"^(\w+'s client|the [\w/ ]+?) allows ([A-Z, ]+)$")]
fn allows(world: &mut World, who: String, methods: String, step: &Step) {
    let who = party_of(world, step, &who);
    let methods = methods.split(',').map(|m| m.trim().to_owned()).collect();
    arrange(world, who, Arranged::Allows(methods));
}

#[given(regex = r"^(\w+)'s client adds (\S+) to its Contact$")]
fn contact(world: &mut World, who: String, parameter: String) {
    arrange(world, who, Arranged::ContactParameter(parameter));
}

#[given(regex = r"^(\w+'s client|the [\w/ ]+?) changes what it sends$")]
fn changes(world: &mut World, who: String, step: &Step) {
    let who = party_of(world, step, &who);
    for (line, [message, change]) in world.rows(step, ["message", "change"]) {
        for named in whereabouts::named(&change) {
            place(world, line, &named);
        }
        match Tampering::parse(&message, &change) {
            Ok(tampering) => arrange(world, who.clone(), Arranged::Tampers(tampering)),
            Err(Unread::Message) => {
                let hint = "say for example \u{201c}200 to INVITE\u{201d}, \u{201c}3rd MSRP SEND\u{201d}, \u{201c}from the 2nd MSRP 200\u{201d}";
                world.complain(line, format!("no message is called \u{201c}{message}\u{201d}"), Some(hint.into()));
            }
            Err(Unread::Change) => {
                let known: Vec<String> = Change::vocabulary().iter().map(|c| (*c).to_owned()).collect();
                let hint = did_you_mean(&change, &known);
                world.complain(line, format!("there is no change \u{201c}{change}\u{201d}"), hint);
            }
        }
    }
}

#[given(
    regex = r"^(\w+) (releases the session|aborts the MSRP connection|modifies the session|breaks the message off|sends a message over a second connection) once (\d+) chunks have (come|gone)$"
)]
fn once_chunks(world: &mut World, who: String, deed: String, count: u32, way: String) {
    let act = match deed.as_str() {
        "releases the session" => Act::Release,
        "aborts the MSRP connection" => Act::Reset,
        "sends a message over a second connection" => Act::Intrude,
        "modifies the session" => Act::Modify(Modification::default()),
        _ => Act::Abort,
    };
    let when = if way == "come" { Occasion::ChunksReceived(count) } else { Occasion::ChunksSent(count) };
    arrange(world, who, Arranged::Intends(Intention { when, act }));
}

#[given(regex = r"^(\w+) reports failure (\d{3}) once (\d+) chunks have come$")]
fn reports_failure(world: &mut World, who: String, status: u16, count: u32) {
    let when = Occasion::ChunksReceived(count);
    arrange(world, who, Arranged::Intends(Intention { when, act: Act::ReportFailure { status } }));
}

#[given(regex = r"^(\w+) cancels the invitation once it rings$")]
fn cancels(world: &mut World, who: String) {
    arrange(world, who, Arranged::Intends(Intention { when: Occasion::Ringing, act: Act::Cancel }));
}

#[given(regex = r"^(\w+) (declines|takes) the invitation at once$")]
fn decides(world: &mut World, who: String, how: String) {
    let act = if how == "declines" { Act::Decline } else { Act::Accept { only: Vec::new() } };
    arrange(world, who, Arranged::Intends(Intention { when: Occasion::Invited, act }));
}

#[given(regex = r"^(\w+) takes only the (.+?) files?$")]
fn takes_some(world: &mut World, who: String, which: String, step: &Step) {
    let only = numbers(world, step, &which, "file");
    let act = Act::Accept { only };
    arrange(world, who, Arranged::Intends(Intention { when: Occasion::Invited, act }));
}

#[given(regex = r"^the network delivers streams one octet at a time$")]
fn one_octet(world: &mut World) {
    world.plan().network.push(Condition::OneOctetSegments);
}

#[given(regex = r"^(\w+)'s client speaks SIP over TLS$")]
fn sip_over_tls(world: &mut World, who: String, step: &Step) {
    known(world, step, &who);
    arrange(world, who, Arranged::SpeaksOverTls);
}

#[given(regex = r"^MSRP is secured with TLS$")]
fn msrp_over_tls(world: &mut World) {
    world.plan().network.push(Condition::MsrpOverTls);
}

#[given(regex = r"^the network loses (\d{1,2}) percent of the datagrams$")]
fn loss(world: &mut World, percent: u8) {
    world.plan().network.push(Condition::Loss(percent));
}

/// The party that a step names: `Bob` of `Bob's client`, or a server by what plans call it.
pub(super) fn party_of(world: &mut World, step: &Step, words: &str) -> String {
    party_at(world, line_of(step), words)
}

fn party_at(world: &mut World, line: u32, words: &str) -> String {
    match (words.strip_suffix("'s client"), words.strip_prefix("the ")) {
        (Some(name), _) => {
            known_at(world, line, name);
            name.to_owned()
        }
        (None, Some(words)) => server(world, line, words),
        (None, None) => words.to_owned(),
    }
}

/// That it can be known where somebody is whom a change names.
fn place(world: &mut World, line: u32, named: &Named<'_>) {
    let is_named = match named.what {
        Some(What::Contact) => named.party.ends_with("'s client"),
        Some(_) => named.party.starts_with("the ") || named.party.ends_with("'s client"),
        None => false,
    };
    if !is_named {
        let hint = "say {SIP of Bob's client}, {MSRP of the conference server}, {Contact of Bob's client}";
        world.complain(line, format!("no address is called \u{201c}{}\u{201d}", named.text), Some(hint.into()));
        return;
    }
    party_at(world, line, named.party);
}

/// What plans call the server of these words.
fn server(world: &mut World, line: u32, words: &str) -> String {
    if let Some((_, party)) = SERVERS.iter().find(|(known, _)| *known == words) {
        return (*party).to_owned();
    }
    let known: Vec<String> = SERVERS.iter().map(|(known, _)| (*known).to_owned()).collect();
    let hint = did_you_mean(words, &known).or_else(|| Some(format!("the servers are {}", known.join(", "))));
    world.complain(line, format!("no server is called \u{201c}{words}\u{201d}"), hint);
    words.to_owned()
}

fn keep(world: &mut World, who: &str, rule: Rule) {
    arrange(world, who.to_owned(), Arranged::Keeps(rule));
}

fn arrange(world: &mut World, who: String, what: Arranged) {
    world.plan().arrangements.push(Arrangement { who, what });
}

fn client(kind: &str) -> Client {
    if kind == "CPM" { Client::Cpm } else { Client::Im }
}

/// `Bob, Carol and Dave` taken apart.
pub(super) fn names_of(list: &str) -> Vec<String> {
    list.split(',')
        .flat_map(|part| part.split(" and "))
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty())
        .collect()
}

/// `1st and 3rd` taken apart; what has no such number is complained about.
pub(super) fn numbers(world: &mut World, step: &Step, list: &str, kind: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    for word in names_of(list) {
        match word.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse::<u32>() {
            Ok(number) if number > 0 => numbers.push(number),
            _ => {
                let message = format!("\u{201c}{word}\u{201d} is the number of no {kind}");
                let hint = format!("say for example \u{201c}the 1st and 3rd {kind}s\u{201d}");
                world.complain(line_of(step), message, Some(hint));
            }
        }
    }
    numbers
}

/// Complains about a group that the scenario does not have.
fn known_group(world: &mut World, step: &Step, name: &str) {
    let known: Vec<String> = world.plan().groups.iter().map(|group| group.name.clone()).collect();
    if !known.iter().any(|group| group == name) {
        let hint = did_you_mean(name, &known);
        world.complain(line_of(step), format!("no group is called \u{201c}{name}\u{201d}"), hint);
    }
}

/// Complains about a name that nobody of the scenario has.
pub(super) fn known(world: &mut World, step: &Step, name: &str) {
    known_at(world, line_of(step), name);
}

fn known_at(world: &mut World, line: u32, name: &str) {
    let names: Vec<String> = world.plan().names().into_iter().map(str::to_owned).collect();
    if !names.iter().any(|n| n == name) {
        let hint = did_you_mean(name, &names).or_else(|| Some(format!("this scenario knows {}", names.join(", "))));
        world.complain(line, format!("nobody here is called \u{201c}{name}\u{201d}"), hint);
    }
}
