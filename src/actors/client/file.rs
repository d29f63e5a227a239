//! A file in a session description: what the sender says of it, what the recipient repeats, and what he holds what comes
//! against (IMCR 6.1.3.3.3, RFC 5547).

use crate::actors::act::{File, FileForm, Sending};
use crate::stack::IdSource;
use crate::stack::msrp::Received;
use crate::stack::offer_answer::Local;
use crate::wire::mime::{Cpim, MediaType, Part};
use crate::wire::sdp::{FileSelector, Media, escape_name, sha1_of};

/// A picture of one pixel: a simulated client has nothing better to show.
const ICON: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0,
    1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];
/// The only algorithm of the `hash` selector (RFC 5547 §6).
const SHA1: &str = "sha-1";

/// What the offer says of a file, in the form that the user chose; of its size the draft's form says nothing here.
///
/// Gives the part with the preview, where there is one: the offer refers to it by its Content-ID.
pub(super) fn describe(
    local: &mut Local,
    file: &File,
    sending: &Sending,
    media_type: &str,
    ids: &mut IdSource,
) -> Option<Part> {
    let content_id = format!("{}@imspec.invalid", ids.token(20));
    let mut add = |name: &str, value: &str| local.extra.push((name.to_owned(), Some(value.to_owned())));
    let icon = match file.form {
        FileForm::Draft => {
            add("filename", &file.name);
            add("filetype", media_type);
            if let Some(disposition) = &file.disposition {
                add("disposition", disposition);
            }
            "icon"
        }
        FileForm::Rfc5547 => {
            // Type, size and hash are those of the file, whatever wraps it (RFC 5547 §6).
            let content = sending.text.as_bytes();
            let own = if sending.content_type.is_empty() { "text/plain" } else { &sending.content_type };
            let (name, size) = (escape_name(&file.name), content.len());
            add("file-selector", &format!("name:\"{name}\" type:{own} size:{size} hash:{SHA1}:{}", sha1_of(content)));
            add("file-transfer-id", &ids.token(32));
            if let Some(disposition) = &file.disposition {
                // What the draft calls inline.
                add("file-disposition", if disposition == "inline" { "render" } else { disposition });
            }
            add("file-range", &format!("1-{size}"));
            "file-icon"
        }
    };
    let description = file.preview.as_ref()?;
    add(icon, &format!("cid:{content_id}"));
    local.information = Some(description.clone());
    Some(Part::new("image/png", ICON).header("Content-ID", format!("<{content_id}>")).disposition("icon"))
}

/// Whether an offer selects another file under the file-transfer-id of one that was agreed on. That is an error
/// (RFC 5547 §8.1).
pub(super) fn contradicts(local: &Local, offered: &Media<'_>) -> bool {
    let (Some(id), Some(selector)) = (known(local, "file-transfer-id"), known(local, "file-selector")) else {
        return false;
    };
    let other = || offered.file_selector().is_some_and(|other| FileSelector::parse(selector).excludes(&other));
    offered.file_transfer_id() == Some(id) && other()
}

/// Whether an offer begins another transfer than the one that was agreed on (RFC 5547 §8.6).
pub(super) fn begins_anew(local: &Local, offered: &Media<'_>) -> bool {
    let ids = known(local, "file-transfer-id").zip(offered.file_transfer_id());
    offered.port != Some(0) && ids.is_some_and(|(known, offered)| known != offered)
}

fn known<'l>(local: &'l Local, wanted: &str) -> Option<&'l str> {
    local.extra.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_deref())
}

/// What the answer to an offered file repeats (RFC 5547 §8.3.1).
pub(super) fn repeat(local: &mut Local, offered: &Media<'_>) {
    for name in ["file-selector", "file-transfer-id", "file-range"] {
        if let Some(value) = offered.value(name) {
            local.extra.push((name.to_owned(), Some(value.to_owned())));
        }
    }
}

/// Whether the octets that are offered of a file lie within it. Others cannot come (RFC 5547 §8.3.1).
pub(super) fn has_its_range(offered: &Media<'_>) -> bool {
    let Some((start, stop)) = offered.file_range() else { return offered.value("file-range").is_none() };
    let size = offered.file_selector().and_then(|selector| selector.size).or(offered.filesize());
    let last = stop.or(size).unwrap_or(u64::MAX);
    start >= 1 && start <= last && size.is_none_or(|size| last <= size)
}

/// What was announced of the content that comes in.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Announced {
    size: Option<u64>,
    /// As RFC 5547 writes it.
    sha1: Option<String>,
}

impl Announced {
    /// By the offer. Of a part of a file nobody can tell the hash.
    pub fn by(offered: &Media<'_>) -> Announced {
        let selector = offered.file_selector();
        let whole = selector.as_ref().and_then(|selector| selector.size).or(offered.filesize());
        let range = offered.file_range().filter(|(start, stop)| *start > 1 || (stop.is_some() && *stop != whole));
        let size = match range {
            Some((start, stop)) => stop.or(whole).map(|stop| stop.saturating_sub(start).saturating_add(1)),
            None => whole,
        };
        let hash = selector.and_then(|selector| selector.hash).filter(|hash| hash.algorithm.eq_ignore_ascii_case(SHA1));
        let sha1 = hash.filter(|_| range.is_none()).map(|hash| hash.value.to_owned());
        Announced { size, sha1 }
    }

    /// Whether a message is what was announced (RFC 5547 §8.3.1). Some announce what lies in the wrapper.
    pub fn is(&self, message: &Received) -> bool {
        let content = message.content();
        let wrapped = MediaType::parse(&message.content_type).is("message/cpim");
        self.fits(&content) || wrapped && self.fits(&Cpim::parse(&content).content.body)
    }

    fn fits(&self, content: &[u8]) -> bool {
        self.size.is_none_or(|size| size == content.len() as u64)
            && self.sha1.as_ref().is_none_or(|hash| hash.eq_ignore_ascii_case(&sha1_of(content)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sdp::Session;

    fn offer(attributes: &str) -> Session {
        Session::parse(format!("m=message 2855 TCP/MSRP *\r\n{attributes}").into())
    }

    #[test]
    fn octets_that_a_file_does_not_have_cannot_be_offered() {
        for (range, within) in [
            ("", true),
            ("a=file-range:1-7\r\n", true),
            ("a=file-range:7-7\r\n", true),
            ("a=file-range:3-*\r\n", true),
            ("a=file-range:1-8\r\n", false),
            ("a=file-range:8-*\r\n", false),
            ("a=file-range:5-4\r\n", false),
            ("a=file-range:0-7\r\n", false),
            ("a=file-range:all\r\n", false),
        ] {
            let session = offer(&format!("a=file-selector:size:7\r\n{range}"));
            assert_eq!(has_its_range(&session.msrp_media().expect("a medium")), within, "{range}");
        }
    }

    #[test]
    fn what_comes_is_held_against_what_was_announced() {
        let hash = sha1_of(b"content");
        for (attributes, fits) in [
            ("", true),
            ("a=filesize:7\r\n", true),
            ("a=filesize:8\r\n", false),
            ("a=file-selector:size:7 hash:sha-1:00:11\r\n", false),
            ("a=file-selector:size:7 hash:md5:00:11\r\n", true),
            (&format!("a=file-selector:hash:sha-1:{hash}\r\n"), true),
            (&format!("a=file-selector:size:8 hash:sha-1:{hash}\r\n"), false),
            // Seven octets of a file that has more.
            ("a=file-selector:size:9 hash:sha-1:00:11\r\na=file-range:3-9\r\n", true),
            ("a=file-selector:size:9\r\na=file-range:2-9\r\n", false),
        ] {
            let session = offer(attributes);
            let announced = Announced::by(&session.msrp_media().expect("a medium"));
            assert_eq!(announced.fits(b"content"), fits, "{attributes}");
        }
    }
}
