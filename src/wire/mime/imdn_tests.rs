//! What IMDN payloads and headers say.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::wire::mime::lie_within;

const ID: &str = "<message-id>34jk324j</message-id>";
const DATE: &str = "<datetime>2008-04-04T12:16:49-05:00</datetime>";
const DELIVERED: &str = "<delivery-notification><status><delivered/></status></delivery-notification>";

fn check(content: &str, clauses: &[&str]) -> Imdn {
    let imdn = Imdn::parse(format!("<imdn xmlns='{NS}'>{content}</imdn>").as_bytes());
    assert_eq!(imdn.flaws.iter().map(|f| f.clause).collect::<Vec<_>>(), clauses, "{content}: {:?}", imdn.flaws);
    imdn
}

/// RFC 5438 §7.2.1.1.
#[test]
fn the_delivery_notification_of_rfc_5438_is_read() {
    let uris = "<recipient-uri>im:bob@example.com</recipient-uri><original-recipient-uri>im:bob@example.com\
                </original-recipient-uri>";
    let imdn = check(&format!("{ID}{DATE}{uris}{DELIVERED}"), &[]);
    assert_eq!(imdn.message_id, "34jk324j");
    assert_eq!(imdn.datetime, "2008-04-04T12:16:49-05:00");
    assert_eq!(imdn.recipient_uri.as_deref(), Some("im:bob@example.com"));
    assert_eq!(imdn.original_recipient_uri.as_deref(), Some("im:bob@example.com"));
    assert_eq!((imdn.notification, imdn.status), (Some(Notification::Delivery), Some(Status::Delivered)));
}

#[test]
fn what_is_wrong_becomes_a_flaw() {
    let status = |notification: &str, status: &str| {
        format!("{ID}{DATE}<{notification}><status>{status}</status></{notification}>")
    };
    check(&format!("{DATE}{DELIVERED}"), &["RFC 5438 §11.1.1"]);
    check(&format!("{ID}{DELIVERED}"), &["RFC 5438 §11.1.2"]);
    check(&format!("{ID}<datetime>now</datetime>{DELIVERED}"), &["RFC 5438 §11.1.2"]);
    check(&format!("{ID}{DATE}"), &["RFC 5438 §11.1.6"]);
    check(&format!("{ID}{DATE}{DELIVERED}{DELIVERED}"), &["RFC 5438 §11.1.6"]);
    // Seen from SIP SIMPLE SDK.
    check(&format!("{ID}{DATE}<recipient-uri>sip%3Abob%40a</recipient-uri>{DELIVERED}"), &["RFC 5438 §11.1.3"]);
    check(&status("display-notification", "<displayed/>"), &[]);
    check(&status("processing-notification", "<stored/>"), &[]);
    check(&status("delivery-notification", "<forbidden/>"), &[]);
    check(&status("delivery-notification", "<x:later xmlns:x='urn:x'/>"), &[]);
    check(&status("display-notification", "<delivered/>"), &["RFC 5438 §11.1.7"]);
    check(&status("display-notification", "<read/>"), &["RFC 5438 §11.1.7"]);
    check(&status("delivery-notification", "<failed/><error/>"), &["RFC 5438 §11.1.7"]);
    check(&status("delivery-notification", ""), &["RFC 5438 §11.1.7"]);
    check(&format!("{ID}{DATE}<delivery-notification/>"), &["RFC 5438 §11.1.7"]);
    let unnamed = Imdn::parse(format!("<imdn>{ID}{DATE}{DELIVERED}</imdn>").as_bytes());
    assert_eq!(unnamed.flaws.iter().map(|f| f.clause).collect::<Vec<_>>(), ["RFC 5438 §11.1"]);
    assert_eq!(unnamed.message_id, "34jk324j");
}

#[test]
fn the_headers_are_found_under_any_prefix() {
    let cpim = Cpim::parse(&Bytes::from_static(
        b"NS: x <urn:ietf:params:imdn>\r\nx.Message-ID: abc\r\nx.Original-To: <sip:b>\r\nx.IMDN-Route: <sip:r1>\r\n\
          x.IMDN-Route: <sip:r2>\r\nx.Disposition-Notification: positive-delivery;a=b, display\r\n\r\n\
          Content-Type: text/plain\r\n\r\nhi",
    ));
    assert_eq!(cpim.flaws, []);
    assert_eq!(cpim.message_id(), Some("abc"));
    assert_eq!(cpim.disposition_notification().collect::<Vec<_>>(), ["positive-delivery", "display"]);
    assert!(cpim.asks_for("display") && !cpim.asks_for("processing"));
    assert_eq!(cpim.original_to().map(|a| a.uri), Some("sip:b"));
    assert_eq!(cpim.imdn_routes().map(|a| a.uri).collect::<Vec<_>>(), ["sip:r1", "sip:r2"]);
    assert_eq!(cpim.imdn_record_routes().count(), 0);
}

#[test]
fn a_header_with_a_wrong_value_has_a_fault() {
    let check = |name: &str, value: &str, fault: bool| {
        assert_eq!(header_fault(name, value).is_some(), fault, "{name}: {value}");
    };
    check("Message-ID", "34jk324j.x", false);
    check("Message-ID", "<1@2>", true);
    check("Message-ID", "", true);
    check("Disposition-Notification", "", false);
    check("Disposition-Notification", "display ,, processing", true);
    check("Original-To", "sip:a", true);
    check("Original-To", "Bob <sip:a>", false);
    check("Other", "anything @ all", false);
}

proptest! {
    #[test]
    fn any_octets_can_be_parsed(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(lie_within(&Imdn::parse(&octets).flaws, octets.len()));
    }

    #[test]
    fn what_is_written_comes_back(id in "[a-z0-9]{1,20}", subject in prop::option::of("[!-~]( ?[!-~]){0,10}"), which in 0..7usize) {
        let status = Status::ALL[which];
        let notification = [Notification::Delivery, Notification::Processing, Notification::Display]
            .into_iter()
            .find(|n| status.fits(*n));
        let imdn = Imdn {
            message_id: id,
            datetime: "2026-01-01T00:00:00Z".to_owned(),
            recipient_uri: Some("sip:a&b@c".to_owned()),
            subject,
            notification,
            status: Some(status),
            ..Imdn::default()
        };
        prop_assert_eq!(Imdn::parse(imdn.write().as_bytes()), imdn);
    }
}
