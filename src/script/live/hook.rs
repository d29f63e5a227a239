//! The HTTP hook of a system: acts are posted to it one after the other, and events are heard in what it answers.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::net::http::client::{Answer, HttpError, Url, get, post};

/// A hook, with what is under way to it. Dropped, it asks no more.
pub struct Hook {
    url: Url,
    acts: mpsc::UnboundedSender<String>,
    heard: mpsc::Receiver<Heard>,
    /// To hand to those who listen, once somebody does.
    tell: mpsc::Sender<Heard>,
    /// Acts that it has not answered yet.
    waiting: usize,
    failure: Option<String>,
    tasks: Vec<AbortHandle>,
}

enum Heard {
    Taken,
    Failed(String),
    Line(String),
}

/// Lines that wait to be heard. A hook that says more waits.
const MOST_LINES: usize = 256;
/// How long an answer with events may be awaited; then it is asked for anew.
const LONG_POLL: Duration = Duration::from_secs(60);
/// Time between two questions for events of which the first gave nothing.
const REST: Duration = Duration::from_millis(100);

impl Hook {
    /// A hook that must answer each act within `limit`. With `events`, the lines of its answers are heard.
    pub fn new(url: Url, limit: Duration, events: bool) -> Hook {
        let (acts, posted) = mpsc::unbounded_channel();
        let (tell, heard) = mpsc::channel(MOST_LINES);
        let posting = tokio::spawn(post_all(url.clone(), limit, events, posted, tell.clone()));
        Hook { url, acts, heard, tell, waiting: 0, failure: None, tasks: vec![posting.abort_handle()] }
    }

    /// Begins to ask it for events, if nobody does so yet.
    pub fn listen(&mut self) {
        if self.tasks.len() == 1 {
            self.tasks.push(tokio::spawn(ask_always(self.url.clone(), self.tell.clone())).abort_handle());
        }
    }

    /// Posts an act, after those that wait.
    pub fn post(&mut self, act: String) {
        // The task at the other end lives as long as this.
        self.waiting += usize::from(self.acts.send(act).is_ok());
    }

    /// Whether it has answered everything.
    pub fn is_idle(&mut self) -> bool {
        self.waiting == 0
    }

    /// The next line that it said, if there is one already.
    pub fn line(&mut self) -> Option<String> {
        loop {
            match self.heard.try_recv().ok()? {
                Heard::Line(line) => return Some(line),
                Heard::Taken => self.waiting = self.waiting.saturating_sub(1),
                Heard::Failed(why) => {
                    self.waiting = self.waiting.saturating_sub(1);
                    self.failure.get_or_insert(why);
                }
            }
        }
    }

    /// How an act failed since the last time that this was asked.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Posts what comes, each after the answer to the one before.
async fn post_all(
    url: Url,
    limit: Duration,
    events: bool,
    mut acts: mpsc::UnboundedReceiver<String>,
    tell: mpsc::Sender<Heard>,
) {
    let mut reading = tokio::task::JoinSet::new();
    while let Some(act) = acts.recv().await {
        let heard = match post(&url, act, limit).await {
            Ok(answer) => {
                if events {
                    reading.spawn(read(answer, tell.clone()));
                }
                Heard::Taken
            }
            Err(error) => Heard::Failed(format!("its hook {url} {error}{}", hint(&error))),
        };
        while reading.try_join_next().is_some() {}
        if tell.send(heard).await.is_err() {
            return;
        }
    }
}

/// Asks for events again and again. A hook that knows no such question is not asked again.
async fn ask_always(url: Url, tell: mpsc::Sender<Heard>) {
    loop {
        let lines = match get(&url, LONG_POLL).await {
            Ok(answer) => read(answer, tell.clone()).await,
            Err(HttpError::Status(status, _)) if matches!(status.as_u16(), 404 | 405 | 501) => return,
            // It may not be there yet, or no more; acts tell that better.
            Err(_) => 0,
        };
        if lines == 0 {
            sleep(REST).await;
        }
    }
}

/// Hears an answer to its end; says how many lines it had.
async fn read(mut answer: Answer, tell: mpsc::Sender<Heard>) -> usize {
    let mut lines = 0;
    while let Ok(Some(line)) = answer.line().await {
        if !line.is_empty() {
            lines += 1;
            if tell.send(Heard::Line(line)).await.is_err() {
                break;
            }
        }
    }
    lines
}

/// What to do about it, where that is known.
fn hint(error: &HttpError) -> &'static str {
    match error {
        HttpError::Connect(_) => " (does the program run that has this port?)",
        HttpError::Silent(_) => {
            " (it must answer when it has taken the act; `answer-wait` says how long that may take)"
        }
        HttpError::Status(status, _) if status.as_u16() == 400 => " (did it understand the act?)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::http::server::{self, Asked, Reply};

    /// What comes of posting these acts to somebody who answers `echo`, fails at `fail`, and hangs at `hang`.
    async fn check(acts: &[&str], lines: &[&str], failure: Option<&str>) {
        let listener = server::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let serving = tokio::spawn(server::serve(listener, |asked: Asked| async move {
            match (asked.method.as_str(), asked.body.as_str()) {
                ("GET", _) => Reply { status: 405, text: String::new() },
                (_, "fail") => Reply { status: 500, text: "no phone".to_owned() },
                (_, "hang") => std::future::pending().await,
                (_, text) => Reply { status: 200, text: format!("{text}\n\n") },
            }
        }));
        let mut hook = Hook::new(url, Duration::from_millis(500), true);
        hook.listen();
        acts.iter().for_each(|act| hook.post((*act).to_owned()));
        let mut heard = Vec::new();
        while !hook.is_idle() || heard.len() < lines.len() {
            match hook.line() {
                Some(line) => heard.push(line),
                None => tokio::task::yield_now().await,
            }
        }
        let failed = hook.take_failure();
        heard.sort();
        assert_eq!(heard, lines);
        assert_eq!(failed.is_some(), failure.is_some(), "{failed:?}");
        assert!(failed.unwrap_or_default().contains(failure.unwrap_or_default()));
        assert_eq!(hook.take_failure(), None);
        serving.abort();
    }

    #[tokio::test]
    async fn acts_are_posted_and_answers_heard() {
        check(&[], &[], None).await;
        check(&["one", "two"], &["one", "two"], None).await;
        check(&["fail", "one"], &["one"], Some("answered 500 Internal Server Error: no phone")).await;
        check(&["hang", "one"], &["one"], Some("gave no answer within 0.5 s")).await;
    }

    #[tokio::test]
    async fn nobody_there_is_a_failure() {
        let listener = server::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        let mut hook = Hook::new(url, Duration::from_secs(5), false);
        hook.post("one".to_owned());
        while !hook.is_idle() {
            assert_eq!(hook.line(), None);
            tokio::task::yield_now().await;
        }
        let failure = hook.take_failure().unwrap();
        assert!(failure.contains("cannot be reached") && failure.contains("does the program run"), "{failure}");
    }
}
