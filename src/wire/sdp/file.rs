//! The file of an offer: RFC 5547, and the attributes of the draft before it that OMA kept
//! (draft-garcia-mmusic-file-transfer-mech-00).

use std::borrow::Cow;

use sha1::{Digest, Sha1};

use super::media::{Media, number, words};
use crate::wire::Span;
use crate::wire::uri::unescape;

/// The `file-selector` attribute (RFC 5547 §6).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileSelector<'s> {
    /// Without quotes, escapes decoded. It may hold what a file system takes for a path.
    pub name: Option<Cow<'s, str>>,
    /// In octets, without any wrapper.
    pub size: Option<u64>,
    pub media_type: Option<&'s str>,
    pub hash: Option<Hash<'s>>,
    /// Where the attribute lies.
    pub span: Span,
}

/// The `hash` selector (RFC 5547 §6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hash<'s> {
    /// For example `sha-1`.
    pub algorithm: &'s str,
    /// Octets in upper-case hexadecimal with colons between.
    pub value: &'s str,
}

impl<'s> FileSelector<'s> {
    /// Reads the value of the attribute.
    pub fn parse(text: &'s str) -> FileSelector<'s> {
        let mut selector = FileSelector::default();
        for (key, value) in selectors(text) {
            match key {
                "name" => selector.name = Some(unescape(value.trim_matches('"'))),
                "size" => selector.size = number(value),
                "type" => selector.media_type = Some(value),
                "hash" => selector.hash = value.split_once(':').map(|(algorithm, value)| Hash { algorithm, value }),
                _ => {}
            }
        }
        selector
    }

    /// Whether no file fits both: something that both say of it differs.
    pub fn excludes(&self, other: &FileSelector<'_>) -> bool {
        fn differ<T, U: PartialEq<T>>(one: Option<U>, other: Option<T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        differ(self.name.as_deref(), other.name.as_deref())
            || differ(self.size, other.size)
            || differ(self.media_type, other.media_type)
            || differ(self.hash, other.hash)
    }
}

impl<'s> Media<'s> {
    pub fn file_selector(&self) -> Option<FileSelector<'s>> {
        let attribute = self.attribute("file-selector")?;
        let selector = FileSelector::parse(attribute.value.unwrap_or_default());
        Some(FileSelector { span: attribute.span, ..selector })
    }

    pub fn file_transfer_id(&self) -> Option<&'s str> {
        self.value("file-transfer-id")
    }

    /// `render` or `attachment` (RFC 5547 §6).
    pub fn file_disposition(&self) -> Option<&'s str> {
        self.value("file-disposition")
    }

    /// The dates as written, for example `creation:"Mon, 15 May 2006 15:01:31 +0300"`.
    pub fn file_date(&self) -> Option<&'s str> {
        self.value("file-date")
    }

    /// The cid URI of a preview (RFC 5547 §6).
    pub fn file_icon(&self) -> Option<&'s str> {
        self.value("file-icon")
    }

    /// First and last octet, counted from 1; no last one for `*` (RFC 5547 §6).
    pub fn file_range(&self) -> Option<(u64, Option<u64>)> {
        let (start, stop) = self.value("file-range")?.split_once('-')?;
        let stop = if stop == "*" { None } else { Some(number(stop)?) };
        Some((number(start)?, stop))
    }

    /// The draft's `filesize`, in octets: of a file, or of a whole large message.
    pub fn filesize(&self) -> Option<u64> {
        number(self.value("filesize")?)
    }

    /// The draft's `filename`, without quotes.
    pub fn filename(&self) -> Option<&'s str> {
        self.value("filename").map(|v| v.trim_matches('"'))
    }

    /// The draft's `filetype`, a media type.
    pub fn filetype(&self) -> Option<&'s str> {
        self.value("filetype")
    }

    /// The draft's `disposition`: `inline` or `attachment`.
    pub fn disposition(&self) -> Option<&'s str> {
        self.value("disposition")
    }

    /// The draft's `icon`.
    pub fn icon(&self) -> Option<&'s str> {
        self.value("icon")
    }
}

/// The SHA-1 hash of a file as the `hash` selector has it, without its algorithm: the only one that RFC 5547 §6 knows.
pub fn sha1_of(content: &[u8]) -> String {
    let octets: Vec<String> = Sha1::digest(content).iter().map(|octet| format!("{octet:02X}")).collect();
    octets.join(":")
}

/// The name of a file as the `name` selector has it between its quotes (RFC 5547 §6).
pub fn escape_name(name: &str) -> String {
    let special = |c: char| matches!(c, '"' | '%' | '\r' | '\n' | '\0');
    let escaped = |c: char| if special(c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
    name.chars().map(escaped).collect()
}

/// Name and value of each selector; the name is empty where there is no colon.
pub(super) fn selectors(text: &str) -> impl Iterator<Item = (&str, &str)> {
    words(text).map(|word| word.split_once(':').unwrap_or(("", word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sdp::Session;

    #[test]
    fn attributes_of_rfc_5547() {
        // From the example of RFC 5547 §9.1, with a name that needs decoding.
        let session = Session::parse(
            "m=message 7654 TCP/MSRP *\r\na=file-selector:name:\"My \u{e9}%2fpic%22.jpg\" type:image/jpeg size:4092 \
             hash:sha-1:72:24:5F:E8\r\na=file-transfer-id:vBnG916bdberum2fF\r\na=file-disposition:attachment\r\n\
             a=file-date:creation:\"Mon, 15 May 2006 15:01:31 +0300\"\r\na=file-icon:cid:id2@alicepc.example.com\r\n\
             a=file-range:1-32349\r\n"
                .into(),
        );
        let media = session.msrp_media().unwrap();
        let selector = media.file_selector().unwrap();
        assert_eq!(selector.name.as_deref(), Some("My \u{e9}/pic\".jpg"));
        assert_eq!((selector.size, selector.media_type), (Some(4092), Some("image/jpeg")));
        assert_eq!(selector.hash, Some(Hash { algorithm: "sha-1", value: "72:24:5F:E8" }));
        assert_eq!(media.file_transfer_id(), Some("vBnG916bdberum2fF"));
        assert_eq!(media.file_disposition(), Some("attachment"));
        assert_eq!(media.file_date(), Some("creation:\"Mon, 15 May 2006 15:01:31 +0300\""));
        assert_eq!(media.file_icon(), Some("cid:id2@alicepc.example.com"));
        assert_eq!(media.file_range(), Some((1, Some(32349))));
    }

    #[test]
    fn names_and_hashes_are_written_as_they_are_read() {
        // FIPS 180-2, appendix A.1.
        assert_eq!(sha1_of(b"abc"), "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D");
        for name in ["a.txt", "a b.txt", "100%.txt", "\"quoted\"", "%41", "\u{e9}"] {
            let text = format!("name:\"{}\" size:7", escape_name(name));
            let selector = FileSelector::parse(&text);
            assert_eq!((selector.name.as_deref(), selector.size), (Some(name), Some(7)), "{text}");
        }
    }

    #[test]
    fn selectors_exclude_each_other_where_both_say_something_else() {
        let file = "name:\"a b.jpg\" type:image/jpeg size:7";
        for (other, excludes) in [
            (file, false),
            ("", false),
            ("size:7 hash:sha-1:72:24", false),
            ("size:8", true),
            ("name:\"b.jpg\" size:7", true),
            ("type:image/png", true),
        ] {
            assert_eq!(FileSelector::parse(file).excludes(&FileSelector::parse(other)), excludes, "{other}");
        }
    }

    #[test]
    fn attributes_of_the_draft() {
        let session = Session::parse(
            "m=message 7654 TCP/MSRP *\na= filesize: 20000\na=filename :\"a.jpg\"\na=filetype:image/jpeg\n\
             a=disposition:inline\na=icon:cid:x@y\na=file-range:5-*\n"
                .into(),
        );
        let media = session.msrp_media().unwrap();
        assert_eq!(media.filesize(), Some(20_000));
        assert_eq!(media.filename(), Some("a.jpg"));
        assert_eq!(media.filetype(), Some("image/jpeg"));
        assert_eq!(media.disposition(), Some("inline"));
        assert_eq!(media.icon(), Some("cid:x@y"));
        assert_eq!(media.file_range(), Some((5, None)));
        assert_eq!(media.file_selector(), None);
    }

    #[test]
    fn sizes_are_digits_only() {
        for (text, want) in [("-1", None), ("+1", None), ("", None), ("9999999999999999999999", None), ("07", Some(7))]
        {
            let session = Session::parse(format!("m=message 1 TCP/MSRP *\r\na=filesize:{text}\r\n").into());
            assert_eq!(session.msrp_media().unwrap().filesize(), want, "{text}");
        }
    }
}
