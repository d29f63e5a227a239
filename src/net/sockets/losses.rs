//! Datagrams that were lost in this machine: by the system, whose buffer for a socket was full, as Linux tells in
//! `/proc/net/udp`. Elsewhere nothing is known of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The tables of UDP sockets.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];
/// Columns of a line, separated by blanks.
const ADDRESS: usize = 1;
const DROPS: usize = 12;

/// How many datagrams the system has thrown away for these sockets since they were opened.
pub fn dropped(is_ours: impl Fn(SocketAddr) -> bool) -> u64 {
    let tables = TABLES.iter().filter_map(|table| std::fs::read_to_string(table).ok());
    tables.map(|table| in_table(&table, &is_ours)).sum()
}

fn in_table(table: &str, is_ours: &impl Fn(SocketAddr) -> bool) -> u64 {
    let of = |line: &str| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let address = address(columns.get(ADDRESS)?)?;
        is_ours(address).then(|| columns.get(DROPS)?.parse::<u64>().ok()).flatten()
    };
    table.lines().skip(1).filter_map(of).sum()
}

/// An address as the table has it: words of the machine in hexadecimal digits, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let word = |at: usize| Some(u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let octets: [u8; 16] = [word(0)?, word(1)?, word(2)?, word(3)?].concat().try_into().ok()?;
            Ipv6Addr::from(octets).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
12889: 0200007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 224332 2 000000008e108837 7
12890: 0300007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 224332 2 000000008e108837 9
12891: 00000000000000000000000001000000:13C4 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 1 2 0 5
 nonsense
";

    #[test]
    fn losses_are_those_of_the_sockets_asked_for() {
        for (ours, lost) in [
            ("127.0.0.2:5060", 7),
            ("127.0.0.3:5060", 9),
            ("[::1]:5060", 5),
            ("127.0.0.2:5061", 0),
            ("127.0.0.4:5060", 0),
        ] {
            let ours: SocketAddr = ours.parse().unwrap();
            assert_eq!(in_table(TABLE, &|address| address == ours), lost, "{ours}");
        }
        assert_eq!(in_table("", &|_| true), 0);
    }
}
