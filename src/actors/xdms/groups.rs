//! Shared group documents: read into what a Controlling Function goes by, and written from it (OMA XDM groups, RFC 4745
//! for the rules).

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::refusal::Refusal;
use crate::actors::controlling::{Group, Member, Who};
use crate::wire::mime::xml;
use crate::wire::uri::Uri;

pub(super) const NS: &str = "urn:oma:xml:poc:list-service";
const RULES_NS: &str = "urn:ietf:params:xml:ns:common-policy";
const LISTS_NS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// Members and rules of one group, and the URI lists that one list or rule points to.
const MOST_ENTRIES: usize = 1_000;
const MOST_RULES: usize = 100;
const MOST_LISTS: usize = 8;

/// A group document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct GroupDocument {
    uri: String,
    display_name: Option<String>,
    members: Vec<Member>,
    /// URI lists whose entries are members too.
    lists: Vec<String>,
    invites_members: bool,
    max_participants: Option<usize>,
    may_initiate: Vec<Condition>,
    may_join: Vec<Condition>,
    /// A rule allows it. Whom the rule is for counts no more than for getting in.
    allows_anonymity: bool,
}

/// For whom a rule is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Condition {
    Anyone,
    Members,
    These(Vec<String>),
    /// Those on these URI lists.
    Lists(Vec<String>),
}

impl GroupDocument {
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The group as a Controlling Function has it; `on_list` gives the entries of a URI list.
    pub fn group(&self, on_list: &dyn Fn(&str) -> Vec<Member>) -> Group {
        let mut members = self.members.clone();
        for member in self.lists.iter().flat_map(|list| on_list(list)) {
            if members.len() < MOST_ENTRIES && !members.iter().any(|known| known.uri == member.uri) {
                members.push(member);
            }
        }
        let who = |conditions: &Vec<Condition>| {
            let one = |condition: &Condition| match condition {
                Condition::Anyone => Who::Anyone,
                Condition::Members => Who::Members,
                Condition::These(users) => Who::These(users.clone()),
                Condition::Lists(lists) => {
                    Who::These(lists.iter().flat_map(|list| on_list(list)).map(|member| member.uri).collect())
                }
            };
            match &conditions[..] {
                // Nobody may what no rule allows (RFC 4745 §10).
                [] => Who::Nobody,
                [only] => one(only),
                several => Who::OneOf(several.iter().map(one).collect()),
            }
        };
        Group {
            uri: self.uri.clone(),
            display_name: self.display_name.clone(),
            invites_members: self.invites_members,
            max_participants: self.max_participants,
            may_initiate: who(&self.may_initiate),
            may_join: who(&self.may_join),
            allows_anonymity: self.allows_anonymity,
            members,
        }
    }
}

/// Reads a document; a group of another domain is none of this server's.
pub(super) fn read(document: &Document<'_>, domain: &str) -> Result<GroupDocument, Refusal> {
    let root = document.root_element();
    if !root.has_tag_name((NS, "group")) {
        return Err(Refusal::schema(format!("the root is not group of {NS}")));
    }
    let services: Vec<Node<'_, '_>> = xml::elements(root).filter(|n| n.has_tag_name((NS, "list-service"))).collect();
    let [service] = services[..] else { return Err(Refusal::schema("a group has one list-service")) };
    let uri = service.attribute("uri").map(str::trim).unwrap_or_default();
    let mut group = GroupDocument {
        uri: own_uri(uri, domain)?,
        display_name: of(service, "display-name").map(xml::text).filter(|name| !name.is_empty()),
        members: Vec::new(),
        lists: Vec::new(),
        invites_members: of(service, "invite-members").map_or(Ok(false), boolean)?,
        max_participants: of(service, "max-participant-count").map(count).transpose()?,
        may_initiate: Vec::new(),
        may_join: Vec::new(),
        allows_anonymity: false,
    };
    for entry in of(service, "list").into_iter().flat_map(xml::elements) {
        match entry.tag_name().name() {
            "entry" => group.members.push(member(entry)?),
            "external" => group.lists.push(entry.attribute("anchor").map(str::to_owned).unwrap_or_default()),
            _ => {}
        }
        if group.members.len() > MOST_ENTRIES || group.lists.len() > MOST_LISTS {
            return Err(Refusal::constraint("the list has more entries than are taken"));
        }
    }
    let rules = xml::elements(service).find(|n| n.has_tag_name((RULES_NS, "ruleset")));
    let rules: Vec<Node<'_, '_>> = rules.into_iter().flat_map(xml::elements).collect();
    let by_list = rules.iter().filter(|n| n.descendants().any(|n| n.tag_name().name() == "external-list")).count();
    if rules.len() > MOST_RULES || by_list > MOST_LISTS {
        return Err(Refusal::constraint("there are more rules than are taken"));
    }
    for rule in rules.into_iter().filter(|n| n.has_tag_name((RULES_NS, "rule"))) {
        let Some(condition) = condition(rule)? else { continue };
        let actions = xml::elements(rule).find(|n| n.has_tag_name((RULES_NS, "actions")));
        for action in actions.into_iter().flat_map(xml::elements) {
            match action.tag_name().name() {
                "allow-initiate-conference" if boolean(action)? => group.may_initiate.push(condition.clone()),
                "join-handling" if boolean(action)? => group.may_join.push(condition.clone()),
                "allow-anonymity" => group.allows_anonymity |= boolean(action)?,
                _ => {}
            }
        }
    }
    Ok(group)
}

/// Writes the document of a group.
pub fn write(group: &Group) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <group xmlns=\"{NS}\" xmlns:rl=\"{LISTS_NS}\" xmlns:cp=\"{RULES_NS}\">\n  <list-service uri=\"{}\">\n",
        xml::escape(&group.uri)
    );
    if let Some(name) = &group.display_name {
        let _ = writeln!(out, "    <display-name>{}</display-name>", xml::escape(name));
    }
    out.push_str("    <list>\n");
    for member in &group.members {
        let name = member.display_name.as_deref().map(xml::escape);
        let name = name.map(|name| format!("<rl:display-name>{name}</rl:display-name>")).unwrap_or_default();
        let _ = writeln!(out, "      <entry uri=\"{}\">{name}</entry>", xml::escape(&member.uri));
    }
    let _ = writeln!(out, "    </list>\n    <invite-members>{}</invite-members>", group.invites_members);
    if let Some(most) = group.max_participants {
        let _ = writeln!(out, "    <max-participant-count>{most}</max-participant-count>");
    }
    out.push_str("    <cp:ruleset>\n");
    rule(&mut out, "initiate", &group.may_initiate, "allow-initiate-conference");
    rule(&mut out, "join", &group.may_join, "join-handling");
    if group.allows_anonymity {
        rule(&mut out, "hide", &Who::Anyone, "allow-anonymity");
    }
    out.push_str("    </cp:ruleset>\n  </list-service>\n</group>\n");
    out
}

/// The rules that allow something to those who may; none where nobody may.
fn rule(out: &mut String, id: &str, who: &Who, action: &str) {
    let condition = match who {
        Who::Nobody => return,
        Who::OneOf(several) => {
            for (nth, who) in several.iter().enumerate() {
                rule(out, &format!("{id}-{nth}"), who, action);
            }
            return;
        }
        Who::Anyone => String::new(),
        Who::Members => "<is-list-member/>".to_owned(),
        Who::These(users) => {
            let ones: String = users.iter().map(|user| format!("<cp:one id=\"{}\"/>", xml::escape(user))).collect();
            format!("<cp:identity>{ones}</cp:identity>")
        }
    };
    let _ = writeln!(
        out,
        "      <cp:rule id=\"{id}\"><cp:conditions>{condition}</cp:conditions>\
         <cp:actions><{action}>true</{action}></cp:actions></cp:rule>"
    );
}

/// For whom a rule is; none where it has a condition that this server does not know, which then never holds
/// (RFC 4745 §7.1). What it knows and cannot do is refused, for it must not allow more than was meant.
fn condition(rule: Node<'_, '_>) -> Result<Option<Condition>, Refusal> {
    let conditions = xml::elements(rule).find(|n| n.has_tag_name((RULES_NS, "conditions")));
    let conditions: Vec<Node<'_, '_>> = conditions.into_iter().flat_map(xml::elements).collect();
    let [condition] = conditions[..] else {
        return match conditions.len() {
            0 => Ok(Some(Condition::Anyone)),
            _ => Err(Refusal::constraint("a rule with several conditions")),
        };
    };
    Ok(match condition.tag_name().name() {
        "identity" => Some(identity(condition)?),
        "is-list-member" if !xml::text(condition).is_empty() && !boolean(condition)? => {
            return Err(Refusal::constraint("a rule for those who are no members"));
        }
        "is-list-member" => Some(Condition::Members),
        "external-list" => {
            let anchor = |entry: Node<'_, '_>| entry.attribute("anc").map(str::to_owned);
            let lists: Vec<String> = xml::elements(condition).filter_map(anchor).collect();
            if lists.len() > MOST_LISTS {
                return Err(Refusal::constraint("a rule for more lists than are taken"));
            }
            Some(Condition::Lists(lists))
        }
        _ => None,
    })
}

fn identity(condition: Node<'_, '_>) -> Result<Condition, Refusal> {
    let mut users = Vec::new();
    for who in xml::elements(condition) {
        match who.tag_name().name() {
            "one" => users.push(who.attribute("id").unwrap_or_default().trim().to_owned()),
            "many" if who.attributes().next().is_none() && xml::elements(who).next().is_none() => {
                return Ok(Condition::Anyone);
            }
            _ => return Err(Refusal::constraint("identities other than one, and many without exceptions")),
        }
    }
    if users.len() > MOST_ENTRIES {
        return Err(Refusal::constraint("a rule for more people than are taken"));
    }
    Ok(Condition::These(users))
}

/// A member of a list.
pub(super) fn member(entry: Node<'_, '_>) -> Result<Member, Refusal> {
    let uri = entry.attribute("uri").map(str::trim).unwrap_or_default();
    let parsed = Uri::parse(uri);
    if parsed.user.is_none() || uri.contains(['<', '>', '"', '\r', '\n', ' ']) {
        return Err(Refusal::schema(format!("`{uri}` is nobody's address")));
    }
    let name = xml::child_text(entry, "display-name").filter(|name| !name.is_empty());
    Ok(Member { uri: uri.to_owned(), display_name: name })
}

fn own_uri(uri: &str, domain: &str) -> Result<String, Refusal> {
    let parsed = Uri::parse(uri);
    let host = parsed.host.map(|host| host.to_string()).unwrap_or_default();
    let named = parsed.user.filter(|user| user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c)));
    let own = named.filter(|_| host.eq_ignore_ascii_case(domain)).map(|user| format!("sip:{user}@{domain}"));
    own.filter(|own| own.eq_ignore_ascii_case(uri))
        .ok_or_else(|| Refusal::constraint(format!("the URI of a group is like sip:friends@{domain}")))
}

fn of<'a, 'i>(service: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    xml::elements(service).find(|n| n.has_tag_name((NS, name)))
}

/// An `xs:boolean`.
fn boolean(node: Node<'_, '_>) -> Result<bool, Refusal> {
    truth(&xml::text(node)).ok_or_else(|| Refusal::schema(format!("{} is true or false", node.tag_name().name())))
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn count(node: Node<'_, '_>) -> Result<usize, Refusal> {
    let text = xml::text(node);
    text.parse().map_err(|_| Refusal::schema(format!("{} is a number", node.tag_name().name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(anchor: &str) -> Vec<Member> {
        let uri = format!("sip:{anchor}@a.example");
        vec![Member { uri, display_name: None }]
    }

    fn group(content: &str) -> Result<Group, Refusal> {
        let text = format!(
            "<group xmlns='{NS}' xmlns:cp='{RULES_NS}'><list-service uri='sip:team@a.example'>{content}</list-service></group>"
        );
        let document = xml::read(text.as_bytes()).expect("a document");
        read(&document, "a.example").map(|read| read.group(&list))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let plain = Group::new("sip:team@a.example", &["sip:alice@a.example", "sip:bob@a.example"]);
        let named = Member { uri: "sip:c@b".to_owned(), display_name: Some("C & <D>".to_owned()) };
        for group in [
            plain.clone(),
            Group { may_join: Who::Nobody, invites_members: false, max_participants: Some(7), ..plain.clone() },
            Group { may_initiate: Who::Anyone, allows_anonymity: true, members: vec![named], ..plain.clone() },
            Group { may_join: Who::These(vec!["sip:e@a.example".to_owned()]), ..plain.clone() },
            Group {
                display_name: Some("The \"team\"".to_owned()),
                may_initiate: Who::OneOf(vec![Who::Members, Who::These(vec!["sip:e@a.example".to_owned()])]),
                ..plain
            },
        ] {
            let text = write(&group);
            let document = xml::read(text.as_bytes()).expect("a document");
            assert_eq!(read(&document, "a.example").map(|read| read.group(&list)), Ok(group), "{text}");
        }
    }

    #[track_caller]
    fn check_rule(conditions: &str, value: &str, expected: Result<Who, u16>) {
        let rule = format!(
            "<cp:ruleset><cp:rule id='a'>{conditions}<cp:actions><join-handling>{value}</join-handling></cp:actions>\
             </cp:rule></cp:ruleset>"
        );
        let read = group(&rule).map(|group| group.may_join);
        assert_eq!(read.map_err(|refusal| refusal.status), expected, "{conditions}");
    }

    #[test]
    fn rules_allow_no_more_than_is_meant() {
        let with = |condition: &str| format!("<cp:conditions>{condition}</cp:conditions>");
        let these = |users: &[&str]| Who::These(users.iter().map(|user| (*user).to_owned()).collect());
        check_rule("", "true", Ok(Who::Anyone));
        check_rule("", "1", Ok(Who::Anyone));
        check_rule("", "false", Ok(Who::Nobody));
        check_rule("", "False", Err(409));
        check_rule(&with(""), "true", Ok(Who::Anyone));
        check_rule(&with("<is-list-member/>"), "true", Ok(Who::Members));
        check_rule(&with("<is-list-member>false</is-list-member>"), "true", Err(409));
        let one = "<cp:identity><cp:one id='sip:bob@a.example'/></cp:identity>";
        check_rule(&with(one), "true", Ok(these(&["sip:bob@a.example"])));
        check_rule(&with("<cp:identity><cp:many/></cp:identity>"), "true", Ok(Who::Anyone));
        check_rule(&with("<cp:identity><cp:many domain='b'/></cp:identity>"), "true", Err(409));
        check_rule(&with("<cp:identity/>"), "true", Ok(these(&[])));
        check_rule(&with("<external-list><entry anc='x'/></external-list>"), "true", Ok(these(&["sip:x@a.example"])));
        check_rule(&with("<cp:sphere value='work'/>"), "true", Ok(Who::Nobody));
        check_rule(&with(&format!("<is-list-member/>{one}")), "true", Err(409));
    }

    #[test]
    fn what_is_no_group_is_refused() {
        #[track_caller]
        fn check(content: &str, expected: Result<(), u16>) {
            assert_eq!(group(content).map(drop).map_err(|refusal| refusal.status), expected, "{content}");
        }
        check("", Ok(()));
        check("<list><entry uri='sip:bob@a.example'/><external anchor='x'/></list>", Ok(()));
        check("<list><entry/></list>", Err(409));
        check("<list><entry uri='bob'/></list>", Err(409));
        check("<list><entry uri='sip:b@a&gt;&#13;&#10;X: y'/></list>", Err(409));
        check(&format!("<list>{}</list>", "<entry uri='sip:b@a'/>".repeat(MOST_ENTRIES + 1)), Err(409));
        check("<max-participant-count>many</max-participant-count>", Err(409));
        check("<invite-members>yes</invite-members>", Err(409));
        check("</list-service><list-service uri='sip:b@a.example'>", Err(409));
        for uri in ["sip:team@b.example", "sip:te%61m@a.example", "sip:team@a.example;x", "team", ""] {
            assert!(own_uri(uri, "a.example").is_err(), "{uri}");
        }
    }
}
