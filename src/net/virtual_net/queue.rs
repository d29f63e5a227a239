//! The agenda of a simulation: what happens next, and nothing about what it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// Events by time; those of the same time in the order in which they were put in.
#[derive(Debug)]
pub(super) struct Queue<T> {
    heap: BinaryHeap<Reverse<(Time, u64, usize)>>,
    /// The events themselves stay where they are, so that the heap moves only small keys.
    slots: Vec<Option<T>>,
    free: Vec<usize>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), sequence: 0 }
    }
}

impl<T> Queue<T> {
    pub fn push(&mut self, at: Time, event: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(event);
                slot
            }
            None => {
                self.slots.push(Some(event));
                self.slots.len() - 1
            }
        };
        self.heap.push(Reverse((at, self.sequence, slot)));
        self.sequence += 1;
    }

    /// When the next event is due.
    pub fn next_time(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    pub fn pop(&mut self) -> Option<T> {
        let Reverse((_, _, slot)) = self.heap.pop()?;
        self.free.push(slot);
        self.slots[slot].take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_by_time_then_by_order_of_arrival() {
        let mut queue = Queue::default();
        for (at, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            queue.push(Time(at), event);
        }
        assert_eq!(queue.next_time(), Some(Time(1)));
        assert_eq!((queue.pop(), queue.pop()), (Some('a'), Some('b')));
        queue.push(Time(5), 'e');
        assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<String>(), "cde");
        assert_eq!(queue.next_time(), None);
    }
}
