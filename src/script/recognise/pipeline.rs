//! Reads a capture file on threads of its own: one takes packets off the file, one cuts them into episodes, the
//! caller's judges. Queues are bounded and keep the order, so that results are those of one thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::facts;
use crate::net::capture::{CaptureError, CaptureReader};
use crate::trace::{Episode, Episodes, Observation, Streams};

/// Observations that go from thread to thread at once.
const BATCH: usize = 1_024;
/// Batches under way between two threads.
const QUEUE: usize = 4;

/// What a file held beside episodes to judge.
#[derive(Default)]
pub struct Read {
    pub episodes: u64,
    pub packets: u32,
    pub errors: Vec<CaptureError>,
    /// The user would not wait for the end.
    pub interrupted: bool,
}

/// Hands every episode that may hold something to judge to `give`, in the order in which they end.
pub fn run(reader: CaptureReader, stop: &AtomicBool, mut give: impl FnMut(Episode)) -> Read {
    thread::scope(|scope| {
        let (seen, to_cut) = sync_channel(QUEUE);
        let (ended, to_judge) = sync_channel(QUEUE);
        let reading = scope.spawn(move || read(reader, stop, &seen));
        let cutting = scope.spawn(move || cut(&to_cut, &ended));
        for episode in to_judge.iter().flatten() {
            give(episode);
        }
        let episodes = cutting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Read { episodes, ..read }
    })
}

fn read(mut reader: CaptureReader, stop: &AtomicBool, out: &SyncSender<Vec<Observation>>) -> Read {
    let mut read = Read::default();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        if stop.load(Ordering::Relaxed) {
            read.interrupted = true;
            break;
        }
        match reader.next(&mut batch) {
            Ok(true) if batch.len() < BATCH => continue,
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => read.errors.push(error),
        }
        // The other end is gone only when its thread panicked, which `run` passes on.
        if out.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).is_err() {
            break;
        }
    }
    drop(out.send(batch));
    read.packets = reader.statistics().packets;
    read
}

fn cut(seen: &Receiver<Vec<Observation>>, out: &SyncSender<Vec<Episode>>) -> u64 {
    let (mut streams, mut episodes) = (Streams::default(), Episodes::default());
    let (mut count, mut ended) = (0, Vec::new());
    let mut note = |episode: Episode, ended: &mut Vec<Episode>| {
        count += 1;
        if facts::likely(&episode) {
            ended.push(episode);
        }
    };
    for one in seen.iter().flat_map(|batch| batch.into_iter().map(Some).chain([None])) {
        match one {
            Some(one) => streams.take(one, |unit| episodes.take(unit, |episode| note(episode, &mut ended))),
            // The end of a batch. Whoever judges is gone only when it panicked.
            None if !ended.is_empty() && out.send(std::mem::take(&mut ended)).is_err() => break,
            None => {}
        }
    }
    episodes.finish(|episode| note(episode, &mut ended));
    drop(out.send(ended));
    count
}
