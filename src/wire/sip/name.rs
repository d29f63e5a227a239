//! The header field names of SIP, each with its compact form, in the spelling of its RFC.

macro_rules! names {
    ($($variant:ident $text:literal $compact:literal,)*) => {
        /// A header field name. Names outside this list are [`Name::Other`] and found by their spelling.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Name { $(#[doc = $text] $variant,)* Other }

        impl Name {
            /// Every name but [`Name::Other`].
            pub const ALL: &'static [Name] = &[$(Name::$variant,)*];

            /// The full name in the spelling of its RFC; empty for [`Name::Other`].
            pub const fn text(self) -> &'static str {
                match self { $(Name::$variant => $text,)* Name::Other => "" }
            }

            /// The compact form (RFC 3261 §7.3.3), empty where there is none.
            pub const fn compact(self) -> &'static str {
                match self { $(Name::$variant => $compact,)* Name::Other => "" }
            }
        }
    };
}

names! {
    Accept "Accept" "",
    AcceptContact "Accept-Contact" "a",
    AcceptEncoding "Accept-Encoding" "",
    AcceptLanguage "Accept-Language" "",
    AlertInfo "Alert-Info" "",
    Allow "Allow" "",
    AllowEvents "Allow-Events" "u",
    AuthenticationInfo "Authentication-Info" "",
    Authorization "Authorization" "",
    CallId "Call-ID" "i",
    CallInfo "Call-Info" "",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition" "",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language" "",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    CSeq "CSeq" "",
    Date "Date" "",
    ErrorInfo "Error-Info" "",
    Event "Event" "o",
    Expires "Expires" "",
    FeatureCaps "Feature-Caps" "",
    FlowTimer "Flow-Timer" "",
    From "From" "f",
    HistoryInfo "History-Info" "",
    Identity "Identity" "y",
    InReplyTo "In-Reply-To" "",
    Join "Join" "",
    MaxBreadth "Max-Breadth" "",
    MaxForwards "Max-Forwards" "",
    MimeVersion "MIME-Version" "",
    MinExpires "Min-Expires" "",
    MinSe "Min-SE" "",
    Organization "Organization" "",
    PAccessNetworkInfo "P-Access-Network-Info" "",
    PAssertedIdentity "P-Asserted-Identity" "",
    PAssertedService "P-Asserted-Service" "",
    PAssociatedUri "P-Associated-URI" "",
    PCalledPartyId "P-Called-Party-ID" "",
    PChargingFunctionAddresses "P-Charging-Function-Addresses" "",
    PChargingVector "P-Charging-Vector" "",
    PPreferredIdentity "P-Preferred-Identity" "",
    PPreferredService "P-Preferred-Service" "",
    PVisitedNetworkId "P-Visited-Network-ID" "",
    Path "Path" "",
    PermissionMissing "Permission-Missing" "",
    Priority "Priority" "",
    Privacy "Privacy" "",
    ProxyAuthenticate "Proxy-Authenticate" "",
    ProxyAuthorization "Proxy-Authorization" "",
    ProxyRequire "Proxy-Require" "",
    RAck "RAck" "",
    Reason "Reason" "",
    RecordRoute "Record-Route" "",
    ReferSub "Refer-Sub" "",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RejectContact "Reject-Contact" "j",
    Replaces "Replaces" "",
    ReplyTo "Reply-To" "",
    RequestDisposition "Request-Disposition" "d",
    Require "Require" "",
    ResourcePriority "Resource-Priority" "",
    RetryAfter "Retry-After" "",
    Route "Route" "",
    RSeq "RSeq" "",
    SecurityClient "Security-Client" "",
    SecurityServer "Security-Server" "",
    SecurityVerify "Security-Verify" "",
    Server "Server" "",
    ServiceRoute "Service-Route" "",
    SessionExpires "Session-Expires" "x",
    SipETag "SIP-ETag" "",
    SipIfMatch "SIP-If-Match" "",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State" "",
    Supported "Supported" "k",
    TargetDialog "Target-Dialog" "",
    Timestamp "Timestamp" "",
    To "To" "t",
    TriggerConsent "Trigger-Consent" "",
    Unsupported "Unsupported" "",
    UserAgent "User-Agent" "",
    Via "Via" "v",
    Warning "Warning" "",
    WwwAuthenticate "WWW-Authenticate" "",
}

impl Name {
    /// The name that `spelling` stands for, in full or compact form, letters in any case.
    pub fn of(spelling: &[u8]) -> Name {
        match spelling {
            [] => return Name::Other,
            [letter] => return COMPACT.get(usize::from(letter.to_ascii_lowercase())).copied().unwrap_or(Name::Other),
            _ => {}
        }
        let mut at = slot(spelling);
        loop {
            let name = TABLE[at];
            let text = name.text().as_bytes();
            if text == spelling || text.eq_ignore_ascii_case(spelling) || name == Name::Other {
                return name;
            }
            at = (at + 1) % SLOTS;
        }
    }
}

/// Open addressing with linear probing; [`Name::Other`] marks a free slot, and enough of them are free.
static TABLE: [Name; SLOTS] = table();
static COMPACT: [Name; 128] = compact();
const SLOTS: usize = 512;

/// Where the search for a spelling of two or more letters starts.
const fn slot(spelling: &[u8]) -> usize {
    let first = (spelling[0] | 0x20) as usize;
    let last = (spelling[spelling.len() - 1] | 0x20) as usize;
    let middle = (spelling[spelling.len() / 2] | 0x20) as usize;
    (spelling.len() * 120 + first * 106 + last * 20 + middle * 35) % SLOTS
}

const fn table() -> [Name; SLOTS] {
    assert!(Name::ALL.len() < SLOTS / 2, "the table needs free slots for its probes to end");
    let mut table = [Name::Other; SLOTS];
    let mut i = 0;
    while i < Name::ALL.len() {
        let mut at = slot(Name::ALL[i].text().as_bytes());
        while !matches!(table[at], Name::Other) {
            at = (at + 1) % SLOTS;
        }
        table[at] = Name::ALL[i];
        i += 1;
    }
    table
}

const fn compact() -> [Name; 128] {
    let mut table = [Name::Other; 128];
    let mut i = 0;
    while i < Name::ALL.len() {
        let compact = Name::ALL[i].compact().as_bytes();
        if compact.len() == 1 {
            table[compact[0] as usize] = Name::ALL[i];
        }
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case_and_in_its_compact_form() {
        for name in Name::ALL.iter().copied() {
            assert_eq!(Name::of(name.text().as_bytes()), name);
            assert_eq!(Name::of(name.text().to_uppercase().as_bytes()), name);
            assert_eq!(Name::of(name.text().to_lowercase().as_bytes()), name);
            if !name.compact().is_empty() {
                assert_eq!(Name::of(name.compact().as_bytes()), name);
                assert_eq!(Name::of(name.compact().to_uppercase().as_bytes()), name);
            }
        }
    }

    #[test]
    fn other_spellings_are_other_names() {
        for spelling in ["", "z", "X-Own", "Vi", "Vias", "Call_ID", "\u{fc}", "Content-Lengthy", "\0"] {
            assert_eq!(Name::of(spelling.as_bytes()), Name::Other, "{spelling:?}");
        }
    }

    #[test]
    fn probes_stay_short() {
        let longest = Name::ALL.iter().map(|name| {
            let text = name.text().as_bytes();
            let at = TABLE.iter().position(|n| n == name).unwrap_or(SLOTS);
            (at + SLOTS - slot(text)) % SLOTS
        });
        assert!(longest.max().is_some_and(|n| n <= 2));
    }
}
