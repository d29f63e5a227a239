//! What tests of a served service share: the program as processes, their lines, and what they are asked over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `imspec`. Where a test ends early it is killed.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    pub fn start(words: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imspec"));
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (give, lines) = channel();
        let error = give.clone();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                drop(give.send(line));
            }
        });
        std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                drop(error.send(format!("stderr: {line}")));
            }
        });
        Program { input: child.stdin.take(), child, lines, seen: Vec::new() }
    }

    /// A service, as soon as it serves.
    pub fn serve(config: &Path) -> Program {
        let mut service = Program::start(&["serve", "--config", config.to_str().unwrap()]);
        service.expect("serving ");
        service
    }

    /// Gives an act.
    pub fn act(&mut self, act: &str) {
        writeln!(self.input.as_mut().unwrap(), "{act}").unwrap();
    }

    /// Waits for a line with that text in it, of those that came since the last one that was waited for.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => panic!("no line with {text:?} after\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Every line until now.
    #[allow(dead_code, reason = "not every test binary looks at what it did not wait for")]
    pub fn seen(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// Ends it as Ctrl-C does, and gives its exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It may have ended already.
        let _ = self.child.wait();
    }
}

/// Asks by HTTP; gives the whole answer. Lines end with a line feed here.
#[allow(dead_code, reason = "not every test binary asks by HTTP")]
pub fn ask(server: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let length = body.len();
    let head = head.replace('\n', "\r\n");
    let whole = format!("{head}\r\nHost: {server}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(whole.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.replace("\r\n", "\n")
}
