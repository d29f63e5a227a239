//! How fast captures are judged, beside what `tshark` takes for statistics of the same file; and what an open dialog
//! costs. Prints ratios of one run on one machine: `cargo bench --bench judge`. Words behind `--` choose captures by
//! what is in their names; `alone` leaves `tshark` out.

mod memory;
#[path = "../tests/traffic/mod.rs"]
mod traffic;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use imspec::judge::Verdict;
use imspec::net::capture::{CaptureWriter, Format};
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::load;
use imspec::script::plan::Plan;
use imspec::script::recognise::{Options, judge};
use imspec::time::Time;
use imspec::trace::{Episodes, Observation, Seen, Streams};
use memory::{peak, resident};
use traffic::Large;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// SIP packets in a capture.
const PACKETS: u32 = 100_000;
/// Calls begun in a second.
const RATE: u64 = 200;
/// Each takes the best of so many attempts.
const ATTEMPTS: usize = 3;
const OPEN: u32 = 20_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let loaded = runtime.block_on(load(Files::embedded(), &Selection::default()));
    let plans = loaded.unwrap_or_else(|_| panic!("the features of this package are wrong")).plans;
    println!("an open dialog of 4 messages keeps {} octets", octets_of_a_dialog());
    let folder = tempfile::tempdir().expect("a folder");
    type Make = fn(u32) -> Vec<Observation>;
    let refused = |n| large(n, 486);
    let accepted = |n| large(n, 200);
    let kinds: [(&str, Make); 3] =
        [("calls", call), ("large messages, refused", refused), ("large messages", accepted)];
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (alone, words): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| word == "alone");
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for (name, make) in kinds.into_iter().filter(|(name, _)| chosen(name)) {
        let path = folder.path().join(format!("{name}.pcapng"));
        let packets = write(&path, make);
        compare(name, packets, &path, &plans, alone.is_empty());
    }
}

fn compare(name: &str, packets: u32, path: &Path, plans: &[Plan], with_tshark: bool) {
    let files = [path.to_path_buf()];
    let (mut exercised, mut failed) = (0, 0);
    let (ours, our_cpu) = best(|| {
        let judgement = judge(plans, &files, &Options::default(), &mut |_| {}).expect("a capture");
        exercised = judgement.run.cases.iter().filter(|c| c.verdict() != Verdict::NotExercised).count() as u64
            + judgement.left_out;
        failed = judgement.run.count(Verdict::Fail);
    });
    let rate = |time: Duration| f64::from(packets) / time.as_secs_f64();
    println!("{name}: {packets} packets, {exercised} cases exercised, {failed} failures; peak {} MiB", peak() >> 20);
    println!("  imspec judge {:>53.0} packets/s, {:.2} s of CPU", rate(ours), our_cpu.as_secs_f64());
    let theirs = [&["-q", "-z", "sip,stat"][..], &["-Y", "sip", "-T", "fields", "-e", "sip.Call-ID"]];
    for arguments in theirs.into_iter().filter(|_| with_tshark) {
        let (theirs, their_cpu) = best(|| {
            let mut tshark = Command::new("tshark");
            tshark.arg("-r").arg(path).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            // Where it is missing there is nothing to compare with.
            drop(tshark.status());
        });
        let shown = arguments.join(" ");
        if theirs < Duration::from_millis(20) {
            println!("  tshark {shown}: not installed");
            continue;
        }
        println!(
            "  tshark {shown:<48} {:>10.0} packets/s, {:.2} s of CPU: {:.1} times, by CPU {:.1} times",
            rate(theirs),
            their_cpu.as_secs_f64(),
            theirs.as_secs_f64() / ours.as_secs_f64(),
            their_cpu.as_secs_f64() / our_cpu.as_secs_f64()
        );
    }
}

/// The shortest time that the work took, and the least CPU time, which tells more where others keep the machine busy.
fn best(mut work: impl FnMut()) -> (Duration, Duration) {
    let mut once = || {
        let (begun, before) = (Instant::now(), cpu());
        work();
        (begun.elapsed(), cpu().saturating_sub(before))
    };
    let took: Vec<_> = (0..ATTEMPTS).map(|_| once()).collect();
    let least = |of: fn(&(Duration, Duration)) -> Duration| took.iter().map(of).min().unwrap_or_default();
    (least(|t| t.0), least(|t| t.1))
}

/// What this process and the programs that it waited for took of the processors, in the kernel's hundredths of a second.
fn cpu() -> Duration {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    Duration::from_millis(fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Writes overlapping calls, in order of time.
fn write(path: &PathBuf, make: impl Fn(u32) -> Vec<Observation>) -> u32 {
    let (mut all, mut sip) = (Vec::new(), 0);
    for number in 0.. {
        let call = make(number);
        sip += call.iter().filter(|one| matches!(one.what, Seen::Datagram(_))).count() as u32;
        all.extend(call);
        if sip >= PACKETS {
            break;
        }
    }
    all.sort_by_key(|one| one.at);
    let mut writer = CaptureWriter::create(path, Format::PcapNg, &[]).expect("a writer");
    let mut packets = 0;
    for one in &all {
        packets += one.what.packets();
        writer.write(one, None).expect("written");
    }
    drop(writer.finish().expect("finished"));
    packets
}

fn begin(number: u32) -> Time {
    Time::SIMULATION_START + Duration::from_nanos(u64::from(number) * 1_000_000_000 / RATE)
}

fn large(number: u32, status: u16) -> Vec<Observation> {
    Large { number, at: begin(number), status, size: 6_000, ..Large::PLAIN }.play()
}

/// A call as SIPp makes them: six packets, MSRP in the descriptions, no large message.
fn call(number: u32) -> Vec<Observation> {
    let (a, b) = (SocketAddr::from(([127, 0, 0, 1], 38_060)), SocketAddr::from(([127, 0, 0, 1], 38_061)));
    let sdp = "v=0\r\no=user1 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
               m=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim text/plain\r\na=path:msrp://127.0.0.1:2855/s;tcp\r\n";
    let message = |start: &str, cseq: &str, tag: &str, body: &str| {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP 127.0.0.1:38060;branch=z9hG4bK-{number}-{}\r\n\
             From: sipp <sip:sipp@127.0.0.1:38060>;tag={number}\r\nTo: sut <sip:service@127.0.0.1:38061>{tag}\r\n\
             Call-ID: {number}-14@127.0.0.1\r\nCSeq: {cseq}\r\nContact: <sip:sipp@127.0.0.1:38060>;+g.oma.sip-im\r\n\
             Accept-Contact: *;+g.oma.sip-im\r\nMax-Forwards: 70\r\nSubject: test\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            cseq.len(),
            body.len()
        );
        Seen::Datagram(text.into())
    };
    let uri = "sip:service@127.0.0.1:38061 SIP/2.0";
    let tag = format!(";tag=b{number}");
    let steps = [
        (0, a, b, message(&format!("INVITE {uri}"), "1 INVITE", "", sdp)),
        (5, b, a, message("SIP/2.0 180 Ringing", "1 INVITE", &tag, "")),
        (10, b, a, message("SIP/2.0 200 OK", "1 INVITE", &tag, sdp)),
        (15, a, b, message(&format!("ACK {uri}"), "1 ACK", &tag, "")),
        (3_000, a, b, message(&format!("BYE {uri}"), "2 BYE", &tag, "")),
        (3_005, b, a, message("SIP/2.0 200 OK", "2 BYE", &tag, "")),
    ];
    let at = |ms| begin(number) + Duration::from_millis(ms);
    steps.map(|(ms, src, dst, what)| Observation { at: at(ms), packet: number, src, dst, what }).into()
}

/// What the heap grows by while dialogs are open.
fn octets_of_a_dialog() -> u64 {
    let before = resident();
    let (mut streams, mut episodes) = (Streams::default(), Episodes::default());
    for number in 0..OPEN {
        for one in call(number).into_iter().take(4) {
            streams.take(one, |unit| episodes.take(unit, |_| {}));
        }
    }
    assert_eq!(episodes.open(), OPEN as usize);
    (resident() - before) / u64::from(OPEN)
}
