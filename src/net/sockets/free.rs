//! Whether an address can be had, and who has it.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// Whether a socket can be bound to the address now. It is let go again at once.
///
/// Errors: why it cannot.
pub fn is_free(address: SocketAddr, tcp: bool) -> io::Result<()> {
    match tcp {
        true => TcpListener::bind(address).map(drop),
        false => UdpSocket::bind(address).map(drop),
    }
}

/// The program that has the address, as far as this system and our rights let it be known: its name and process id.
#[cfg(target_os = "linux")]
pub fn holder(address: SocketAddr, tcp: bool) -> Option<String> {
    linux::holder(address, tcp)
}

/// The program that has the address: not to be known here.
#[cfg(not(target_os = "linux"))]
pub fn holder(_: SocketAddr, _: bool) -> Option<String> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::net::{IpAddr, SocketAddr};
    use std::path::Path;

    /// Processes that are looked at, at the most.
    const MOST_PROCESSES: usize = 100_000;

    pub fn holder(address: SocketAddr, tcp: bool) -> Option<String> {
        let table = match (tcp, address.is_ipv4()) {
            (true, true) => "tcp",
            (true, false) => "tcp6",
            (false, true) => "udp",
            (false, false) => "udp6",
        };
        let table = fs::read_to_string(Path::new("/proc/net").join(table)).ok()?;
        let inode = inode(&table, address, tcp)?;
        let link = format!("socket:[{inode}]");
        let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok).take(MOST_PROCESSES);
        let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let id = ids.find(|id| {
            let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().filter_map(Result::ok);
            files.into_iter().any(|file| fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&link)))
        })?;
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        Some(format!("`{}`, process {id}", name.trim()))
    }

    /// The inode of the socket that listens there: on the address itself, or on all of them.
    fn inode(table: &str, address: SocketAddr, tcp: bool) -> Option<String> {
        let (own, any) = (written(address.ip()), written(unspecified(address)));
        let port = format!("{:04X}", address.port());
        table.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (ip, local) = fields.get(1)?.split_once(':')?;
            // 0A is LISTEN; a connection from the same port is in nobody's way.
            let listens = !tcp || fields.get(3) == Some(&"0A");
            let there = local == port && (ip == own || ip == any) && listens;
            there.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
        })
    }

    fn unspecified(address: SocketAddr) -> IpAddr {
        if address.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() }
    }

    /// An address as the table has it: words of 32 bits in the order of the machine.
    fn written(ip: IpAddr) -> String {
        let octets = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let word = |four: &[u8]| format!("{:08X}", u32::from_ne_bytes([four[0], four[1], four[2], four[3]]));
        octets.chunks_exact(4).map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_an_address_is_known() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let (udp, tcp) = (UdpSocket::bind(any).unwrap(), TcpListener::bind(any).unwrap());
            for (address, is_tcp) in [(udp.local_addr().unwrap(), false), (tcp.local_addr().unwrap(), true)] {
                assert_eq!(is_free(address, is_tcp).unwrap_err().kind(), io::ErrorKind::AddrInUse);
                if cfg!(target_os = "linux") {
                    let holder = holder(address, is_tcp).unwrap();
                    assert!(holder.ends_with(&format!("process {}", std::process::id())), "{holder}");
                }
            }
        }
        assert_eq!(holder("127.0.0.1:1".parse().unwrap(), true), None);
    }
}
