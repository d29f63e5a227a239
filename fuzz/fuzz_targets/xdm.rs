//! Any method, path, query and body is a request to the XDM server: it is answered, and a document that it took is given
//! out as it came.
#![no_main]

use imspec::actors::controlling::Group;
use imspec::actors::xdms::{NoShelf, Request, Requester, Xdms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: Vec<(u8, &str, &str, &[u8])>| {
    let lobby = Group { uri: "sip:lobby@a.example".to_owned(), ..Group::default() };
    let mut xdms = Xdms::new("a.example", Default::default(), &[lobby], Box::new(NoShelf)).expect("nothing is kept");
    for (kind, path, query, body) in input {
        let method = ["GET", "PUT", "DELETE", "POST"][usize::from(kind % 4)];
        let types = [
            "application/vnd.oma.poc.groups+xml",
            "application/vnd.oma.im.im-settings+xml",
            "application/resource-lists+xml",
            "application/xcap-el+xml",
        ];
        let request = Request {
            who: Requester::Anyone,
            method,
            path,
            query,
            content_type: Some(types[usize::from(kind / 4 % 4)]),
            if_match: None,
            if_none_match: None,
            body,
        };
        let (answer, _) = xdms.handle(&request, &|_, _| None);
        assert!((200..600).contains(&answer.status));
        let whole = !path.contains("~~") && method == "PUT" && answer.status < 300;
        if whole {
            let (held, _) = xdms.handle(&Request { method: "GET", body: b"", ..request }, &|_, _| None);
            assert_eq!((held.status, &held.body[..]), (200, body));
        }
        std::hint::black_box((xdms.groups(), xdms.settings()));
    }
});
