//! The octets of a file, unpacked and buffered. Knows nothing of records.

use std::io::{self, Cursor, ErrorKind, Read};

use flate2::read::MultiGzDecoder;

/// A window that moves over a file: what was read and not yet consumed.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Position in the unpacked file of the first octet of the window.
    offset: u64,
}

impl Source {
    /// The largest record that is believed. Wireshark refuses beyond 256 KiB for a packet; other blocks may be larger.
    pub const MAX_RECORD: usize = 16 << 20;
    const FIRST: usize = 256 << 10;

    /// Reads `reader`, through gzip if it begins with gzip's magic number (RFC 1952 §2.3.1).
    pub fn new(mut reader: impl Read + Send + 'static) -> io::Result<Source> {
        let mut magic = [0; 2];
        let mut got = read_some(&mut reader, &mut magic)?;
        if got == 1 {
            got += read_some(&mut reader, &mut magic[1..])?;
        }
        let packed = got == 2 && magic == [0x1f, 0x8b];
        let whole = Cursor::new(magic).take(got as u64).chain(reader);
        let reader: Box<dyn Read + Send> = if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Source { reader, buffer: vec![0; Self::FIRST], start: 0, end: 0, offset: 0 })
    }

    /// The window.
    pub fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Position in the unpacked file of the first octet of the window.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Moves the window's start `n` octets on.
    pub fn consume(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.offset += n as u64;
    }

    /// Widens the window at its end; `false` when the file has no more octets.
    pub fn fill(&mut self) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let got = read_some(&mut self.reader, &mut self.buffer[self.end..])?;
        self.end += got;
        Ok(got > 0)
    }
}

/// One read. A gzip stream that breaks off is a file that ends there.
fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
            result => return result,
        }
    }
}
