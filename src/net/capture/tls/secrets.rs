//! Secrets by connection, from the lines of a key log (SSLKEYLOGFILE): a label, the random of the ClientHello, a secret.

use hashbrown::HashMap;

/// More secrets are not kept.
const MOST: usize = 1 << 20;

/// The random of a ClientHello, by which its connection is known.
pub type Random = [u8; 32];

/// All secrets that are known.
#[derive(Default)]
pub struct Secrets(HashMap<Random, Vec<(Label, Vec<u8>)>>);

/// What a secret is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// The master secret of TLS 1.2.
    Master,
    /// Handshake and application secrets of TLS 1.3, of the client's direction or the server's.
    Handshake {
        client: bool,
    },
    Application {
        client: bool,
    },
}

impl Secrets {
    /// Takes the lines of a text; what is no secret known here is passed over.
    pub fn learn(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((random, label, secret)) = read(line)
                && self.0.len() < MOST
            {
                let of = self.0.entry(random).or_default();
                if !of.iter().any(|(known, _)| *known == label) {
                    of.push((label, secret));
                }
            }
        }
    }

    pub fn get(&self, random: &Random, label: Label) -> Option<&[u8]> {
        self.0.get(random)?.iter().find(|(known, _)| *known == label).map(|(_, secret)| secret.as_slice())
    }
}

fn read(line: &str) -> Option<(Random, Label, Vec<u8>)> {
    let mut words = line.split_ascii_whitespace();
    let label = match words.next()? {
        "CLIENT_RANDOM" => Label::Master,
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Label::Handshake { client: true },
        "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Label::Handshake { client: false },
        "CLIENT_TRAFFIC_SECRET_0" => Label::Application { client: true },
        "SERVER_TRAFFIC_SECRET_0" => Label::Application { client: false },
        _ => return None,
    };
    let random = octets(words.next()?)?.try_into().ok()?;
    Some((random, label, octets(words.next()?)?))
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(digit(*high)? << 4 | digit(*low)?) } else { None }).collect()
}
