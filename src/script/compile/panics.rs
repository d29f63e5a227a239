//! Panics while cucumber runs: it wants no word of those of steps, which it reports as events, and so silences the whole
//! process. Here the other threads are given their voice back, and what this thread said is kept until it is known that it
//! was reported. It must not know steps or plans.

use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send>;

/// The panic hook of the process from before a run of cucumber to its end. Cucumber takes what hook it finds, puts an empty
/// one in its place and brings the first one back when it is done.
pub(super) struct Panics {
    before: Option<Arc<Hook>>,
    /// The last panic of the thread that runs cucumber.
    own: Arc<Mutex<Option<String>>>,
}

impl Panics {
    /// To be made before cucumber runs; dropped after it, it brings the hook back that it found.
    pub fn new() -> Panics {
        let before: Arc<Hook> = Arc::new(panic::take_hook());
        let hook = before.clone();
        panic::set_hook(Box::new(move |info| hook(info)));
        Panics { before: Some(before), own: Arc::default() }
    }

    /// To be called on the thread that runs cucumber once that has silenced the process: from here on the panics of all
    /// other threads are heard again. Only what panics between the two, some instructions, still says nothing.
    pub fn hear_others(&self) {
        let (before, own, here) = (self.before.clone(), self.own.clone(), thread::current().id());
        panic::set_hook(Box::new(move |info| match thread::current().id() == here {
            true => *own.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string()),
            false => {
                if let Some(hook) = &before {
                    hook(info);
                }
            }
        }));
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        // A panic that gets here is none of a step: nothing has reported it, and the hook cannot be changed now.
        if thread::panicking() {
            if let Some(said) = self.own.lock().unwrap_or_else(PoisonError::into_inner).take() {
                anstream::eprintln!("{said}");
            }
            return;
        }
        drop(panic::take_hook());
        if let Some(before) = self.before.take().and_then(Arc::into_inner) {
            panic::set_hook(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::compile::ONE_RUN;

    #[test]
    fn only_the_thread_of_the_steps_is_silenced() {
        let _alone = ONE_RUN.blocking_lock();
        let found = panic::take_hook();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let all = heard.clone();
        panic::set_hook(Box::new(move |info| all.lock().unwrap().push(info.to_string())));
        let elsewhere = |word: &'static str| assert!(thread::spawn(move || panic!("{word}")).join().is_err());
        let here = |word: &'static str| assert!(panic::catch_unwind(|| panic!("{word}")).is_err());

        let panics = Panics::new();
        let kept = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        panics.hear_others();
        elsewhere("oak");
        here("ash");
        assert!(panics.own.lock().unwrap().as_ref().is_some_and(|said| said.contains("ash")));
        panic::set_hook(kept);
        drop(panics);
        here("elm");

        drop(panic::take_hook());
        panic::set_hook(found);
        let heard = heard.lock().unwrap();
        // Other tests may panic meanwhile, and are heard too.
        let said = |word: &str| heard.iter().filter(|said| said.contains(word)).count();
        assert_eq!(["oak", "ash", "elm"].map(said), [1, 0, 1], "{heard:?}");
    }
}
