//! Files made to break a reader: whatever comes, it ends, and without a panic.

use proptest::prelude::*;

use super::files::*;
use super::read;

fn seed() -> Vec<Vec<u8>> {
    let frames = [
        ethernet(&[(0x8100, 7)], &udp4(b"datagram")),
        ethernet(&[], &udp6(b"datagram")),
        ethernet(&[], &tcp4((5, 6), "S", 100, 0, b"")),
        ethernet(&[], &tcp4((6, 5), "SA", 500, 101, b"")),
        ethernet(&[], &tcp4((5, 6), "A", 103, 501, b"behind a hole")),
        ethernet(&[], &tcp4((5, 6), "FA", 101, 501, b"ab")),
    ];
    let blocks = frames.iter().map(|frame| enhanced(true, 0, 1, frame));
    let ng = [section(true), interface(true, 1, 0, &[(9, &[9]), (14, &[0; 8])])].into_iter().chain(blocks);
    vec![ETHERNET.file(&frames), ng.collect::<Vec<_>>().concat()]
}

proptest! {
    #[test]
    fn garbage(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(octets);
    }

    #[test]
    fn garbage_in_frames(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 1..8),
        linktype in prop::sample::select(vec![0_u32, 1, 101, 113, 276]),
    ) {
        prop_assert_eq!(read(Classic { linktype, ..ETHERNET }.file(&frames)).statistics.packets as usize, frames.len());
    }

    #[test]
    fn damaged_octets(which in 0_usize..2, damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut file = seed().swap_remove(which);
        for (at, octet) in damage {
            let at = at.index(file.len());
            file[at] = octet;
        }
        let outcome = read(file);
        prop_assert!(outcome.seen.len() < 100);
    }
}

#[test]
fn the_seed_of_these_tests_is_sound() {
    for file in seed() {
        let outcome = read(file);
        assert!(outcome.error.is_none());
        assert_eq!(outcome.seen.len(), 7);
    }
}
