//! Packets of the client/server protocol ("Client/Server Protocol" of MySQL's internals manual), as
//! far as somebody who stands between needs to read and to change them.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A packet of this length goes on in the next.
const FULL: usize = 0xff_ffff;

pub(crate) const COM_QUIT: u8 = 1;
pub(crate) const COM_QUERY: u8 = 3;
pub(crate) const COM_PING: u8 = 14;

const OK: u8 = 0;
const EOF: u8 = 0xfe;
const ERROR: u8 = 0xff;

const CLIENT_LONG_PASSWORD: u32 = 1;
const CLIENT_FOUND_ROWS: u32 = 1 << 1;
const CLIENT_COMPRESS: u32 = 1 << 5;
const CLIENT_SSL: u32 = 1 << 11;
const CLIENT_MULTI_STATEMENTS: u32 = 1 << 16;
const CLIENT_DEPRECATE_EOF: u32 = 1 << 24;

/// A message, of one packet or several.
#[derive(Debug)]
pub(crate) struct Message {
    /// The number of its last packet.
    pub(crate) number: u8,
    pub(crate) payload: Vec<u8>,
}

impl Message {
    pub(crate) fn first(&self) -> u8 {
        self.payload.first().copied().unwrap_or_default()
    }

    /// Reads one.
    pub(crate) async fn read(stream: &mut TcpStream) -> Result<Self> {
        let mut payload = Vec::new();
        loop {
            let mut head = [0; 4];
            stream.read_exact(&mut head).await?;
            let length =
                usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
            let start = payload.len();
            payload.resize(start + length, 0);
            stream.read_exact(&mut payload[start..]).await?;
            if length < FULL {
                return Ok(Self { number: head[3], payload });
            }
        }
    }

    /// Writes it so that its last packet has its number.
    pub(crate) async fn write(&self, stream: &mut TcpStream) -> Result<()> {
        let further = self.payload.len() / FULL;
        let mut bytes = Vec::with_capacity(self.payload.len() + 4 * (further + 1));
        for place in 0..=further {
            let part = &self.payload[place * FULL..self.payload.len().min((place + 1) * FULL)];
            bytes.extend(&u32::try_from(part.len()).expect("it is short").to_le_bytes()[..3]);
            bytes.push(self.number.wrapping_sub(u8::try_from(further - place).expect("few")));
            bytes.extend(part);
        }
        stream.write_all(&bytes).await
    }

    /// An answer that refuses it, in the words of a server that does not know a statement.
    pub(crate) fn refused(&self, why: &str) -> Self {
        let mut payload = vec![ERROR];
        payload.extend(1064_u16.to_le_bytes());
        payload.extend(b"#42000the stand-in refuses ");
        payload.extend(why.as_bytes());
        Self { number: self.number.wrapping_add(1), payload }
    }

    /// Makes a MariaDB's greeting that of an older server, which encrypts and compresses nothing and
    /// takes one statement at a time.
    pub(crate) fn disguise(&mut self) {
        const VERSION: &[u8] = b"5.1.73";
        let end = self.payload.iter().position(|byte| *byte == 0).expect("a version ends");
        self.payload.splice(1..end, VERSION.iter().copied());
        // Behind the version's end: 4 bytes of connection, 8 of nonce, one that is 0.
        let low = 1 + VERSION.len() + 1 + 13;
        let high = low + 5;
        let read = |at: usize| u32::from(self.payload[at]) | u32::from(self.payload[at + 1]) << 8;
        let offered = read(low) | read(high) << 16;
        let hidden = CLIENT_SSL | CLIENT_COMPRESS | CLIENT_MULTI_STATEMENTS | CLIENT_DEPRECATE_EOF;
        let [a, b, c, d] = ((offered | CLIENT_LONG_PASSWORD) & !hidden).to_le_bytes();
        self.payload[low..low + 2].copy_from_slice(&[a, b]);
        self.payload[high..high + 2].copy_from_slice(&[c, d]);
        // MariaDB's own capabilities.
        self.payload[high + 9..high + 13].fill(0);
    }

    /// Has MariaDB count rows that change; it says beside it how many were found.
    pub(crate) fn count_changes(&mut self) {
        self.payload[0] &= !CLIENT_FOUND_ROWS.to_le_bytes()[0];
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.first() == OK
    }

    pub(crate) fn is_error(&self) -> bool {
        self.first() == ERROR
    }

    /// The rows that an UPDATE found, from the words of its answer.
    pub(crate) fn found(&self) -> Option<u64> {
        const WORDS: &[u8] = b"Rows matched: ";
        let start = self.payload.windows(WORDS.len()).position(|window| window == WORDS)?;
        let digits = self.payload[start + WORDS.len()..].iter().take_while(|c| c.is_ascii_digit());
        Some(digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
    }

    /// Puts another number of affected rows into an answer without rows.
    pub(crate) fn affects(&mut self, rows: u64) {
        let length = match self.payload.get(1) {
            Some(0xfc) => 3,
            Some(0xfd) => 4,
            Some(0xfe) => 9,
            _ => 1,
        };
        let mut number = vec![0xfd];
        number.extend(&rows.to_le_bytes()[..3]);
        self.payload.splice(1..1 + length, number);
    }
}

/// Passes on an answer; what comes first may be changed.
pub(crate) async fn relay(
    server: &mut TcpStream,
    client: &mut TcpStream,
    change: impl FnOnce(&mut Message),
) -> Result<()> {
    let mut first = Message::read(server).await?;
    change(&mut first);
    first.write(client).await?;
    if first.is_ok() || first.is_error() {
        return Ok(());
    }
    // Columns and rows end alike.
    let mut ends = 0;
    while ends < 2 {
        let next = Message::read(server).await?;
        ends += usize::from(next.first() == EOF && next.payload.len() < 9);
        next.write(client).await?;
        if next.is_error() {
            return Ok(());
        }
    }
    Ok(())
}

/// Passes on a login, without which nothing follows.
pub(crate) async fn log_in(client: &mut TcpStream, server: &mut TcpStream) -> Result<()> {
    let mut greeting = Message::read(server).await?;
    if greeting.is_error() {
        greeting.write(client).await?;
        return Err(Error::from(ErrorKind::ConnectionRefused));
    }
    greeting.disguise();
    greeting.write(client).await?;
    let mut said = Message::read(client).await?;
    said.count_changes();
    loop {
        said.write(server).await?;
        let answer = Message::read(server).await?;
        answer.write(client).await?;
        if answer.is_ok() {
            return Ok(());
        }
        if answer.is_error() {
            return Err(Error::from(ErrorKind::PermissionDenied));
        }
        said = Message::read(client).await?;
    }
}
