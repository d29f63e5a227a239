//! Headers that are plain tokens or text: Call-ID, Privacy, P-Access-Network-Info and P-Charging-Vector.
//!
//! Lists of option tags and methods (Supported, Require, Allow, …) are read with `Message::values` and
//! `Message::has_token`.

use super::params::{Params, split_params};
use crate::wire::Span;
use crate::wire::sip::{Message, Name};

impl Message {
    pub fn call_id(&self) -> &str {
        self.header(Name::CallId).map_or("", |h| self.str(h.span()))
    }

    /// Where the first value of `name` lies.
    pub fn span_of(&self, name: Name) -> Option<Span> {
        self.header(name).map(|h| h.span())
    }

    /// The values of Privacy; they stand between semicolons (RFC 3323 §4.2).
    pub fn privacy(&self) -> impl Iterator<Item = &str> {
        let values = self.all(Name::Privacy).flat_map(|header| self.str(header.span()).split([';', ',']));
        values.map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether Privacy names `value`, letters in any case.
    pub fn has_privacy(&self, value: &str) -> bool {
        self.privacy().any(|v| v.eq_ignore_ascii_case(value))
    }

    /// Access type and access info of each P-Access-Network-Info value (RFC 7315 §5.4).
    pub fn access_networks(&self) -> impl Iterator<Item = (&str, Params<'_>)> {
        self.values(Name::PAccessNetworkInfo).map(|(_, value)| split_params(value))
    }

    /// The parameters of P-Charging-Vector, `icid-value` among them (RFC 7315 §5.6).
    pub fn charging_vector(&self) -> Option<Params<'_>> {
        self.span_of(Name::PChargingVector).map(|span| Params(self.str(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn privacy_values_are_found() {
        for (headers, expected) in [
            ("Privacy: id", vec!["id"]),
            ("Privacy: header ; User;critical", vec!["header", "User", "critical"]),
            ("Privacy: id, none", vec!["id", "none"]),
            ("Privacy: ;", vec![]),
            ("Subject: id", vec![]),
        ] {
            let message = message_with(headers);
            assert_eq!(message.privacy().collect::<Vec<_>>(), expected, "{headers}");
        }
        assert!(message_with("Privacy: header;ID").has_privacy("id"));
        assert!(!message_with("Privacy: idx").has_privacy("id"));
    }

    #[test]
    fn p_headers_are_read() {
        let message = message_with(
            "P-Access-Network-Info: 3GPP-UTRAN-TDD; utran-cell-id-3gpp=\"23,4\", IEEE-802.11\r\n\
             P-Charging-Vector: icid-value=\"1234bc\"; orig-ioi=home1.net\r\ni: a@b",
        );
        let networks: Vec<_> =
            message.access_networks().map(|(kind, info)| (kind, info.get("utran-cell-id-3gpp"))).collect();
        assert_eq!(networks, [("3GPP-UTRAN-TDD", Some("23,4")), ("IEEE-802.11", None)]);
        let vector = message.charging_vector().unwrap_or_default();
        assert_eq!((vector.get("icid-value"), vector.get("orig-ioi")), (Some("1234bc"), Some("home1.net")));
        assert_eq!(message.call_id(), "a@b");
    }

    #[test]
    fn option_tags_compare_without_case() {
        let message = message_with("k: timer, 100Rel\r\nSupported: replaces");
        assert!(message.has_token(Name::Supported, "TIMER") && message.has_token(Name::Supported, "replaces"));
        assert!(!message.has_token(Name::Supported, "100") && !message.has_token(Name::Require, "timer"));
    }
}
