//! Changing a session description that somebody else wrote: the lines that are asked for, and not an octet more.
//!
//! It must not know whether the change makes sense: it serves to break descriptions as well.

use std::fmt::Display;

use bytes::Bytes;

use super::flaws::order;
use super::media::{Attribute, Direction};
use super::session::{Session, with_line};

/// A description being changed. Attributes, port and protocol are those of the first `m=message`, else of the first
/// medium, else of the session.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The lines, each with its line end.
    lines: Vec<Vec<u8>>,
}

impl Session {
    /// A copy to be changed.
    pub fn edit(&self) -> Edit {
        Edit { lines: self.lines().map(|l| l.whole.of(self.bytes()).to_vec()).collect() }
    }
}

impl Edit {
    /// Gives the first attribute of that name a value (none for `None`) and drops the others; adds it at the end of
    /// the medium where there is none.
    pub fn attribute(mut self, name: &str, value: Option<&str>) -> Edit {
        let text = match value {
            Some(value) => format!("{name}:{value}"),
            None => name.to_owned(),
        };
        let (start, end) = self.section();
        let named: Vec<usize> = (start..end).filter(|&i| self.names(i, |n| n == name)).collect();
        match named.split_first() {
            Some((&first, others)) => {
                self.lines[first] = line('a', text);
                self.remove(others);
            }
            None => self.lines.insert(end, line('a', text)),
        }
        self
    }

    /// Drops every attribute of that name of the medium.
    pub fn drop_attribute(mut self, name: &str) -> Edit {
        let (start, end) = self.section();
        let named: Vec<usize> = (start..end).filter(|&i| self.names(i, |n| n == name)).collect();
        self.remove(&named);
        self
    }

    /// Writes that direction, and drops what the medium and the session say about it; only drops it for `None`.
    pub fn direction(mut self, direction: Option<Direction>) -> Edit {
        let is_direction = |name: &str| Direction::parse(&name.to_ascii_lowercase()).is_some();
        let (start, end) = self.section();
        let first_media = self.medias().first().copied().unwrap_or(self.lines.len());
        let said: Vec<usize> =
            (0..first_media.min(start)).chain(start..end).filter(|&i| self.names(i, is_direction)).collect();
        let at = said.iter().copied().find(|&i| i >= start);
        if let (Some(direction), Some(at)) = (direction, at) {
            self.lines[at] = line('a', direction.name());
            self.remove(&said.into_iter().filter(|&i| i != at).collect::<Vec<_>>());
            return self;
        }
        self.remove(&said);
        match direction {
            Some(direction) => self.attribute(direction.name(), None),
            None => self,
        }
    }

    /// Changes the port of the `m=` line.
    pub fn port(self, port: u16) -> Edit {
        self.media_field(1, &port.to_string())
    }

    /// Changes the protocol of the `m=` line.
    pub fn protocol(self, protocol: &str) -> Edit {
        self.media_field(2, protocol)
    }

    /// Appends the medium once more, with the same lines but for the end of its path: the session-id is another.
    pub fn repeat_media(mut self) -> Edit {
        let (start, end) = self.section();
        let copy: Vec<Vec<u8>> = (start..end)
            .map(|i| match self.names(i, |n| n == "path") {
                true => String::from_utf8_lossy(&self.lines[i]).replacen(";tcp", "2;tcp", 1).into_bytes(),
                false => self.lines[i].clone(),
            })
            .collect();
        self.lines.extend(copy);
        self
    }

    /// Drops every line of that type, of the session and of all media.
    pub fn drop_lines(mut self, kind: char) -> Edit {
        self.lines.retain(|l| with_line(l, |l| l.kind) != Some(kind));
        self
    }

    /// Gives the first line of that type a value; puts one where RFC 4566 §5 wants it in the session where there is none.
    pub fn line(mut self, kind: char, value: impl Display) -> Edit {
        let new = line(kind, value);
        match self.lines.iter().position(|l| with_line(l, |l| l.kind) == Some(kind)) {
            Some(at) => self.lines[at] = new,
            None => {
                let place = order(kind, false);
                let session = self.medias().first().copied().unwrap_or(self.lines.len());
                let end = if kind == 'm' { self.lines.len() } else { session };
                let behind = |l: &Vec<u8>| {
                    let other = with_line(l, |l| l.kind).and_then(|k| order(k, false));
                    place.zip(other).is_some_and(|(place, other)| other > place)
                };
                let at = self.lines[..end].iter().position(behind).unwrap_or(end);
                self.lines.insert(at, new);
            }
        }
        self
    }

    /// The description as it is now.
    pub fn finish(self) -> Bytes {
        self.lines.concat().into()
    }

    fn media_field(mut self, field: usize, value: &str) -> Edit {
        let (start, _) = self.section();
        let Some(first) = self.lines.get(start) else { return self };
        let changed = with_line(first, |l| {
            let mut fields: Vec<&str> = l.value.split(' ').collect();
            *fields.get_mut(field)? = value;
            (l.kind == Some('m')).then(|| line('m', fields.join(" ")))
        });
        if let Some(changed) = changed {
            self.lines[start] = changed;
        }
        self
    }

    /// First line, and the line behind the last one, of the medium that is meant.
    fn section(&self) -> (usize, usize) {
        let medias = self.medias();
        let is_message = |&&i: &&usize| with_line(&self.lines[i], |l| l.value.starts_with("message "));
        let Some(&start) = medias.iter().find(is_message).or(medias.first()) else { return (0, self.lines.len()) };
        (start, medias.iter().copied().find(|&i| i > start).unwrap_or(self.lines.len()))
    }

    fn medias(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|&i| with_line(&self.lines[i], |l| l.kind) == Some('m')).collect()
    }

    fn names(&self, index: usize, wanted: impl Fn(&str) -> bool) -> bool {
        with_line(&self.lines[index], |l| Attribute::of(l).is_some_and(|a| wanted(a.name)))
    }

    fn remove(&mut self, indices: &[usize]) {
        let mut index = 0;
        self.lines.retain(|_| {
            index += 1;
            !indices.contains(&(index - 1))
        });
    }
}

fn line(kind: char, value: impl Display) -> Vec<u8> {
    format!("{kind}={value}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\na=sendrecv\r\nm=audio 1 RTP/AVP 0\r\na=sendonly\r\n\
                       m=message 7394 TCP/MSRP *\r\na=path:x\r\na=SendOnly\r\na=x:1\r\na=x:2\r\nm=video 1 RTP/AVP 0\r\n";

    #[track_caller]
    fn check(edit: impl FnOnce(Edit) -> Edit, replacements: &[(&str, &str)]) {
        let want = replacements.iter().fold(SDP.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from} is not there");
            text.replacen(from, to, 1)
        });
        let got = edit(Session::parse(SDP.into()).edit()).finish();
        assert_eq!(String::from_utf8_lossy(&got), want);
    }

    #[test]
    fn only_what_is_asked_for_changes() {
        check(|e| e, &[]);
        check(|e| e.attribute("path", Some("y")), &[("a=path:x", "a=path:y")]);
        check(|e| e.attribute("x", None), &[("a=x:1\r\na=x:2\r\n", "a=x\r\n")]);
        check(|e| e.attribute("new", Some("1")), &[("m=video", "a=new:1\r\nm=video")]);
        check(|e| e.drop_attribute("x"), &[("a=x:1\r\na=x:2\r\n", "")]);
        check(|e| e.direction(Some(Direction::RecvOnly)), &[("a=sendrecv\r\n", ""), ("a=SendOnly", "a=recvonly")]);
        check(|e| e.direction(None), &[("a=sendrecv\r\n", ""), ("a=SendOnly\r\n", "")]);
        check(|e| e.port(0), &[("7394", "0")]);
        check(|e| e.protocol("TCP/TLS/MSRP"), &[("TCP/MSRP", "TCP/TLS/MSRP")]);
        check(
            |e| e.repeat_media(),
            &[(
                "m=video 1 RTP/AVP 0\r\n",
                concat!(
                    "m=video 1 RTP/AVP 0\r\nm=message 7394 TCP/MSRP *\r\n",
                    "a=path:x\r\na=SendOnly\r\na=x:1\r\na=x:2\r\n"
                ),
            )],
        );
        check(
            |e| e.drop_lines('o').drop_lines('m'),
            &[
                ("o=- 1 1 IN IP4 h\r\n", ""),
                ("m=audio 1 RTP/AVP 0\r\n", ""),
                ("m=message 7394 TCP/MSRP *\r\n", ""),
                ("m=video 1 RTP/AVP 0\r\n", ""),
            ],
        );
        check(|e| e.line('o', "?"), &[("o=- 1 1 IN IP4 h", "o=?")]);
        check(|e| e.line('c', "IN IP4 h"), &[("t=0 0", "c=IN IP4 h\r\nt=0 0")]);
        check(|e| e.line('k', "prompt"), &[("a=sendrecv", "k=prompt\r\na=sendrecv")]);
    }

    #[test]
    fn descriptions_without_media_are_taken() {
        let edit = |text: &'static str| Session::parse(text.into()).edit();
        assert_eq!(edit("").port(9).protocol("x").attribute("a", None).finish(), "a=a\r\n");
        assert_eq!(
            edit("m=message\r\na=path:s;tcp\r\n").repeat_media().finish(),
            concat!("m=message\r\na=path:s;tcp\r\n", "m=message\r\na=path:s2;tcp\r\n")
        );
        assert_eq!(edit("m=message\r\n").port(9).finish(), "m=message\r\n");
        assert_eq!(
            edit("v=0\r\n").line('m', "x").direction(Some(Direction::Inactive)).finish(),
            "v=0\r\nm=x\r\na=inactive\r\n"
        );
    }
}
