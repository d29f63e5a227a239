//! Any octets are a request with credentials, and a 401 with challenges: both sides judge and answer them, and whoever
//! does not know the password is never let in.
#![no_main]

use bytes::Bytes;
use imspec::stack::IdSource;
use imspec::stack::digest::{Account, Asked, Guard, Info, Judgement, answers};
use imspec::time::Time;
use imspec::wire::sip::{Message, Name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let message = Message::parse(Bytes::copy_from_slice(data));
    let account = Account { user: "alice".to_owned(), password: "wonderland, of which no fuzzer knows".to_owned() };
    let mut guard = Guard::new("home1.example", vec![account.clone()], Vec::new(), IdSource::new(1, "guard"));
    for header in [Name::Authorization, Name::ProxyAuthorization] {
        assert!(!matches!(guard.judge(Time::SIMULATION_START, &message, header), Judgement::Known(_)));
    }
    let asked = Asked { method: "REGISTER", uri: "sip:home1.example", body: b"" };
    let mut ids = IdSource::new(1, "alice");
    for (mut protection, credentials) in answers(&message, &asked, &account, &mut ids) {
        // What others wrote gets into our header, but no line of its own.
        assert!(!credentials.contains(['\r', '\n']));
        for line in message.all(Name::AuthenticationInfo) {
            let info = Info::parse(&line.text());
            std::hint::black_box(&info);
        }
        protection.renew("later");
        std::hint::black_box(protection.credentials(&asked, &account, &mut ids));
    }
});
