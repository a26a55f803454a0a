//! The way in for many rows: statements of many rows each, the next written while the server works
//! on the last.

use std::fmt;
use std::ops::Range;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Rejected;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::task::yield_now;

use crate::connection::session::{SAVEPOINT, Session, UNDO};
use crate::fault;
use crate::sql::statement::Statement;
use crate::write::packer::{Body, Packer, Portion};
use crate::write::refused_row::{self, Located};
use sluice_mysql::Work;

/// Portions that wait for the server, the one that is being packed among them: its place is taken
/// before its first row is packed, for rows take less memory as they came.
const WAITING: usize = 1;

/// Rows on their way.
pub(crate) struct Flight {
    portions: Option<mpsc::Sender<Portion>>,
    place: Option<OwnedPermit<Portion>>,
    work: Work<Landed>,
    packer: Packer,
    /// Whether nothing was handed over yet.
    is_first: bool,
}

/// A connection's own would tell the password.
impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flight")
    }
}

/// What became of them.
pub(crate) struct Landed {
    pub(crate) conn: Conn,
    /// The rows that could not be sent.
    pub(crate) rejected: Vec<Rejected>,
    /// What the server said of the first statement that it did not take. Where transactions are
    /// to be had, nothing of the batch is left then; elsewhere what came before it.
    pub(crate) failed: Option<Failed>,
}

#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) reason: Located,
    /// The rows of the statement, by index in the batch.
    pub(crate) rows: Vec<usize>,
}

impl Flight {
    /// Takes the connection until it lands; `marked` says that the savepoint is set.
    ///
    /// # Errors
    /// `Fatal` where a batch cannot be written so.
    pub(crate) fn open(
        conn: &mut Option<Conn>,
        statement: Statement<'_, '_>,
        marked: bool,
    ) -> Result<Self, SinkError> {
        let packer = Packer::of(statement)?;
        let conn = Session::taken(conn)?;
        let (portions, queue) = mpsc::channel(WAITING);
        let course = Course {
            prepared: packer.prepared(statement),
            undoes: statement.profile.transactional,
            marked,
            tells_row: statement.profile.tells_row,
        };
        let work = Work::begin(fly(conn, course, queue));
        Ok(Self { portions: Some(portions), place: None, work, packer, is_first: true })
    }

    /// Sends rows of a batch; `place` is where its first one stands among all that are sent.
    pub(crate) async fn take(
        &mut self,
        statement: Statement<'_, '_>,
        rows: Range<usize>,
        place: usize,
    ) {
        for row in rows {
            if !self.has_place().await {
                return;
            }
            if let Some(portion) = self.packer.add(statement, row, place) {
                self.send(portion, true).await;
            }
        }
    }

    /// Waits for a place for the portion at hand; none is had where the flight has ended early, and
    /// says why when it lands.
    async fn has_place(&mut self) -> bool {
        if self.place.is_none()
            && let Some(portions) = &self.portions
        {
            self.place = portions.clone().reserve_owned().await.ok();
        }
        self.place.is_some()
    }

    /// Lets what was sent get on its way before the caller turns to something else.
    pub(crate) async fn nudge(&mut self) {
        yield_now().await;
    }

    /// Sends what is left and waits for the answers.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn land(mut self) -> Result<Landed, SinkError> {
        if let Some(portion) = self.packer.end()
            && self.has_place().await
        {
            let follows = !self.is_first;
            self.send(portion, follows).await;
        }
        (self.portions, self.place) = (None, None);
        let landed = self.work.end().await?;
        Ok(Landed { rejected: self.packer.rejected, ..landed })
    }

    async fn send(&mut self, portion: Portion, of_several: bool) {
        let first = std::mem::take(&mut self.is_first);
        // A client that finds the server without the bulk protocol says each row by itself.
        let of_several = of_several || matches!(portion.body, Body::Values(_));
        let portion = Portion { begins: first && of_several, ..portion };
        if let Some(place) = self.place.take() {
            place.send(portion);
        }
        self.nudge().await;
    }
}

/// What is the same for every portion.
#[derive(Debug)]
struct Course {
    prepared: Option<String>,
    undoes: bool,
    marked: bool,
    tells_row: bool,
}

async fn fly(mut conn: Conn, course: Course, mut queue: mpsc::Receiver<Portion>) -> Landed {
    let mut has_savepoint = course.marked;
    let mut failed = None;
    while let Some(portion) = queue.recv().await {
        let begins = portion.begins && course.undoes && !has_savepoint;
        has_savepoint |= begins;
        let (rows, body) = (portion.rows, portion.body);
        let Err(error) = write(&mut conn, &course, begins, body).await else { continue };
        let mut reason =
            refused_row::locate(&mut conn, course.tells_row, course.undoes, &error, &rows).await;
        if has_savepoint
            && matches!(reason.error.fault, Fault::Data(_))
            && let Err(lost) = conn.query_drop(UNDO).await
        {
            reason.error = fault::classify_outside_rows(&lost);
        }
        failed = Some(Failed { reason, rows });
        break;
    }
    Landed { conn, rejected: Vec::new(), failed }
}

async fn write(conn: &mut Conn, course: &Course, begins: bool, body: Body) -> Result<(), Error> {
    if begins {
        conn.query_drop(SAVEPOINT).await?;
    }
    match (body, &course.prepared) {
        (Body::Values(values), Some(sql)) => conn.exec_batch(sql.as_str(), values).await,
        (Body::Values(_), None) => Ok(()),
        (Body::Text(text), _) => conn.query_drop(text).await,
    }
}
