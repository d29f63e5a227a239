//! The XDM server of a service on its HTTP port: who asks, and the way of a request there and back.
//!
//! Users and operator show who they are by HTTP digest authentication (RFC 7616), with the accounts and the code that SIP
//! has: no password crosses the network, so that the port need not keep to loopback, and nobody has a second one. It must
//! not know what documents say.

use std::collections::BTreeSet;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::build;
use super::config::{Config, Role};
use super::error::ServeError;
use crate::actors::act::Kept;
use crate::actors::xdms::{Answer, LARGEST, Listing, NoShelf, Request, Requester, Shelf, Xdms};
use crate::net::documents::Shelved;
use crate::net::http::server::{self, Question, Verdict};
use crate::stack::IdSource;
use crate::stack::digest::{Account, Algorithm, Guard, Judgement};
use crate::time::Time;
use crate::wire::sip::{Builder, Name};

/// Requests that wait for their turn; more wait in their connections.
const MOST_WAITING: usize = 64;
/// Characters of a path that a line shows.
const WIDEST: usize = 120;

/// A request that waits for its answer.
pub(super) struct Asking {
    pub question: Question,
    answer: oneshot::Sender<Verdict>,
}

impl Asking {
    /// Gives the answer. Who asked may be gone.
    pub fn answer(self, verdict: Verdict) {
        let _ = self.answer.send(verdict);
    }
}

/// The server with its port.
pub(super) struct Documents {
    pub xdms: Xdms,
    guard: Option<Guard>,
    operator: Option<String>,
    questions: mpsc::Receiver<Asking>,
    serving: JoinHandle<()>,
}

impl Drop for Documents {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Documents {
    /// The server that the file describes, if it does, listening.
    ///
    /// Errors: an address that it cannot have, or what was kept cannot be had.
    pub async fn open(config: &Config, seed: u64) -> Result<Option<Documents>, ServeError> {
        let Some(section) = &config.xdms else { return Ok(None) };
        let path = config.file("documents")?;
        let failed = |error| ServeError::store(path.as_deref().unwrap_or(std::path::Path::new("documents")), error);
        let shelf: Box<dyn Shelf> = match &path {
            Some(path) => Box::new(Shelved::open(path).map_err(failed)?),
            None => Box::new(NoShelf),
        };
        let xdms = Xdms::new(&config.domain, reserved(config), &config.group_documents(), shelf).map_err(failed)?;
        let mut accounts = build::accounts(config);
        let operator = section.operator.as_ref();
        accounts.extend(operator.map(|one| Account { user: one.user.clone(), password: one.password.clone() }));
        let algorithms = match &config.core.digest {
            Some(digest) => digest.iter().map(|digest| digest.algorithm()).collect(),
            None => vec![Algorithm::Sha256, Algorithm::Md5],
        };
        let ids = IdSource::new(seed, Role::Xdms.word());
        let guard = (!accounts.is_empty()).then(|| Guard::new(&config.domain, accounts, algorithms, ids));
        let listener = server::listen(section.http).await.map_err(|error| ServeError::Http(section.http, error))?;
        let (give, questions) = mpsc::channel(MOST_WAITING);
        let serving = tokio::spawn(server::serve_whole(listener, LARGEST, move |question| ask(give.clone(), question)));
        let operator = operator.map(|one| one.user.clone());
        Ok(Some(Documents { xdms, guard, operator, questions, serving }))
    }

    /// The next request.
    pub async fn next(&mut self) -> Asking {
        match self.questions.recv().await {
            Some(asking) => asking,
            // Nobody listens any more, so that none will come.
            None => std::future::pending().await,
        }
    }

    /// Answers a request: the answer, whether what servers go by may be another now, and a line that tells of it.
    pub fn answer(&mut self, now: Time, question: &Question, listing: &Listing<'_>) -> (Verdict, bool, Option<String>) {
        let who = match self.requester(now, question) {
            Ok(who) => who,
            Err(challenge) => return (challenge, false, None),
        };
        let name = match &who {
            Requester::Operator => "the operator",
            Requester::User(user) => user,
            Requester::Anyone => "somebody",
        }
        .to_owned();
        let request = Request {
            who,
            method: &question.method,
            path: &question.path,
            query: &question.query,
            content_type: question.header("content-type"),
            if_match: question.header("if-match"),
            if_none_match: question.header("if-none-match"),
            body: &question.body,
        };
        let (Answer { status, headers, body }, changed) = self.xdms.handle(&request, listing);
        let path: String = question.path.chars().filter(|c| !c.is_control()).take(WIDEST).collect();
        let line = format!("document      {} {path} by {name}: {status}", question.method);
        (Verdict { status, headers, body }, changed, Some(line))
    }

    /// Who asks; else the challenge that he is to answer.
    fn requester(&mut self, now: Time, question: &Question) -> Result<Requester, Verdict> {
        let Some(guard) = &mut self.guard else { return Ok(Requester::Anyone) };
        let target = match question.query.as_str() {
            "" => question.path.clone(),
            query => format!("{}?{query}", question.path),
        };
        // Digest is the same in HTTP and SIP: of a request it needs method, URI and credentials (RFC 3261 §22.4).
        let request = Builder::request(&question.method, &target)
            .maybe("Authorization", question.header("authorization"))
            .build();
        match guard.judge(now, &request, Name::Authorization) {
            Judgement::Known(user) if self.operator.as_ref() == Some(&user) => Ok(Requester::Operator),
            Judgement::Known(user) => Ok(Requester::User(user)),
            Judgement::Challenge { stale } => {
                let challenges = guard.challenges(now, stale).into_iter();
                let headers = challenges.map(|challenge| ("www-authenticate", challenge)).collect();
                Err(Verdict { status: 401, headers, body: Vec::new() })
            }
        }
    }
}

async fn ask(give: mpsc::Sender<Asking>, question: Question) -> Verdict {
    let (answer, answered) = oneshot::channel();
    let gone = || Verdict { status: 503, headers: Vec::new(), body: Vec::new() };
    if give.send(Asking { question, answer }).await.is_err() {
        return gone();
    }
    answered.await.unwrap_or_else(|_| gone())
}

/// Addresses that no group may have: those of users and services.
fn reserved(config: &Config) -> BTreeSet<String> {
    let users = config.users.keys().map(|user| config.address_of(user));
    let stores = [Kept::Deferred, Kept::History].into_iter().filter_map(|kept| config.store_uri(kept));
    let groups: BTreeSet<String> = config.groups.keys().map(|name| config.address_of(name)).collect();
    let services = config.controlling_uris().into_iter().filter(|uri| !groups.contains(uri));
    users.chain(stores).chain(services).map(|uri| uri.to_ascii_lowercase()).collect()
}
