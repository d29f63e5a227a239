//! The programs that a system file names: started without a shell, heard line by line, ended by their own handle.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A program that runs, or did. Dropped, it is ended with what it started.
pub struct Process {
    child: Child,
    /// That of the program and of what it started.
    group: Option<Pid>,
    lines: mpsc::Receiver<String>,
    /// What it printed last.
    last: VecDeque<String>,
    /// What it printed and nobody has asked for yet.
    unheard: VecDeque<String>,
}

/// Octets of a line; what is longer comes in pieces.
const LONGEST_LINE: u64 = 64 << 10;
/// Lines that wait to be heard. A program that prints more waits.
const MOST_LINES: usize = 256;
/// Lines kept for complaints.
const LAST: usize = 5;
/// How long what a program said last may be on its way.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// How long a program may take to end.
pub const FAREWELL: Duration = Duration::from_secs(5);

impl Process {
    /// Starts program and arguments, and gives it `input` to read. It is killed when the process is dropped.
    pub fn start(command: &[String], input: Option<String>) -> io::Result<Process> {
        let [program, arguments @ ..] = command else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut child = Command::new(program)
            .args(arguments)
            // What it starts in its turn ends with it, and Ctrl-C is for imspec, which then ends it.
            .process_group(0)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (sender, lines) = mpsc::channel(MOST_LINES);
        if let Some(out) = child.stdout.take() {
            tokio::spawn(hear(out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(hear(err, sender));
        }
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // A program need not read it.
            tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
        }
        Ok(Process { child, group, lines, last: VecDeque::new(), unheard: VecDeque::new() })
    }

    /// The next line that it printed, if there is one already.
    pub fn line(&mut self) -> Option<String> {
        self.unheard.pop_front().or_else(|| self.next())
    }

    fn next(&mut self) -> Option<String> {
        let line = self.lines.try_recv().ok()?;
        self.note(&line);
        Some(line)
    }

    fn note(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.last.push_back(line.to_owned());
        }
        if self.last.len() > LAST {
            self.last.pop_front();
        }
    }

    /// Where it has ended, waits a moment for what it said last: that may still be on its way.
    pub async fn hear_out(&mut self) {
        if !self.has_ended() {
            return;
        }
        // What it started may hold its output open for ever.
        let listening = async {
            while let Some(line) = self.lines.recv().await {
                self.note(&line);
                self.unheard.push_back(line);
            }
        };
        let _ = timeout(LAST_WORDS, listening).await;
    }

    /// How it failed, with what it printed last; nothing while it runs and when it ended well.
    pub fn failure(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        (!status.success()).then(|| self.end_in_words(status))
    }

    /// How it crashed: by a signal; or, where it should go on, in any way at all.
    pub fn crash(&mut self, should_go_on: bool) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        (should_go_on || status.code().is_none()).then(|| self.end_in_words(status))
    }

    fn end_in_words(&mut self, status: ExitStatus) -> String {
        while let Some(line) = self.next() {
            self.unheard.push_back(line);
        }
        let said: Vec<&str> = self.last.iter().map(|line| line.trim()).collect();
        format!("ended with {status}: {}", said.join(" | "))
    }

    /// Whether it runs no more.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it, with what it started, and waits until it is gone.
    pub async fn end(mut self) {
        self.kill();
        let _ = timeout(FAREWELL, self.child.wait()).await;
    }

    /// All of its group; each may have ended already. The number of the group is that of the program, and nobody else's
    /// while one of them lives.
    fn kill(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.start_kill();
    }

    /// Runs a program to its end, within `limit`; nothing where it ended well, else how it did not.
    pub async fn run(command: &[String], limit: Duration) -> Option<String> {
        let shown = || command.join(" ");
        let mut process = match Process::start(command, None) {
            Ok(process) => process,
            Err(cause) => return Some(format!("`{}` cannot be started: {cause}", shown())),
        };
        let failure = match timeout(limit, process.child.wait()).await {
            Ok(_) => {
                // What it has left running, such as a service that it started, is meant to run.
                process.group = None;
                process.hear_out().await;
                process.failure().map(|how| format!("`{}` {how}", shown()))
            }
            Err(_) => Some(format!("`{}` was not over within {} s", shown(), limit.as_secs())),
        };
        process.end().await;
        failure
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn hear(out: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut out = BufReader::new(out);
    loop {
        let mut line = Vec::new();
        match (&mut out).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if lines.send(String::from_utf8_lossy(&line).into_owned()).await.is_err() {
            return;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(command: &[&str]) -> Vec<String> {
        command.iter().map(|word| (*word).to_owned()).collect()
    }

    async fn lines(process: &mut Process) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(line) = process.lines.recv().await {
            heard.push(line);
        }
        heard
    }

    #[tokio::test]
    async fn is_given_its_input_and_heard() {
        let mut process = Process::start(&words(&["cat"]), Some("one\ntwo".to_owned())).unwrap();
        assert_eq!(lines(&mut process).await, ["one\n", "two"]);
        process.end().await;
    }

    #[tokio::test]
    async fn failures_are_told_with_what_was_said() {
        let mut process = Process::start(&words(&["ls", "/no such place"]), None).unwrap();
        process.child.wait().await.unwrap();
        for line in lines(&mut process).await {
            process.last.push_back(line);
        }
        let failure = process.failure().unwrap();
        assert!(failure.contains("exit status") && failure.contains("no such place"), "{failure}");
        assert!(Process::start(&words(&["/no such program"]), None).is_err());
        assert!(Process::start(&[], None).is_err());
    }

    #[tokio::test]
    async fn how_a_program_went_is_told() {
        for (command, says) in [
            (&["true"][..], None),
            (&["ls", "/no such place"], Some("exit status")),
            (&["/no such program"], Some("cannot be started")),
            (&["sleep", "1000"], Some("not over within 0 s")),
        ] {
            let limit = if says == Some("not over within 0 s") { Duration::ZERO } else { FAREWELL };
            let how = Process::run(&words(command), limit).await;
            assert!(how.as_deref().unwrap_or_default().contains(says.unwrap_or_default()), "{how:?}");
            assert_eq!(how.is_some(), says.is_some());
        }
    }

    #[tokio::test]
    async fn ends_what_would_run_on_and_what_that_started() {
        for drops in [false, true] {
            // The child holds the pipe for as long as it lives.
            let script = "sleep 1000 & echo started; wait";
            let mut process = Process::start(&words(&["sh", "-c", script]), None).unwrap();
            assert_eq!(process.lines.recv().await.as_deref(), Some("started\n"));
            let mut lines = std::mem::replace(&mut process.lines, mpsc::channel(1).1);
            if drops {
                drop(process);
            } else {
                process.end().await;
            }
            assert_eq!(lines.recv().await, None);
        }
    }
}
