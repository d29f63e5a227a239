//! Why a document cannot be had or changed, with the error document of RFC 4825 §11 where there is one.

use super::Answer;
use crate::wire::mime::xml;

/// Why a request is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub status: u16,
    /// The element of the error document and the phrase in it.
    conflict: Option<(&'static str, String)>,
}

impl Refusal {
    pub const FORBIDDEN: Refusal = Refusal::of(403);
    pub const NOT_FOUND: Refusal = Refusal::of(404);
    pub const FAILED_CONDITION: Refusal = Refusal::of(412);
    pub const TOO_LARGE: Refusal = Refusal::of(413);
    pub const WRONG_TYPE: Refusal = Refusal::of(415);

    pub const fn of(status: u16) -> Refusal {
        Refusal { status, conflict: None }
    }

    fn conflict(element: &'static str, phrase: impl Into<String>) -> Refusal {
        Refusal { status: 409, conflict: Some((element, phrase.into())) }
    }

    pub fn no_parent() -> Refusal {
        Refusal::conflict("no-parent", "what it should stand in is not there")
    }

    pub fn not_utf8() -> Refusal {
        Refusal::conflict("not-utf-8", "the text is not UTF-8")
    }

    pub fn not_well_formed(why: impl Into<String>) -> Refusal {
        Refusal::conflict("not-well-formed", why)
    }

    pub fn no_fragment() -> Refusal {
        Refusal::conflict("not-xml-frag", "that is not one element")
    }

    pub fn no_attribute_value() -> Refusal {
        Refusal::conflict("not-xml-att-value", "that is no value of an attribute")
    }

    pub fn cannot_insert(why: &str) -> Refusal {
        Refusal::conflict("cannot-insert", why)
    }

    pub fn cannot_delete(why: &str) -> Refusal {
        Refusal::conflict("cannot-delete", why)
    }

    /// Against the schema of the application usage.
    pub fn schema(why: impl Into<String>) -> Refusal {
        Refusal::conflict("schema-validation-error", why)
    }

    /// Against a rule of the application usage that no schema has.
    pub fn constraint(why: impl Into<String>) -> Refusal {
        Refusal::conflict("constraint-failure", why)
    }

    /// A name that another document has.
    pub fn taken(why: impl Into<String>) -> Refusal {
        Refusal::conflict("uniqueness-failure", why)
    }

    pub fn answer(&self) -> Answer {
        let Some((element, phrase)) = &self.conflict else { return Answer::new(self.status) };
        let phrase = xml::escape(phrase);
        // Of what is not unique the error says where it stands in the document (RFC 4825 §11).
        let inside = match *element {
            "uniqueness-failure" => "<exists field=\"*\"/>",
            _ => "",
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\"><{element} phrase=\"{phrase}\">{inside}</{element}>\
             </xcap-error>\n"
        );
        Answer::new(self.status).with("application/xcap-error+xml", text)
    }
}
