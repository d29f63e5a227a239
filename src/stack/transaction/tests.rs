//! Each machine against a timeline: what goes in when, and everything that comes out when.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::wire::sip::Builder;

const UDP: bool = false;
const TCP: bool = true;

fn request(method: &str) -> Arc<Message> {
    let message = Builder::request(method, "sip:bob@192.0.2.2")
        .header("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest")
        .header("Max-Forwards", 70)
        .header("From", "<sip:alice@example.org>;tag=a")
        .header("To", "<sip:bob@example.org>")
        .header("Call-ID", "c")
        .header("CSeq", format!("7 {method}"))
        .build();
    Arc::new(message)
}

fn response(method: &str, status: u16) -> Arc<Message> {
    let builder = Builder::response(&request(method), status, "Any");
    Arc::new(builder.set("To", "<sip:bob@example.org>;tag=b").build())
}

fn transaction(side: &str, method: &str, reliable: bool) -> Transaction {
    let (now, message, timers) = (Time(0), request(method), Timers::default());
    match (side, method) {
        ("client", "INVITE") => Transaction::InviteClient(InviteClient::new(now, message, reliable, timers)),
        ("client", _) => Transaction::Client(Client::new(now, message, reliable, timers)),
        (_, "INVITE") => Transaction::InviteServer(InviteServer::new(now, message, reliable, timers)),
        _ => Transaction::Server(Server::new(now, message, reliable, timers)),
    }
}

fn event(side: &str, method: &str, input: &str) -> Event {
    match input {
        "again" => Event::Retransmission,
        "ACK" => Event::Ack(request("ACK")),
        "error" => Event::TransportError,
        status => {
            let response = response(method, status.parse().expect("a status"));
            if side == "client" { Event::Response(response) } else { Event::Respond(response) }
        }
    }
}

fn show(message: &Message) -> String {
    message.status().map_or_else(|| message.method().to_owned(), |status| status.to_string())
}

/// Plays `inputs` (`<ms> <input>`) with every timer and lists what came out (`<ms> <action>`), the end included.
fn play(side: &str, method: &str, reliable: bool, inputs: &[&str]) -> Vec<String> {
    let mut machine = transaction(side, method, reliable);
    let mut log = Vec::new();
    let mut inputs = inputs.iter().map(|line| line.split_once(' ').expect("ms and input")).peekable();
    let mut now = Time(0);
    for _ in 0..200 {
        let ms = now.0 / 1_000_000;
        while let Some(action) = machine.poll() {
            log.push(match action {
                Action::Send(message) => format!("{ms} send {}", show(&message)),
                Action::Pass(message) => format!("{ms} pass {}", show(&message)),
                Action::Timeout => format!("{ms} timeout"),
                Action::Failed => format!("{ms} failed"),
            });
        }
        if machine.state() == State::Terminated {
            log.push(format!("{ms} end"));
            break;
        }
        let input = inputs.peek().map(|(ms, _)| Time(0) + Duration::from_millis(ms.parse().expect("milliseconds")));
        match (input, machine.next_timeout()) {
            (Some(at), timer) if timer.is_none_or(|timer| at <= timer) => {
                now = at;
                let (_, what) = inputs.next().expect("peeked");
                machine.handle(now, event(side, method, what));
            }
            (_, Some(timer)) => {
                now = timer;
                machine.handle(now, Event::Timer);
            }
            (_, None) => break,
        }
    }
    log
}

#[track_caller]
fn check(side: &str, method: &str, reliable: bool, inputs: &[&str], expected: &[&str]) {
    assert_eq!(play(side, method, reliable, inputs), expected, "{side} {method} reliable={reliable} {inputs:?}");
}

#[test]
fn an_invite_client_doubles_timer_a_and_gives_up_with_timer_b() {
    check(
        "client",
        "INVITE",
        UDP,
        &[],
        &[
            "0 send INVITE",
            "500 send INVITE",
            "1500 send INVITE",
            "3500 send INVITE",
            "7500 send INVITE",
            "15500 send INVITE",
            "31500 send INVITE",
            "32000 timeout",
            "32000 end",
        ],
    );
    check("client", "INVITE", TCP, &[], &["0 send INVITE", "32000 timeout", "32000 end"]);
}

#[test]
fn an_invite_client_waits_without_limit_after_a_provisional_response() {
    check(
        "client",
        "INVITE",
        UDP,
        &["600 100", "700 180", "700 180"],
        &["0 send INVITE", "500 send INVITE", "600 pass 100", "700 pass 180", "700 pass 180"],
    );
}

#[test]
fn an_invite_client_acknowledges_failures_and_their_repetitions() {
    check(
        "client",
        "INVITE",
        UDP,
        &["100 486", "600 486", "700 200", "800 180"],
        &["0 send INVITE", "100 send ACK", "100 pass 486", "600 send ACK", "32100 end"],
    );
    check("client", "INVITE", TCP, &["100 486"], &["0 send INVITE", "100 send ACK", "100 pass 486", "100 end"]);
}

#[test]
fn an_invite_client_passes_every_2xx_until_timer_m() {
    for transport in [UDP, TCP] {
        check(
            "client",
            "INVITE",
            transport,
            &["100 200", "600 200", "700 486", "800 180"],
            &["0 send INVITE", "100 pass 200", "600 pass 200", "32100 end"],
        );
    }
}

#[test]
fn an_invite_client_tells_of_transport_errors_where_they_matter() {
    check("client", "INVITE", TCP, &["0 error"], &["0 send INVITE", "0 failed", "0 end"]);
    check(
        "client",
        "INVITE",
        UDP,
        &["10 486", "20 error"],
        &["0 send INVITE", "10 send ACK", "10 pass 486", "20 failed", "20 end"],
    );
}

#[test]
fn a_cancelled_invite_ends_64_t1_after_the_cancel() {
    let mut machine = InviteClient::new(Time(0), request("INVITE"), UDP, Timers::default());
    machine.handle(Time(0), Event::Response(response("INVITE", 180)));
    assert_eq!(machine.next_timeout(), None);
    machine.cancelled(Time::from_secs(5));
    assert_eq!(machine.next_timeout(), Some(Time::from_secs(37)));
    machine.handle(Time::from_secs(37), Event::Timer);
    assert_eq!(machine.state(), State::Terminated);
}

#[test]
fn the_ack_of_a_failure_follows_rfc_3261_17_1_1_3() {
    let request = Builder::from_message(&request("INVITE")).header("Route", "<sip:proxy;lr>").build();
    let ack = ack::for_failure(&request, &response("INVITE", 404));
    let text = String::from_utf8(ack.bytes().to_vec()).expect("text");
    let expected = [
        "ACK sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest",
        "Route: <sip:proxy;lr>",
        "Max-Forwards: 70",
        "From: <sip:alice@example.org>;tag=a",
        "To: <sip:bob@example.org>;tag=b",
        "Call-ID: c",
        "CSeq: 7 ACK",
        "Content-Length: 0",
        "",
        "",
    ];
    assert_eq!(text, expected.join("\r\n"));
}

#[test]
fn a_client_doubles_timer_e_up_to_t2_and_gives_up_with_timer_f() {
    check(
        "client",
        "MESSAGE",
        UDP,
        &[],
        &[
            "0 send MESSAGE",
            "500 send MESSAGE",
            "1500 send MESSAGE",
            "3500 send MESSAGE",
            "7500 send MESSAGE",
            "11500 send MESSAGE",
            "15500 send MESSAGE",
            "19500 send MESSAGE",
            "23500 send MESSAGE",
            "27500 send MESSAGE",
            "31500 send MESSAGE",
            "32000 timeout",
            "32000 end",
        ],
    );
    check("client", "MESSAGE", TCP, &[], &["0 send MESSAGE", "32000 timeout", "32000 end"]);
}

#[test]
fn a_client_repeats_every_t2_after_a_100_and_lingers_for_timer_k() {
    check(
        "client",
        "MESSAGE",
        UDP,
        &["100 100", "5000 200", "5100 200"],
        &["0 send MESSAGE", "100 pass 100", "500 send MESSAGE", "4500 send MESSAGE", "5000 pass 200", "10000 end"],
    );
    check("client", "MESSAGE", TCP, &["100 404"], &["0 send MESSAGE", "100 pass 404", "100 end"]);
    check("client", "MESSAGE", TCP, &["100 100"], &["0 send MESSAGE", "100 pass 100", "32000 timeout", "32000 end"]);
    check("client", "MESSAGE", UDP, &["100 error"], &["0 send MESSAGE", "100 failed", "100 end"]);
}

#[test]
fn an_invite_server_says_trying_after_200_ms() {
    check(
        "server",
        "INVITE",
        UDP,
        &["100 again", "300 again", "400 180", "500 again"],
        &["200 send 100", "300 send 100", "400 send 180", "500 send 180"],
    );
    check("server", "INVITE", UDP, &["100 180"], &["100 send 180"]);
}

#[test]
fn an_invite_server_repeats_a_failure_until_the_ack_or_timer_h() {
    check(
        "server",
        "INVITE",
        UDP,
        &["0 486", "600 again", "1000 ACK", "1100 ACK", "1200 again"],
        &["0 send 486", "500 send 486", "600 send 486", "6000 end"],
    );
    check(
        "server",
        "INVITE",
        UDP,
        &["0 486"],
        &[
            "0 send 486",
            "500 send 486",
            "1500 send 486",
            "3500 send 486",
            "7500 send 486",
            "11500 send 486",
            "15500 send 486",
            "19500 send 486",
            "23500 send 486",
            "27500 send 486",
            "31500 send 486",
            "32000 timeout",
            "32000 end",
        ],
    );
    check("server", "INVITE", TCP, &["0 486", "100 ACK"], &["0 send 486", "100 end"]);
    check("server", "INVITE", TCP, &["0 486"], &["0 send 486", "32000 timeout", "32000 end"]);
}

#[test]
fn an_accepted_invite_server_absorbs_the_invite_and_leaves_2xx_to_its_user() {
    for transport in [UDP, TCP] {
        check(
            "server",
            "INVITE",
            transport,
            &["0 200", "400 again", "500 200", "600 ACK", "700 486"],
            &["0 send 200", "500 send 200", "600 pass ACK", "32000 end"],
        );
    }
}

#[test]
fn an_invite_server_outlives_transport_errors() {
    check("server", "INVITE", UDP, &["0 200", "10 error"], &["0 send 200", "10 failed", "32000 end"]);
}

#[test]
fn a_server_repeats_its_answer_until_timer_j() {
    check(
        "server",
        "MESSAGE",
        UDP,
        &["10 again", "100 200", "600 again", "700 404"],
        &["100 send 200", "600 send 200", "32100 end"],
    );
    check("server", "MESSAGE", TCP, &["100 200"], &["100 send 200", "100 end"]);
    check("server", "MESSAGE", UDP, &["100 200", "200 error"], &["100 send 200", "200 failed", "200 end"]);
}

#[test]
fn a_server_keeps_to_rfc_4320() {
    // A 100 goes out when timer E would reach T2, not before over UDP; no 180, no 408; silence in the end.
    check("server", "MESSAGE", UDP, &["100 100", "100 180", "200 408"], &["3500 send 100", "32000 end"]);
    check("server", "MESSAGE", TCP, &["100 100", "9000 202"], &["100 send 100", "9000 send 202", "9000 end"]);
}
