//! Answering: one function gives the answer to each request. Requests and connections are bounded.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

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
/// How long the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a listener rests after an error such as too many open files, which would come again at once.
const REST: Duration = Duration::from_millis(100);

/// Listens at an address; to be served, hand it to [`serve`].
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves for ever; each request is answered by `answer`.
pub async fn serve<F, R>(listener: TcpListener, answer: F)
where
    F: Fn(Asked) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
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
            let service = service_fn(move |request| one(request, answer.clone()));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // A peer that goes away in the middle is its own business.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

async fn one<F, R>(request: Request<Incoming>, answer: F) -> Result<Response<Full<Bytes>>, Infallible>
where
    F: Fn(Asked) -> R,
    R: Future<Output = Reply>,
{
    let (head, body) = request.into_parts();
    let reply = match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(whole) => {
            let body = String::from_utf8_lossy(&whole.to_bytes()).into_owned();
            answer(Asked { method: head.method.to_string(), path: head.uri.path().to_owned(), body }).await
        }
        Err(error) => Reply { status: 400, text: format!("the request cannot be read: {error}\n") },
    };
    let mut response = Response::new(Full::new(Bytes::from(reply.text)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/plain; charset=utf-8"));
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
