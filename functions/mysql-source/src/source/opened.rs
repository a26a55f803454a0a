//! What there is between opening and closing: a connection, and the tables that are read on it.

use futures_util::future::try_join_all;
use sluice_mysql::Server;
use sluice_source::error::SourceError;

use super::tracked::Tracked;
use crate::late::way::Way;
use crate::session::{Kind, Session};

/// A connection with its tables.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) kind: Kind,
    pub(super) way: Way,
    pub(super) tables: Vec<Tracked>,
}

impl Opened {
    /// Keeps the tables of the first share, and opens a connection for each of the others.
    ///
    /// # Errors
    /// The server does not accept one of them.
    pub(super) async fn divide(
        &mut self,
        server: &Server,
        shares: &[Vec<usize>],
    ) -> Result<Vec<Self>, SourceError> {
        let (kind, way) = (&self.kind, &self.way);
        let connect =
            async || tokio::try_join!(Session::reader(server, kind), way.beside(server, kind));
        let connected = try_join_all(shares.iter().skip(1).map(|_| connect())).await?;
        let mut tables: Vec<_> = std::mem::take(&mut self.tables).into_iter().map(Some).collect();
        let mut shares = shares.iter().map(|share| {
            let its = share.iter().filter_map(|place| tables.get_mut(*place)?.take());
            its.collect::<Vec<_>>()
        });
        self.tables = shares.next().unwrap_or_default();
        let further = connected.into_iter().zip(shares).map(|((session, way), tables)| Self {
            session,
            kind: self.kind.clone(),
            way,
            tables,
        });
        let further: Vec<_> = further.collect();
        if let Some(readers) = self.way.readers() {
            for Self { session, tables, .. } in further.iter().chain([&*self]) {
                readers.add(session, tables.iter().map(|it| &it.described));
            }
        }
        Ok(further)
    }
}
