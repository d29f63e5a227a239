//! A file in a session description: what the sender says of it, and what the recipient repeats (IMCR 6.1.3.3.3,
//! RFC 5547).

use crate::actors::act::File;
use crate::stack::offer_answer::Local;
use crate::wire::mime::Part;
use crate::wire::sdp::{FileSelector, Media};

/// A picture of one pixel: a simulated client has nothing better to show.
const ICON: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0,
    1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// What the offer says of a file, by the attributes of the draft that the text cites. Its size is there already.
///
/// Gives the part with the preview, where there is one: the offer refers to it by `content_id`.
pub(super) fn describe(local: &mut Local, file: &File, media_type: &str, content_id: &str) -> Option<Part> {
    let mut add = |name: &str, value: &str| local.extra.push((name.to_owned(), Some(value.to_owned())));
    add("filename", &file.name);
    add("filetype", media_type);
    if let Some(disposition) = &file.disposition {
        add("disposition", disposition);
    }
    let description = file.preview.as_ref()?;
    add("icon", &format!("cid:{content_id}"));
    local.information = Some(description.clone());
    Some(Part::new("image/png", ICON).header("Content-ID", format!("<{content_id}>")).disposition("icon"))
}

/// Whether an offer selects another file under the file-transfer-id of one that was agreed on. That is an error
/// (RFC 5547 §8.1).
pub(super) fn contradicts(local: &Local, offered: &Media<'_>) -> bool {
    let known =
        |wanted: &str| local.extra.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_deref());
    let (Some(id), Some(selector)) = (known("file-transfer-id"), known("file-selector")) else { return false };
    let other = || offered.file_selector().is_some_and(|other| FileSelector::parse(selector).excludes(&other));
    offered.file_transfer_id() == Some(id) && other()
}

/// What the answer to an offered file repeats (RFC 5547 §8.3.1).
pub(super) fn repeat(local: &mut Local, offered: &Media<'_>) {
    for name in ["file-selector", "file-transfer-id"] {
        if let Some(value) = offered.value(name) {
            local.extra.push((name.to_owned(), Some(value.to_owned())));
        }
    }
}
