//! The reference captures hold what their README says.

use std::collections::BTreeMap;
use std::path::Path;

use memchr::memmem;

use crate::net::capture::CaptureReader;
use crate::trace::Seen;

#[test]
fn reference_captures_hold_what_their_readme_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference");
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("the README");
    let mut files = 0;
    for row in readme.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, packets, requests, responses, msrp, _] = cells[..] else { panic!("{row}") };
        let expected = [packets, requests, responses, msrp].map(|cell| cell.parse::<usize>().expect(row));
        assert_eq!(count(&folder.join(name.trim_matches('`'))), expected, "{name}");
        files += 1;
    }
    let present = std::fs::read_dir(&folder).expect("the folder").count() - 1;
    assert_eq!(files, present, "every file has its row");
}

/// Packets, SIP requests, SIP responses and MSRP messages.
fn count(path: &Path) -> [usize; 4] {
    let mut reader = CaptureReader::open(path).expect("a capture");
    let mut seen = Vec::new();
    while reader.next(&mut seen).expect("a whole capture") {}
    let mut texts = Vec::new();
    let mut streams: BTreeMap<_, Vec<u8>> = BTreeMap::new();
    for one in seen {
        match one.what {
            Seen::Datagram(octets) => texts.push(octets.to_vec()),
            Seen::Data(octets) => streams.entry((one.src, one.dst)).or_default().extend(octets),
            Seen::Gap { .. } | Seen::Joined => panic!("nothing was lost: {one:?}"),
            _ => {}
        }
    }
    texts.extend(streams.into_values().map(|stream| [b"\r\n", &stream[..]].concat()));
    let lines = |wanted: fn(&[u8]) -> bool| {
        texts.iter().flat_map(|text| text.split(|octet| *octet == b'\n')).filter(|line| wanted(line)).count()
    };
    let requests = lines(|line| line.ends_with(b" SIP/2.0\r"));
    let responses = lines(|line| line.starts_with(b"SIP/2.0 "));
    let msrp = texts.iter().map(|text| memmem::find_iter(text, b"\r\nMSRP ").count()).sum();
    [reader.statistics().packets as usize, requests, responses, msrp]
}
