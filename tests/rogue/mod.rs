//! A system that means no good: it takes one invitation, does what a test says on UDP, on TCP or on MSRP, and then lets the
//! call end, so that nobody has to wait for timers.
//!
//! Written by hand and not with our own stack, which could not say most of it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

/// What it does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It sends these datagrams to whom the invitation came from, and refuses.
    Datagrams(Vec<Vec<u8>>),
    /// It sends that datagram again and again, for as long as somebody is there, and refuses.
    Flood(Vec<u8>),
    /// It connects over TCP to whom the invitation came from, does that there, and refuses.
    Stream(Flow),
    /// It accepts, does that on the MSRP connection, and says good-bye.
    Msrp(Flow),
}

/// What it does on a connection.
#[derive(Clone, Debug)]
pub enum Flow {
    /// It sends that.
    Octets(Vec<u8>),
    /// It sends the first, and then the second so many times.
    Endless(Vec<u8>, Vec<u8>, usize),
    /// It sends that, an octet at a time, and does not come to its end.
    Slowly(Vec<u8>),
    /// It aborts the connection.
    Reset,
    /// It reads nothing, says nothing, and closes nothing.
    Stare,
}

/// The port of its MSRP.
const MSRP: u16 = 2899;
/// The longest that it goes on with what nobody reads.
const PATIENCE: Duration = Duration::from_secs(5);

/// Plays it at this address until it is dropped. What became of its connection is told: true where the other side ended it.
pub async fn play(at: SocketAddr, deed: Deed, ended: tokio::sync::oneshot::Sender<bool>) {
    let socket = UdpSocket::bind(at).await.expect("an address of this machine");
    let listener = TcpListener::bind(SocketAddr::new(at.ip(), MSRP)).await.expect("an address of this machine");
    let mut ended = Some(ended);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let (length, core) = socket.recv_from(&mut buffer).await.expect("a datagram");
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if request.starts_with("BYE ") {
            say(&socket, core, &response(&request, "200 OK", "", "")).await;
        }
        // A repeated one is answered by what was said.
        if !request.starts_with("INVITE ") || ended.is_none() {
            continue;
        }
        let refusal = response(&request, "486 Busy Here", "", "");
        let done = match &deed {
            Deed::Datagrams(datagrams) => {
                for datagram in datagrams {
                    let _ = socket.send_to(datagram, core).await; // One that is too long does not leave.
                }
                say(&socket, core, &refusal).await;
                false
            }
            Deed::Flood(datagram) => {
                say(&socket, core, &refusal).await;
                // Until the port is closed, which ICMP tells; never longer than the test.
                while socket.send_to(datagram, core).await.is_ok() {
                    tokio::task::yield_now().await;
                }
                true
            }
            Deed::Stream(flow) => {
                let own = TcpSocket::new_v4().expect("a socket");
                own.bind(SocketAddr::new(at.ip(), 0)).expect("an address of this machine");
                let stream = own.connect(core).await.expect("somebody listens");
                let done = run(stream, flow).await;
                say(&socket, core, &refusal).await;
                done
            }
            Deed::Msrp(flow) => {
                let contact = format!("Contact: <sip:alice@{at}>;+g.oma.sip-im\r\n");
                let host = at.ip();
                let sdp = format!(
                    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=message {MSRP} TCP/MSRP *\r\n\
                     a=recvonly\r\na=accept-types:message/cpim text/plain\r\na=path:msrp://{host}:{MSRP}/taken;tcp\r\n"
                );
                say(&socket, core, &response(&request, "200 OK", &contact, &sdp)).await;
                let done = match timeout(PATIENCE, listener.accept()).await {
                    Ok(Ok((stream, _))) => run(stream, flow).await,
                    _ => false,
                };
                say(&socket, core, &good_bye(&request, at)).await;
                done
            }
        };
        if let Some(ended) = ended.take() {
            let _ = ended.send(done); // The test may be over.
        }
    }
}

/// Does something on a connection; whether the other side ended it.
async fn run(mut stream: TcpStream, flow: &Flow) -> bool {
    let (first, again, times) = match flow {
        Flow::Octets(octets) => (octets, Vec::new(), 0),
        Flow::Endless(first, again, times) => (first, again.clone(), *times),
        Flow::Slowly(octets) => {
            for octet in octets {
                if stream.write_all(&[*octet]).await.is_err() {
                    return true;
                }
                tokio::task::yield_now().await;
            }
            return closed(&mut stream).await;
        }
        Flow::Reset => {
            let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            return false;
        }
        Flow::Stare => {
            let _ = timeout(PATIENCE / 2, std::future::pending::<()>()).await;
            return false;
        }
    };
    let writing = async {
        stream.write_all(first).await?;
        for _ in 0..times {
            stream.write_all(&again).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    match timeout(PATIENCE, writing).await {
        Ok(Ok(())) => closed(&mut stream).await,
        Ok(Err(_)) => true,
        Err(_) => false,
    }
}

/// Whether the other side ends the connection in time; what it says before is of no interest.
async fn closed(stream: &mut TcpStream) -> bool {
    let mut octets = vec![0; 1 << 16];
    let reading = async { while stream.read(&mut octets).await.is_ok_and(|count| count > 0) {} };
    timeout(PATIENCE / 2, reading).await.is_ok()
}

async fn say(socket: &UdpSocket, to: SocketAddr, text: &str) {
    socket.send_to(text.as_bytes(), to).await.expect("sent");
}

/// All header lines of that name, as they stand.
fn lines<'a>(request: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_it = move |line: &&str| line.split(':').next().is_some_and(|n| n.trim().eq_ignore_ascii_case(name));
    request.split("\r\n").take_while(|line| !line.is_empty()).filter(is_it)
}

fn value<'a>(request: &'a str, name: &'a str) -> &'a str {
    lines(request, name).next().and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}

fn response(request: &str, status: &str, more: &str, sdp: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
        for line in lines(request, name) {
            let tag = if name == "To" && !line.contains(";tag=") { ";tag=rogue" } else { "" };
            text += &format!("{line}{tag}\r\n");
        }
    }
    let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    text + &format!("{more}{kind}Content-Length: {}\r\n\r\n{sdp}", sdp.len())
}

fn good_bye(invite: &str, at: SocketAddr) -> String {
    let contact = value(invite, "Contact");
    let target = contact.split(['<', '>']).nth(1).unwrap_or(contact);
    let route: String = lines(invite, "Record-Route").map(|line| line.replacen("Record-", "", 1) + "\r\n").collect();
    format!(
        "BYE {target} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bKgoodbye\r\nMax-Forwards: 70\r\n{route}\
         From: {};tag=rogue\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        value(invite, "To"),
        value(invite, "From"),
        value(invite, "Call-ID"),
    )
}
