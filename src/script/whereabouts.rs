//! Addresses that a feature names by whose they are: `{SIP of Bob's client}` and `{MSRP of the conference server}` in a
//! change stand for where that party is in the network that is played in, whatever its addresses and its transport.
//!
//! It puts them in; it must not know what a change does with them.

use super::home::{Home, Protection, one_above};
use super::plan::{Plan, SERVERS};
use crate::net::tamper::Tampering;

/// A place in a text that names somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named<'t> {
    /// With its braces.
    pub text: &'t str,
    /// Nothing where the words are none of these.
    pub what: Option<What>,
    /// `Bob's client` or `the conference server`.
    pub party: &'t str,
}

/// What of an address is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// What the party gives as its Contact, without parameters: a SIP URI in angle brackets (RFC 3261 §20.10).
    Contact,
    /// Host and port of a SIP URI, with the parameter for its transport where it needs one (RFC 3261 §19.1.1).
    Sip,
    /// The beginning of an MSRP URI: scheme, host and port (RFC 4975 §6).
    Msrp,
}

/// Who is named in a text, in order.
pub fn named(text: &str) -> impl Iterator<Item = Named<'_>> {
    text.match_indices('{').filter_map(|(at, _)| {
        let text = &text[at..];
        let text = &text[..=text.find('}')?];
        let (what, party) = text[1..text.len() - 1].split_once(" of ")?;
        let what = match what {
            "Contact" => Some(What::Contact),
            "SIP" => Some(What::Sip),
            "MSRP" => Some(What::Msrp),
            _ => None,
        };
        Some(Named { text, what, party })
    })
}

/// The change of a plan with the addresses that it has in this network.
pub fn in_network(tampering: &Tampering, plan: &Plan, home: &Home) -> Tampering {
    let words = tampering.change.to_string();
    let mut placed = words.clone();
    for named in named(&words) {
        if let Some(address) = address(&named, plan, home) {
            placed = placed.replace(named.text, &address);
        }
    }
    if placed == words {
        return tampering.clone();
    }
    // Another address in a change that could be read leaves one that can be read.
    match Tampering::parse(&tampering.selector.to_string(), &placed) {
        Ok(read) => Tampering { way: tampering.way, ..read },
        Err(_) => tampering.clone(),
    }
}

/// Whether a text is that, with some address wherever the words name one.
pub fn is_like(text: &str, words: &str) -> bool {
    let mut rest = (text, words);
    for named in named(words) {
        let Some((before, behind)) = rest.1.split_once(named.text) else { return false };
        let Some(from) = rest.0.strip_prefix(before) else { return false };
        // An address is followed by nothing that could be of it.
        let next = behind.split_once('{').map_or(behind, |(until, _)| until);
        let end = if next.is_empty() { Some(from.len()) } else { from.find(next) };
        let Some(end) = end.filter(|end| *end > 0) else { return false };
        rest = (&from[end..], behind);
    }
    rest.0 == rest.1
}

fn address(named: &Named<'_>, plan: &Plan, home: &Home) -> Option<String> {
    let words = named.party;
    let person = words.strip_suffix("'s client");
    let at = match person {
        Some(name) => home.client_sip(plan.names().into_iter().position(|known| known == name)?),
        None => {
            let (_, server) = SERVERS.iter().find(|(known, _)| words.strip_prefix("the ") == Some(known))?;
            home.server(server)?
        }
    };
    let everybody = home.sip_security == Protection::Tls;
    let alone = !everybody && person.is_some_and(|name| plan.speaks_over_tls(name));
    let sip = if alone { one_above(at) } else { at };
    let parameter = if everybody || alone { ";transport=tls" } else { "" };
    Some(match named.what? {
        What::Contact => {
            let address = home.address_of(person?);
            format!("<{}{sip}{parameter}>", &address[..=address.find('@')?])
        }
        What::Sip => format!("{sip}{parameter}"),
        What::Msrp => {
            let scheme = if home.msrp_security == Protection::Tls { "msrps" } else { "msrp" };
            format!("{scheme}://{}", if words == "the MSRP relay" { at } else { home.msrp_of(at) })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::feature::Selection;
    use crate::script::files::Files;
    use crate::script::load::load;
    use crate::script::plan::{Arranged, Arrangement};
    use crate::script::yaml;

    /// Alice, and Bob whose client speaks TLS to a core that everybody else speaks UDP to.
    async fn plan() -> Plan {
        let chosen = Selection::parse(&["im/9.1.1.2/one-recipient".to_owned()], None, None).unwrap();
        let mut plan =
            load(Files::embedded(), &chosen).await.unwrap_or_else(|wrong| panic!("{}", wrong[0])).plans.remove(0);
        plan.arrangements.push(Arrangement { who: "Bob".to_owned(), what: Arranged::SpeaksOverTls });
        plan
    }

    #[tokio::test]
    async fn whoever_is_named_is_where_the_network_has_him() {
        let files = Files::embedded();
        let plain = Home::load(&files).unwrap();
        let one_host: Home = yaml::from_str("one", include_str!("../../scenarios/home-one-host.yaml")).unwrap();
        let secured = Home { msrp_security: Protection::Tls, ..plain.clone().over_tls() };
        let plan = plan().await;
        for (words, [in_plain, in_one_host, in_secured]) in [
            (
                "<sip:a@{SIP of Alice's client};lr>",
                ["<sip:a@127.0.0.11:5060;lr>", "<sip:a@[::1]:5070;lr>", "<sip:a@127.0.0.11:5061;transport=tls;lr>"],
            ),
            (
                "{Contact of Bob's client};q=0.5",
                [
                    "<sip:bob@127.0.0.12:5061;transport=tls>;q=0.5",
                    "<sip:bob@[::1]:5072;transport=tls>;q=0.5",
                    "<sip:bob@127.0.0.12:5061;transport=tls>;q=0.5",
                ],
            ),
            (
                "{MSRP of Bob's client}/x;tcp",
                ["msrp://127.0.0.12:2855/x;tcp", "msrp://[::1]:7071/x;tcp", "msrps://127.0.0.12:2855/x;tcp"],
            ),
            (
                "{SIP of the conference server} {MSRP of the MSRP relay}",
                [
                    "127.0.0.3:5060 msrp://127.0.0.7:2855",
                    "[::1]:5062 msrp://[::1]:2955",
                    "127.0.0.3:5061;transport=tls msrps://127.0.0.7:2855",
                ],
            ),
            ("{SIP of Nobody's client} {a} {", ["{SIP of Nobody's client} {a} {"; 3]),
        ] {
            let tampering = Tampering::parse("INVITE", &format!("set header X to {words}")).unwrap();
            for (home, placed) in [(&plain, in_plain), (&one_host, in_one_host), (&secured, in_secured)] {
                let change = in_network(&tampering, &plan, home).change.to_string();
                assert_eq!(change, format!("set header X to {placed}"));
            }
        }
    }

    #[test]
    fn any_address_will_do_where_nobody_says_whose_it_is() {
        const MOVED: &str = "<sip:moved@{SIP of the conference server}>;isfocus";
        for (text, words, like) in [
            ("<sip:moved@192.0.2.1:5060>;isfocus", MOVED, true),
            ("<sip:moved@[2001:db8::1]:5061;transport=tls>;isfocus", MOVED, true),
            ("<sip:moved@>;isfocus", MOVED, false),
            ("<sip:moved@192.0.2.1:5060>", MOVED, false),
            ("<sip:conference@192.0.2.1:5060>;isfocus", MOVED, false),
            ("<sip:moved@192.0.2.1:5060>;isfocus;+g.oma", MOVED, false),
            ("msrps://192.0.2.1:2855/x;tcp", "{MSRP of Bob's client}/x;tcp", true),
            ("192.0.2.1", "{SIP of Bob's client}", true),
            ("192.0.2.1 192.0.2.2!", "{SIP of Bob's client} {SIP of Alice's client}!", true),
            ("same", "same", true),
            ("same", "other", false),
        ] {
            assert_eq!(is_like(text, words), like, "{text} {words}");
        }
    }
}
