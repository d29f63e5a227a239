//! Asking: a request goes out, and the lines of the answer come in as they arrive.

use std::fmt;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::LONGEST_LINE;

/// Where somebody answers: `http://host:port/path`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    uri: Uri,
    authority: String,
}

impl Url {
    /// Reads a URL; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Url, String> {
        let uri: Uri = text.parse().map_err(|error| format!("`{text}` is no URL: {error}"))?;
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(authority)) if !authority.host().is_empty() => {
                let authority = authority.as_str().rsplit('@').next().unwrap_or_default().to_owned();
                Ok(Url { uri, authority })
            }
            _ => Err(format!("`{text}` does not begin with http:// and a host")),
        }
    }

    fn host(&self) -> &str {
        self.uri.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(80)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uri)
    }
}

/// Why nobody answered, or not as it should be.
#[derive(Debug)]
pub enum HttpError {
    /// No connection came up.
    Connect(io::Error),
    /// There was no answer in time.
    Silent(Duration),
    /// An answer other than 2xx, with the beginning of what it says.
    Status(StatusCode, String),
    /// The answer is no HTTP, or broke off.
    Broken(String),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpError::Connect(error) => write!(f, "cannot be reached: {error}"),
            HttpError::Silent(limit) => write!(f, "gave no answer within {} s", limit.as_secs_f64()),
            HttpError::Status(status, text) if text.is_empty() => write!(f, "answered {status}"),
            HttpError::Status(status, text) => write!(f, "answered {status}: {text}"),
            HttpError::Broken(what) => write!(f, "answered what cannot be read: {what}"),
        }
    }
}

impl std::error::Error for HttpError {}

/// Octets of a refusal that are shown.
const SHOWN: usize = 300;

/// Posts a text as JSON; gives the answer, which is a 2xx, as soon as its head is there.
pub async fn post(url: &Url, json: String, limit: Duration) -> Result<Answer, HttpError> {
    ask(url, Method::POST, json, limit).await
}

/// Asks for what is there to read; the head of the answer may take `limit`.
pub async fn get(url: &Url, limit: Duration) -> Result<Answer, HttpError> {
    ask(url, Method::GET, String::new(), limit).await
}

async fn ask(url: &Url, method: Method, json: String, limit: Duration) -> Result<Answer, HttpError> {
    timeout(limit, exchange(url, method, json)).await.unwrap_or(Err(HttpError::Silent(limit)))
}

async fn exchange(url: &Url, method: Method, json: String) -> Result<Answer, HttpError> {
    let stream = TcpStream::connect((url.host(), url.port())).await.map_err(HttpError::Connect)?;
    let broken = |error: hyper::Error| HttpError::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with the exchange: both halves that talk to it are dropped then.
    tokio::spawn(connection);
    let path = url.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, &url.authority)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(json)))
        .map_err(|error| HttpError::Broken(error.to_string()))?;
    let response: Response<Incoming> = sender.send_request(request).await.map_err(broken)?;
    let status = response.status();
    let mut answer = Answer { body: response.into_body(), rest: Vec::new(), over: false };
    if status.is_success() {
        return Ok(answer);
    }
    Err(HttpError::Status(status, answer.beginning().await))
}

/// A 2xx, whose body comes line by line.
#[derive(Debug)]
pub struct Answer {
    body: Incoming,
    rest: Vec<u8>,
    over: bool,
}

impl Answer {
    /// The next line without its end; nothing when the answer is over. What was read is kept when the wait is given up.
    pub async fn line(&mut self) -> Result<Option<String>, HttpError> {
        loop {
            if let Some(end) = self.rest.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            if self.rest.len() > LONGEST_LINE {
                return Err(HttpError::Broken(format!("a line of more than {LONGEST_LINE} octets")));
            }
            if self.over {
                let line = std::mem::take(&mut self.rest);
                return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), HttpError> {
        match self.body.frame().await {
            Some(Ok(frame)) => self.rest.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => return Err(HttpError::Broken(error.to_string())),
            None => self.over = true,
        }
        Ok(())
    }

    /// The beginning of a text that explains something, in one line.
    async fn beginning(&mut self) -> String {
        while !self.over && self.rest.len() < SHOWN {
            if self.read().await.is_err() {
                break;
            }
        }
        self.rest.truncate(SHOWN);
        String::from_utf8_lossy(&self.rest).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of asking somebody who says `answer`, whatever he is asked.
    async fn ask(answer: &str) -> Result<Vec<String>, HttpError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/act", listener.local_addr().unwrap())).unwrap();
        let answer = answer.replace('\n', "\r\n").into_bytes();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap();
            stream.write_all(&answer).await.unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let asked = post(&url, "{}".to_owned(), Duration::from_secs(5)).await;
        assert!(server.await.unwrap().starts_with("POST /act HTTP/1.1\r\nhost: 127.0.0.1:"));
        let (mut answer, mut lines) = (asked?, Vec::new());
        while let Some(line) = answer.line().await? {
            lines.push(line);
        }
        Ok(lines)
    }

    #[tokio::test]
    async fn answers_come_line_by_line() {
        let none: [&str; 0] = [];
        assert_eq!(ask("HTTP/1.1 204 No Content\n\n").await.unwrap(), none);
        assert_eq!(ask("HTTP/1.1 200 OK\nContent-Length: 7\n\none\ntw").await.unwrap(), ["one", "tw"]);
        let chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\non\n4\ne\nt\n2\nwo\n0\n\n";
        assert_eq!(ask(chunked).await.unwrap(), ["one", "two"]);
        assert_eq!(ask("HTTP/1.0 200 OK\n\none\n").await.unwrap(), ["one"]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_said() {
        let said = |error: HttpError| error.to_string();
        let refusal = ask("HTTP/1.1 500 Oops\nContent-Length: 10\n\nno\n phone").await.map_err(said);
        assert_eq!(refusal, Err("answered 500 Internal Server Error: no phone".to_owned()));
        assert!(ask("SIP/2.0 200 OK\n\n").await.map_err(said).unwrap_err().contains("cannot be read"));
        let long = format!("HTTP/1.1 200 OK\nContent-Length: 999999\n\n{}", "x".repeat(LONGEST_LINE + 9));
        assert!(ask(&long).await.map_err(said).unwrap_err().contains("a line of more than"));
        let broken = ask("HTTP/1.1 200 OK\nContent-Length: 9\n\none\n").await.map_err(said);
        assert!(broken.unwrap_err().contains("cannot be read"));
    }

    #[tokio::test]
    async fn nobody_and_silence_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let limit = Duration::from_millis(50);
        assert!(matches!(get(&url, limit).await, Err(HttpError::Silent(_))));
        drop(listener);
        assert!(matches!(get(&url, Duration::from_secs(5)).await, Err(HttpError::Connect(_))));
    }

    #[test]
    fn urls_name_a_host_and_are_plain_http() {
        let url = Url::parse("http://127.0.0.21:8021/act?who=alice").unwrap();
        assert_eq!((url.host(), url.port(), url.authority.as_str()), ("127.0.0.21", 8021, "127.0.0.21:8021"));
        assert_eq!(Url::parse("http://[::1]").map(|url| (url.host().to_owned(), url.port())), Ok(("::1".into(), 80)));
        for wrong in ["", "127.0.0.21:8021", "https://phone.example/", "http:///act", "/act", "http://a b/"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
