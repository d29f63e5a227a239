//! Waiting for many sockets at once: one future a socket and direction, woken alone, without a task.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{AbortHandle, abortable};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// What a socket is ready for.
pub(super) enum Ready {
    /// A UDP socket, by its address, has datagrams.
    Datagrams(SocketAddr),
    /// A UDP socket, by its address, takes datagrams again.
    Sendable(SocketAddr),
    /// A listener, by its address, got a connection.
    Accepted(SocketAddr, io::Result<(TcpStream, SocketAddr)>),
    /// The connection of this number is up or failed.
    Connected(u64, io::Result<TcpStream>),
    /// The TLS handshake of this connection has taken as long as it may.
    Overdue(u64),
    Readable(u64),
    Writable(u64),
}

/// Drop it, and nobody waits any more.
pub(super) struct Waiting(AbortHandle);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Pending = Pin<Box<dyn Future<Output = Option<Ready>> + Send>>;

/// Everything that is waited for.
#[derive(Default)]
pub(super) struct Poller(FuturesUnordered<Pending>);

/// How long a listener rests after an error such as too many open files, which would come again at once.
const REST: Duration = Duration::from_millis(100);

impl Poller {
    /// The next thing that is ready. Never comes back while nothing is waited for.
    pub async fn next(&mut self) -> Ready {
        loop {
            match self.0.next().await {
                Some(Some(ready)) => return ready,
                Some(None) => {}
                None => std::future::pending().await,
            }
        }
    }

    pub fn datagrams(&mut self, address: SocketAddr, socket: Arc<UdpSocket>) -> Waiting {
        self.wait(async move {
            let _ = socket.readable().await; // An error shows when it is read.
            Ready::Datagrams(address)
        })
    }

    pub fn sendable(&mut self, address: SocketAddr, socket: Arc<UdpSocket>) -> Waiting {
        self.wait(async move {
            let _ = socket.writable().await;
            Ready::Sendable(address)
        })
    }

    pub fn accepted(&mut self, address: SocketAddr, listener: Arc<TcpListener>, rests: bool) -> Waiting {
        self.wait(async move {
            if rests {
                tokio::time::sleep(REST).await;
            }
            Ready::Accepted(address, listener.accept().await)
        })
    }

    pub fn connected(&mut self, flow: u64, socket: TcpSocket, remote: SocketAddr, limit: Duration) -> Waiting {
        self.wait(async move {
            let tried = tokio::time::timeout(limit, socket.connect(remote)).await;
            Ready::Connected(flow, tried.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())))
        })
    }

    pub fn overdue(&mut self, flow: u64, limit: Duration) -> Waiting {
        self.wait(async move {
            tokio::time::sleep(limit).await;
            Ready::Overdue(flow)
        })
    }

    pub fn readable(&mut self, flow: u64, stream: Arc<TcpStream>) -> Waiting {
        self.wait(async move {
            let _ = stream.readable().await;
            Ready::Readable(flow)
        })
    }

    pub fn writable(&mut self, flow: u64, stream: Arc<TcpStream>) -> Waiting {
        self.wait(async move {
            let _ = stream.writable().await;
            Ready::Writable(flow)
        })
    }

    fn wait(&mut self, future: impl Future<Output = Ready> + Send + 'static) -> Waiting {
        let (future, handle) = abortable(future);
        self.0.push(Box::pin(async move { future.await.ok() }));
        Waiting(handle)
    }
}
