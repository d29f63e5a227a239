//! The HTTP port of a client or server: a POST brings an act, a GET waits for events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use super::Order;
use crate::actors::act::Told;
use crate::net::http::server::{self, Asked, Reply};
use crate::script::port::{event_line, read_act};

/// Events that nobody has fetched yet.
#[derive(Clone, Default)]
pub struct Events(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    lines: Mutex<VecDeque<String>>,
    more: Notify,
}

/// Events that are kept for somebody who may fetch them; the oldest go first.
const MOST_EVENTS: usize = 10_000;
/// How long a GET waits for an event.
const PATIENCE: Duration = Duration::from_secs(25);

impl Events {
    pub fn push(&self, told: &Told) {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MOST_EVENTS {
            lines.pop_front();
        }
        lines.push_back(event_line(told) + "\n");
        self.0.more.notify_one();
    }

    /// All that are there, as soon as there is one.
    async fn fetch(&self) -> String {
        loop {
            let lines: String = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
            if !lines.is_empty() {
                return lines;
            }
            self.0.more.notified().await;
        }
    }
}

/// Serves for ever: acts become orders, and events are handed out.
pub async fn serve(listener: TcpListener, orders: mpsc::Sender<Order>, events: Events) {
    let answer = move |asked| answer(asked, orders.clone(), events.clone());
    server::serve(listener, answer).await;
}

async fn answer(asked: Asked, orders: mpsc::Sender<Order>, events: Events) -> Reply {
    let reply = |status, text: &str| Reply { status, text: text.to_owned() };
    match asked.method.as_str() {
        "GET" => match timeout(PATIENCE, events.fetch()).await {
            Ok(text) => Reply { status: 200, text },
            Err(_) => reply(204, ""),
        },
        "POST" => {
            let act = match read_act(&asked.body) {
                Ok(act) => act,
                Err(wrong) => return Reply { status: 400, text: wrong + "\n" },
            };
            let (done, told) = oneshot::channel();
            let given = orders.send(Order { act, done }).await.is_ok();
            match told.await {
                Ok(Ok(())) => reply(204, ""),
                Ok(Err(wrong)) => Reply { status: 500, text: wrong + "\n" },
                Err(_) => reply(503, if given { "it has ended\n" } else { "it is gone\n" }),
            }
        }
        _ => reply(405, "POST an act, or GET events\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::act::Act;

    async fn ask(method: &str, body: &str, events: &Events) -> (Reply, Option<Act>) {
        let (orders, mut ordered) = mpsc::channel(1);
        let asked = Asked { method: method.to_owned(), path: "/".to_owned(), body: body.to_owned() };
        let taking = async {
            let Order { act, done } = ordered.recv().await?;
            let outcome = if act == Act::Rejoin { Err("cannot".to_owned()) } else { Ok(()) };
            done.send(outcome).ok()?;
            Some(act)
        };
        tokio::join!(answer(asked, orders, events.clone()), taking)
    }

    #[tokio::test(start_paused = true)]
    async fn acts_come_in_and_events_go_out() {
        let events = Events::default();
        let (reply, act) = ask("POST", r#"{"act":"register"}"#, &events).await;
        assert_eq!((reply.status, act), (204, Some(Act::Register)));
        let (reply, _) = ask("POST", r#"{"act":"rejoin"}"#, &events).await;
        assert_eq!((reply.status, reply.text.as_str()), (500, "cannot\n"));
        let (reply, act) = ask("POST", r#"{"act":"regster"}"#, &events).await;
        assert!(reply.status == 400 && reply.text.contains("did you mean `register`?") && act.is_none(), "{reply:?}");
        assert_eq!(ask("PUT", "", &events).await.0.status, 405);

        assert_eq!(ask("GET", "", &events).await.0.status, 204);
        events.push(&Told { event: "session".into(), about: "x".into() });
        events.push(&Told { event: "message".into(), about: String::new() });
        let (reply, _) = ask("GET", "", &events).await;
        let lines = "{\"event\":\"session\",\"about\":\"x\"}\n{\"event\":\"message\",\"about\":\"\"}\n";
        assert_eq!((reply.status, reply.text.as_str()), (200, lines));
        (0..MOST_EVENTS + 5).for_each(|n| events.push(&Told { event: "message".into(), about: n.to_string() }));
        let (reply, _) = ask("GET", "", &events).await;
        assert!(reply.text.starts_with(r#"{"event":"message","about":"5"}"#), "{:.80}", reply.text);
    }

    #[tokio::test]
    async fn who_asks_in_vain_is_told() {
        let (orders, ordered) = mpsc::channel(1);
        drop(ordered);
        let asked = Asked { method: "POST".into(), path: "/".into(), body: r#"{"act":"register"}"#.into() };
        assert_eq!(answer(asked, orders, Events::default()).await.status, 503);
    }
}
