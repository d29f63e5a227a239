//! Answering: one function gives the answer to each request. Requests and connections are bounded.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::LARGEST_REQUEST;

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: String,
}

/// What is answered: a status and lines of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
}

/// Connections that are served at once; more wait.
const MOST_CONNECTIONS: usize = 64;
/// How long the head of a request may take, and as long again its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a listener rests after an error such as too many open files, which would come again at once.
const REST: Duration = Duration::from_millis(100);

/// Listens at an address; to be served, hand it to [`serve`].
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// A request with all that it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    pub method: String,
    /// Path and query as they were sent, with their escapes.
    pub path: String,
    pub query: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Question {
    /// The first header of that name, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A response with all that it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Serves for ever; each request is answered by `answer`.
pub async fn serve<F, R>(listener: TcpListener, answer: F)
where
    F: Fn(Asked) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    let whole = move |question: Question| {
        let body = String::from_utf8_lossy(&question.body).into_owned();
        let reply = answer(Asked { method: question.method, path: question.path, body });
        async move {
            let Reply { status, text } = reply.await;
            let kind = ("content-type", "text/plain; charset=utf-8".to_owned());
            Verdict { status, headers: vec![kind], body: text.into_bytes() }
        }
    };
    serve_whole(listener, LARGEST_REQUEST, whole).await;
}

/// Serves for ever; each request of at most `largest` octets is answered by `answer`.
pub async fn serve_whole<F, R>(listener: TcpListener, largest: usize, answer: F)
where
    F: Fn(Question) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Verdict> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| one(request, largest, answer.clone()));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // A peer that goes away in the middle is its own business.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

async fn one<F, R>(request: Request<Incoming>, largest: usize, answer: F) -> Result<Response<Full<Bytes>>, Infallible>
where
    F: Fn(Question) -> R,
    R: Future<Output = Verdict>,
{
    let (head, body) = request.into_parts();
    let failed = |status, text: String| Verdict { status, headers: Vec::new(), body: text.into_bytes() };
    let verdict = match timeout(PATIENCE, Limited::new(body, largest).collect()).await {
        Ok(Ok(whole)) => {
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let question = Question {
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().unwrap_or_default().to_owned(),
                headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
                body: whole.to_bytes(),
            };
            answer(question).await
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => failed(413, "the request is too large\n".to_owned()),
        Ok(Err(error)) => failed(400, format!("the request cannot be read: {error}\n")),
        Err(_) => failed(408, "the request takes too long\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(verdict.body)));
    *response.status_mut() = StatusCode::from_u16(verdict.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in verdict.headers {
        match HeaderValue::from_str(&value) {
            Ok(value) => drop(response.headers_mut().append(HeaderName::from_static(name), value)),
            Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::http::client::{Url, get, post};

    #[tokio::test]
    async fn requests_are_answered_until_nobody_serves() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(serve(listener, |asked: Asked| async move {
            let status = if asked.method == "GET" { 404 } else { 200 };
            Reply { status, text: format!("{} {}", asked.path, asked.body) }
        }));
        let limit = Duration::from_secs(5);
        let mut answer = post(&url, "{\"a\": 1}".to_owned(), limit).await.unwrap();
        assert_eq!(answer.line().await.unwrap().as_deref(), Some("/x {\"a\": 1}"));
        assert!(get(&url, limit).await.unwrap_err().to_string().contains("answered 404 Not Found: /x"));
        server.abort();
    }
}
