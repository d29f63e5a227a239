//! Whether anybody is at an address, found out without a word of any protocol.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// What is known of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// A socket is there; with UDP also: nobody says that none is.
    Open,
    /// The host says that no socket is there.
    Refused,
    /// There is no way to the host, or no answer of it.
    Silent,
}

/// Over UDP, a line end that SIP elements ignore (RFC 3261 §7.5) goes out, and only an ICMP message can come back.
/// A TCP connection is opened and closed, within `patience`.
pub async fn reach(remote: SocketAddr, tcp: bool, patience: Duration) -> Reach {
    if tcp {
        return match timeout(patience, TcpStream::connect(remote)).await {
            Ok(Ok(_)) => Reach::Open,
            Ok(Err(error)) => refusal(&error),
            Err(_) => Reach::Silent,
        };
    }
    let any: IpAddr = if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let asked = async {
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(remote).await?;
        socket.send(b"\r\n\r\n").await?;
        socket.recv(&mut [0; 1]).await
    };
    match timeout(patience.min(ICMP), asked).await {
        Ok(Err(error)) => refusal(&error),
        Ok(Ok(_)) | Err(_) => Reach::Open,
    }
}

/// Asks again and again until a socket is there or `limit` has passed; gives what was known last.
pub async fn opened(remote: SocketAddr, tcp: bool, limit: Duration) -> Reach {
    let asking = async {
        loop {
            if reach(remote, tcp, PATIENCE).await == Reach::Open {
                return;
            }
            tokio::time::sleep(PATIENCE).await;
        }
    };
    match timeout(limit, asking).await {
        Ok(()) => Reach::Open,
        Err(_) => reach(remote, tcp, PATIENCE).await,
    }
}

/// An ICMP message that takes longer is not waited for: mostly none comes.
const ICMP: Duration = Duration::from_millis(300);
/// How long one question waits for an answer.
const PATIENCE: Duration = Duration::from_millis(50);

fn refusal(error: &io::Error) -> Reach {
    if error.kind() == io::ErrorKind::ConnectionRefused { Reach::Refused } else { Reach::Silent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tells_an_open_port_from_a_closed_one() {
        let patience = Duration::from_secs(5);
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let udp = UdpSocket::bind(address).await.unwrap();
            let tcp = tokio::net::TcpListener::bind(address).await.unwrap();
            let (udp_at, tcp_at) = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
            assert_eq!(reach(udp_at, false, PATIENCE).await, Reach::Open);
            assert_eq!(reach(tcp_at, true, patience).await, Reach::Open);
            drop((udp, tcp));
            assert_eq!(reach(udp_at, false, patience).await, Reach::Refused);
            assert_eq!(reach(tcp_at, true, patience).await, Reach::Refused);
            assert_eq!(opened(udp_at, false, Duration::ZERO).await, Reach::Refused);
        }
    }
}
