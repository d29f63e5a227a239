//! Reads a capture file on threads of its own: one takes messages off the file, one cuts them into episodes, some
//! judge, and the caller's gathers. Queues are bounded and keep the order, so that results are those of one thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::stories::Stories;
use crate::net::capture::{CaptureError, CaptureReader};
use crate::trace::{Episode, Episodes, Streams, Unit};

/// Messages that go from thread to thread at once.
const UNITS: usize = 1_024;
/// Episodes that go from thread to thread at once.
const EPISODES: usize = 64;
/// Batches under way between two threads.
const QUEUE: usize = 4;

/// What a file held beside episodes to judge.
#[derive(Default)]
pub struct Read {
    pub episodes: u64,
    pub packets: u32,
    pub sealed: u64,
    pub unread: u64,
    pub errors: Vec<CaptureError>,
    /// The user would not wait for the end.
    pub interrupted: bool,
}

/// Lets `judges` judge every episode that is `likely` to hold something to judge, each on a thread of its own, and hands what they
/// say to `take`, in the order in which the episodes end.
pub fn run<T: Send>(
    reader: CaptureReader,
    stop: &AtomicBool,
    likely: impl Fn(&Episode) -> bool + Send,
    judges: Vec<impl FnMut(Episode) -> T + Send>,
    take: impl FnMut(T),
) -> Read {
    thread::scope(|scope| {
        let (seen, to_cut) = sync_channel(QUEUE);
        let mut turns = Turns::default();
        let mut judged = Vec::new();
        for mut judge in judges {
            let (ended, to_judge) = sync_channel::<Vec<Episode>>(QUEUE);
            let (out, results) = sync_channel::<Vec<T>>(QUEUE);
            turns.judges.push(ended);
            judged.push(results);
            scope.spawn(move || {
                for episodes in to_judge {
                    // Whoever gathers is gone only when another thread panicked.
                    if out.send(episodes.into_iter().map(&mut judge).collect()).is_err() {
                        break;
                    }
                }
            });
        }
        let reading = scope.spawn(move || read(reader, stop, &seen));
        let cutting = scope.spawn(move || cut(&to_cut, likely, turns));
        gather(judged, take);
        let episodes = cutting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Read { episodes, ..read }
    })
}

fn read(mut reader: CaptureReader, stop: &AtomicBool, out: &SyncSender<Vec<Unit>>) -> Read {
    let mut read = Read::default();
    let mut streams = Streams::default();
    let (mut seen, mut units) = (Vec::new(), Vec::with_capacity(UNITS));
    loop {
        if stop.load(Ordering::Relaxed) {
            read.interrupted = true;
            break;
        }
        let more = match reader.next(&mut seen) {
            Ok(more) => more,
            Err(error) => {
                read.errors.push(error);
                true
            }
        };
        for one in seen.drain(..) {
            streams.take(one, |unit| units.push(unit));
        }
        if !more {
            break;
        }
        // The other end is gone only when its thread panicked, which `run` passes on.
        if units.len() >= UNITS && out.send(std::mem::replace(&mut units, Vec::with_capacity(UNITS))).is_err() {
            break;
        }
    }
    drop(out.send(units));
    let statistics = reader.statistics();
    (read.packets, read.sealed, read.unread) = (statistics.packets, statistics.sealed, statistics.unread);
    read
}

fn cut(seen: &Receiver<Vec<Unit>>, likely: impl Fn(&Episode) -> bool, mut turns: Turns) -> u64 {
    let mut episodes = Episodes::default();
    let mut count = 0;
    let mut stories = Stories::default();
    let mut note = |episode: Episode| {
        count += 1;
        let calls = likely(&episode);
        stories.note(&episode, calls, |story| turns.give(story));
        if calls {
            turns.give(episode);
        }
    };
    for unit in seen.iter().flatten() {
        episodes.take(unit, &mut note);
    }
    episodes.finish(&mut note);
    turns.send();
    count
}

/// Who judges next: batches go round, so that whoever gathers knows where the next one comes from.
#[derive(Default)]
struct Turns {
    judges: Vec<SyncSender<Vec<Episode>>>,
    next: usize,
    held: Vec<Episode>,
}

impl Turns {
    fn give(&mut self, episode: Episode) {
        self.held.push(episode);
        if self.held.len() >= EPISODES {
            self.send();
        }
    }

    fn send(&mut self) {
        let episodes = std::mem::take(&mut self.held);
        if let Some(judge) = self.judges.get(self.next) {
            // Whoever judges is gone only when it panicked, which its scope passes on.
            drop(judge.send(episodes));
        }
        self.next = (self.next + 1) % self.judges.len().max(1);
    }
}

fn gather<T>(judged: Vec<Receiver<Vec<T>>>, mut take: impl FnMut(T)) {
    for results in judged.iter().cycle() {
        // A judge that has nothing more to say when it is its turn was the last.
        let Ok(batch) = results.recv() else { break };
        batch.into_iter().for_each(&mut take);
    }
}
