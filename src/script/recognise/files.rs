//! Files that an invitation offers, and whether they are such as a plan has (IMCR 6.1.3.3.3, RFC 5547).
//!
//! What a file is called, and of which type it is, the user chose: of that a capture vouches for nothing.

use super::facts::Facts;
use crate::actors::act::{Act, File, FileForm, Intention, Sending};
use crate::judge::Scene;
use crate::net::tamper::{Change, Kind, Tampering, Which};
use crate::script::plan::{Arranged, Arrangement, Plan, Whom};
use crate::wire::sdp::{Direction, Media, Session};
use crate::wire::sip::Message;

/// The type of files that a plan gives none.
const PLAIN: &str = "text/plain";

/// What an offer says of the file of one medium.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Offered {
    /// It is described by `file-selector`, and by the attributes of the draft before it.
    rfc: bool,
    draft: bool,
    name: Option<String>,
    media_type: Option<String>,
    disposition: bool,
    preview: bool,
    /// The answer does not reject it.
    taken: bool,
}

/// The files of an offer, by the places of its media; none where its first MSRP medium is for no file, or asks for one.
pub fn offered(session: &Session, message: &Message, answered: Option<&Message>) -> Vec<Offered> {
    let first = session.msrp_media().is_some_and(|media| is_file(&media) && !is_asked_for(session, &media));
    if !first {
        return Vec::new();
    }
    // A preview that nothing refers to is one all the same.
    let picture = message.bodies().iter().any(|part| part.content_type().main().eq_ignore_ascii_case("image"));
    let answer = answered.and_then(Message::description).map(|(answer, _)| answer);
    let rejected: Vec<bool> = answer.iter().flat_map(|answer| answer.media()).map(|m| m.port == Some(0)).collect();
    let media = session.media().enumerate();
    let offered = |(place, media): (usize, Media<'_>)| Offered {
        preview: picture || has_icon(&media),
        taken: !rejected.get(place).copied().unwrap_or(false),
        ..of(&media)
    };
    media.map(offered).collect()
}

/// Whether a medium is for a file, be it that not all is said of it that should be.
pub fn is_file(media: &Media<'_>) -> bool {
    is_by_rfc(media) || media.filename().is_some() || media.filetype().is_some()
}

fn is_by_rfc(media: &Media<'_>) -> bool {
    media.attribute("file-selector").is_some() || media.file_transfer_id().is_some()
}

fn is_asked_for(session: &Session, media: &Media<'_>) -> bool {
    let mut attributes = media.attributes().chain(session.attributes());
    let direction = attributes.find_map(|a| Direction::parse(&a.name.to_ascii_lowercase()));
    matches!(direction, Some(Direction::RecvOnly | Direction::Inactive))
}

fn has_icon(media: &Media<'_>) -> bool {
    media.icon().is_some() || media.file_icon().is_some()
}

fn of(media: &Media<'_>) -> Offered {
    if !is_file(media) {
        return Offered::default();
    }
    let selector = media.file_selector();
    let (name, media_type) = match &selector {
        Some(selector) => (selector.name.as_deref(), selector.media_type),
        None => (media.filename(), media.filetype()),
    };
    Offered {
        rfc: is_by_rfc(media),
        draft: media.filename().is_some() || media.filetype().is_some(),
        name: name.map(str::to_owned),
        media_type: media_type.map(str::to_owned),
        disposition: media.disposition().is_some() || media.file_disposition().is_some(),
        ..Offered::default()
    }
}

/// Whether the plan is about files: somebody sends some, or is made to say so.
pub fn is_about(plan: &Plan) -> bool {
    plan.sends().is_some_and(|(_, _, _, sending)| sending.file.is_some())
        || plan.arrangements.iter().any(|a| matches!(&a.what, Arranged::Tampers(tampering) if makes_file(tampering)))
}

/// Whether two offers are of the same files, by their names.
pub fn are_same(one: &[Offered], other: &[Offered]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.name.is_some() && one.name == other.name)
}

/// Whether the plan is about an offer to one that is refused for its kind of body (RFC 5547 §8.8).
pub fn is_offered_again(plan: &Plan) -> bool {
    let refused = |a: &Arrangement| matches!(a.what, Arranged::Answers(415));
    plan.arrangements.iter().any(refused) && matches!(plan.sends(), Some((_, Whom::People(to), ..)) if to.len() == 1)
}

fn makes_file(Tampering { selector, change, .. }: &Tampering) -> bool {
    let described = matches!(change, Change::SetSdpAttribute(name, _) if name == "file-selector" || name == "filename");
    described && selector.kind == Kind::Request("INVITE".to_owned())
}

/// Whether nothing of the files that are offered is against those that the plan has. Of several, those are taken that the
/// plan has somebody take.
pub fn agree(plan: &Plan, facts: &Facts) -> bool {
    let Some((_, _, _, sending)) = plan.sends() else { return true };
    let own: Vec<&File> = files(sending).map(|(file, _)| file).collect();
    let described = |(file, offered): (&&File, &Offered)| {
        let form = match file.form {
            FileForm::Draft => offered.draft,
            FileForm::Rfc5547 => offered.rfc,
        };
        form && (file.disposition.is_none() || offered.disposition) && (file.preview.is_none() || offered.preview)
    };
    (own.is_empty() || (own.len() == facts.files.len() && own.iter().zip(&facts.files).all(described)))
        // What becomes of an offer that is not sound is what such plans are about.
        && (plan.arrangements.iter().any(spoils_offer) || took(chosen(plan), &facts.files))
}

fn spoils_offer(arrangement: &Arrangement) -> bool {
    let Arranged::Tampers(Tampering { selector, change, .. }) = &arrangement.what else { return false };
    let about_file = matches!(change, Change::SetSdpAttribute(name, _) if name.starts_with("file-"));
    about_file && selector.which == Which::Every && selector.kind == Kind::Request("INVITE".to_owned())
}

/// The numbers of the files that somebody takes, counted from 1; none where all are.
fn chosen(plan: &Plan) -> &[u32] {
    let only = plan.arrangements.iter().find_map(|a| match &a.what {
        Arranged::Intends(Intention { act: Act::Accept { only }, .. }) => Some(only.as_slice()),
        _ => None,
    });
    only.unwrap_or_default()
}

fn took(only: &[u32], files: &[Offered]) -> bool {
    (1..).zip(files).all(|(number, file)| file.taken == (only.is_empty() || only.contains(&number)))
}

/// The names and types of the plan's files that those which are offered do not have.
pub fn unlike<'p>(sending: Option<&'p Sending>, facts: &Facts) -> Vec<&'p str> {
    let mut unlike = Vec::new();
    for ((file, media_type), offered) in sending.into_iter().flat_map(files).zip(&facts.files) {
        if offered.name.as_deref() != Some(file.name.as_str()) {
            unlike.push(file.name.as_str());
        }
        let typed = offered.media_type.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(media_type));
        if !typed {
            unlike.push(media_type);
        }
    }
    unlike
}

/// Whether another file was offered over the medium of the first, when that was through (RFC 5547 §8.6).
pub fn came_one_after_the_other(who: &str, scene: &Scene<'_>) -> bool {
    let ids = scene.requests(who, "INVITE").filter_map(|id| {
        let (session, _) = scene.sip(id).description()?;
        Some(session.msrp_media()?.file_transfer_id()?.to_owned())
    });
    let ids: Vec<String> = ids.collect();
    ids.windows(2).any(|two| two[0] != two[1])
}

/// Whether the party closes the medium of a file that comes, while the other side sends it (RFC 5547 §8.4).
pub fn is_end_of_transfer(message: &Message) -> bool {
    let closed = |session: &Session| {
        session.media().any(|media| media.port == Some(0) && (is_file(&media) || media.file_transfer_id().is_some()))
            || session.media().all(|media| media.port == Some(0))
    };
    message.description().is_some_and(|(session, _)| closed(session))
}

/// The files of the offer that a sending begins with, each with its type.
fn files(sending: &Sending) -> impl Iterator<Item = (&File, &str)> {
    let first = sending.file.iter().map(move |file| (file, sending.content_type.as_str()));
    let also = sending.also.iter().filter(|_| !sending.in_turn).map(|more| (&more.file, more.content_type.as_str()));
    first.chain(also).map(|(file, content_type)| (file, if content_type.is_empty() { PLAIN } else { content_type }))
}
