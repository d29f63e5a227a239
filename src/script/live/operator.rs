//! The operator of a system under test: he is shown what to do, and says when it is done where that must be known.

use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// How the operator is reached.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Shows him a text.
    pub show: fn(&str),
    /// Waits until he says that he is done; false where nobody is there to say so.
    pub confirm: fn() -> bool,
}

/// The operator, and what he was asked.
pub struct Operator {
    console: Console,
    awaited: Option<Receiver<bool>>,
    /// Nobody is there.
    gone: bool,
}

impl Operator {
    pub fn new(console: Console) -> Operator {
        Operator { console, awaited: None, gone: false }
    }

    /// Shows him what to do.
    pub fn tell(&self, text: &str) {
        (self.console.show)(text);
    }

    /// Shows him what to do and wants to know when it is done. Who has not answered yet is not asked a second time.
    pub fn ask(&mut self, text: &str) {
        self.tell(&format!("{text}\nand press Enter when it is done"));
        if self.awaited.is_none() {
            let (say, awaited) = channel();
            let confirm = self.console.confirm;
            // A thread that may wait for a line for ever: it ends with the process.
            std::thread::spawn(move || say.send(confirm()));
            self.awaited = Some(awaited);
        }
    }

    /// Whether he has done all that was asked.
    pub fn is_done(&mut self) -> bool {
        match self.awaited.as_ref().map(Receiver::try_recv) {
            None => return true,
            Some(Err(TryRecvError::Empty)) => return false,
            Some(Ok(true)) => {}
            Some(Ok(false) | Err(TryRecvError::Disconnected)) => self.gone = true,
        }
        self.awaited = None;
        true
    }

    /// Why what was asked is not done.
    pub fn failure(&self) -> Option<String> {
        self.gone.then(|| "nobody is there to press Enter".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(confirm: fn() -> bool, failure: Option<&str>) {
        let mut operator = Operator::new(Console { show: |text| assert!(text.contains("press Enter")), confirm });
        assert!(operator.is_done());
        operator.ask("please");
        while !operator.is_done() {
            std::thread::yield_now();
        }
        assert_eq!(operator.failure().as_deref(), failure);
    }

    #[test]
    fn it_is_known_whether_somebody_did_it() {
        check(|| true, None);
        check(|| false, Some("nobody is there to press Enter"));
    }
}
