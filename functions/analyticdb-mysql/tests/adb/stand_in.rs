//! The stand-in: a proxy that judges every message before MariaDB sees it. An offence is answered
//! with an error, noted, and fails the test that it happens in.

use std::io::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mysql_async::Opts;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::dictionary;
use crate::grammar::{Counts, Taken, judge};
use crate::support::service;
use crate::wire::{self, COM_PING, COM_QUERY, COM_QUIT, Message};

/// So much of a statement is kept.
const KEPT: usize = 1000;

/// How the next connection that writes is lost, by the number of its writing statement, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never sees it.
    Before(usize),
    /// The client never sees its answer.
    After(usize),
}

/// What was said, and what is to happen.
#[derive(Debug, Default)]
struct Book {
    said: Vec<String>,
    offences: Vec<String>,
    /// The longest statement, in bytes.
    longest: usize,
    connections: usize,
    /// Connections up to this one say nothing any more.
    silent: usize,
    cut: Option<Cut>,
    writes: usize,
    answers_questions: bool,
}

/// The stand-in, as long as the test's runtime lives.
#[derive(Debug)]
pub(crate) struct StandIn {
    port: u16,
    book: Arc<Mutex<Book>>,
}

impl StandIn {
    /// Stands before the MariaDB of the tests, and does not say what it is.
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
        let port = listener.local_addr().expect("the loopback works").port();
        let book = Arc::new(Mutex::new(Book::default()));
        let server = Opts::from_url(&service("TEST_MARIADB")).expect("an address").tcp_port();
        let kept = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.expect("it listens");
                let book = Arc::clone(&kept);
                tokio::spawn(async move { serve(client, server, &book).await.ok() });
            }
        });
        Self { port, book }
    }

    /// `host:port`
    pub(crate) fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Says what it is from now on, where it is asked.
    pub(crate) fn answer_questions(&self) {
        self.book().answers_questions = true;
    }

    /// Loses a connection once.
    pub(crate) fn cut(&self, cut: Cut) {
        let mut book = self.book();
        (book.cut, book.writes) = (Some(cut), 0);
    }

    /// Whether a connection is still to be lost.
    pub(crate) fn is_to_cut(&self) -> bool {
        self.book().cut.is_some()
    }

    /// Lets the connections there are hang, as a frozen client finds those whose other end is gone.
    pub(crate) fn silence(&self) {
        let mut book = self.book();
        book.silent = book.connections;
    }

    /// The statements since it was last asked, the beginning of each.
    pub(crate) fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.book().said)
    }

    /// How long the longest statement was, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.book().longest
    }

    /// Logins so far.
    pub(crate) fn connections(&self) -> usize {
        self.book().connections
    }

    /// The offences since it was last asked.
    pub(crate) fn offences(&self) -> Vec<String> {
        std::mem::take(&mut self.book().offences)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        open(&self.book)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let offences = self.offences();
        assert!(offences.is_empty() || std::thread::panicking(), "{offences:#?}");
    }
}

fn open(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is to be done with a message.
enum Verdict {
    Take(Taken),
    /// A word that is no statement.
    Pass,
    Refuse(String),
    Hang,
}

async fn serve(mut client: TcpStream, mut server: TcpStream, book: &Mutex<Book>) -> Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    wire::log_in(&mut client, &mut server).await?;
    let number = {
        let mut book = open(book);
        book.connections += 1;
        book.connections
    };
    loop {
        let mut unasked = [0];
        let message = tokio::select! {
            message = Message::read(&mut client) => message?,
            // Whatever it says without being asked, it says good-bye.
            _ = server.peek(&mut unasked) => return Ok(()),
        };
        let verdict = weigh(&message, number, &mut open(book));
        match verdict {
            Verdict::Pass if message.first() == COM_QUIT => return Ok(()),
            Verdict::Pass => {
                message.write(&mut server).await?;
                wire::relay(&mut server, &mut client, |_| {}).await?;
            }
            Verdict::Refuse(why) => message.refused(&why).write(&mut client).await?,
            Verdict::Hang => {
                let mut heard = [0; 1024];
                while client.read(&mut heard).await? > 0 {}
                return Ok(());
            }
            Verdict::Take(taken) => {
                let cut = taken.writes.then(|| is_cut(&mut open(book))).flatten();
                if let Some(Cut::Before(_)) = cut {
                    return Ok(());
                }
                tell(&taken, &mut server).await?;
                if let Some(Cut::After(_)) = cut {
                    Message::read(&mut server).await?;
                    return Ok(());
                }
                let count = |answer: &mut Message| recount(taken.counts, answer);
                wire::relay(&mut server, &mut client, count).await?;
            }
        }
    }
}

fn weigh(message: &Message, connection: usize, book: &mut Book) -> Verdict {
    if connection <= book.silent {
        return Verdict::Hang;
    }
    let (verdict, shown) = match message.first() {
        COM_PING | COM_QUIT => return Verdict::Pass,
        COM_QUERY => {
            let sql = &message.payload[1..];
            book.longest = book.longest.max(sql.len());
            let shown = String::from_utf8_lossy(&sql[..sql.len().min(KEPT)]).into_owned();
            (judge(sql), shown)
        }
        command => (Err(format!("command {command} of the protocol")), String::new()),
    };
    let verdict = match verdict {
        Ok(_) if shown.starts_with("SHOW") && !book.answers_questions => {
            Err("a question of what the server is".to_owned())
        }
        verdict => verdict,
    };
    match verdict {
        Ok(taken) => {
            book.said.push(shown);
            Verdict::Take(taken)
        }
        Err(why) => {
            book.offences.push(format!("{why}: {shown}"));
            Verdict::Refuse(why)
        }
    }
}

fn is_cut(book: &mut Book) -> Option<Cut> {
    book.writes += 1;
    let writes = book.writes;
    book.cut.take_if(|cut| matches!(*cut, Cut::Before(at) | Cut::After(at) if at == writes))
}

async fn tell(taken: &Taken, server: &mut TcpStream) -> Result<()> {
    let mut payload = vec![COM_QUERY];
    payload.extend(dictionary::translate(&taken.said).as_bytes());
    let further = u8::try_from(payload.len() / 0xff_ffff).expect("few packets");
    Message { number: further, payload }.write(server).await
}

fn recount(counts: Counts, answer: &mut Message) {
    let rows = match counts {
        Counts::Same => None,
        Counts::EachRow(rows) => Some(rows),
        Counts::Found => answer.found(),
    };
    if let (true, Some(rows)) = (answer.is_ok(), rows) {
        answer.affects(rows);
    }
}
