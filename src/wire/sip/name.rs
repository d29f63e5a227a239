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
            pub fn text(self) -> &'static str {
                match self { $(Name::$variant => $text,)* Name::Other => "" }
            }

            /// The compact form (RFC 3261 §7.3.3), empty where there is none.
            pub fn compact(self) -> &'static str {
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
    From "From" "f",
    HistoryInfo "History-Info" "",
    Identity "Identity" "y",
    InReplyTo "In-Reply-To" "",
    Join "Join" "",
    MaxForwards "Max-Forwards" "",
    MimeVersion "MIME-Version" "",
    MinExpires "Min-Expires" "",
    MinSe "Min-SE" "",
    Organization "Organization" "",
    PAccessNetworkInfo "P-Access-Network-Info" "",
    PAssertedIdentity "P-Asserted-Identity" "",
    PAssociatedUri "P-Associated-URI" "",
    Path "Path" "",
    PCalledPartyId "P-Called-Party-ID" "",
    PChargingVector "P-Charging-Vector" "",
    PPreferredIdentity "P-Preferred-Identity" "",
    PVisitedNetworkId "P-Visited-Network-ID" "",
    Priority "Priority" "",
    Privacy "Privacy" "",
    ProxyAuthenticate "Proxy-Authenticate" "",
    ProxyAuthorization "Proxy-Authorization" "",
    ProxyRequire "Proxy-Require" "",
    RAck "RAck" "",
    Reason "Reason" "",
    RecordRoute "Record-Route" "",
    ReferredBy "Referred-By" "b",
    ReferTo "Refer-To" "r",
    RejectContact "Reject-Contact" "j",
    Replaces "Replaces" "",
    ReplyTo "Reply-To" "",
    RequestDisposition "Request-Disposition" "d",
    Require "Require" "",
    RetryAfter "Retry-After" "",
    Route "Route" "",
    RSeq "RSeq" "",
    Server "Server" "",
    ServiceRoute "Service-Route" "",
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State" "",
    Supported "Supported" "k",
    TargetDialog "Target-Dialog" "",
    Timestamp "Timestamp" "",
    To "To" "t",
    Unsupported "Unsupported" "",
    UserAgent "User-Agent" "",
    Via "Via" "v",
    Warning "Warning" "",
    WwwAuthenticate "WWW-Authenticate" "",
}

impl Name {
    /// The name that `spelling` stands for, in full or compact form, letters in any case.
    pub fn of(spelling: &[u8]) -> Name {
        if spelling.len() == 1 {
            return Name::ALL
                .iter()
                .copied()
                .find(|n| n.compact().as_bytes().eq_ignore_ascii_case(spelling))
                .unwrap_or(Name::Other);
        }
        Name::ALL
            .iter()
            .copied()
            .find(|n| n.text().len() == spelling.len() && n.text().as_bytes().eq_ignore_ascii_case(spelling))
            .unwrap_or(Name::Other)
    }
}
