//! A session, and the queries in it. The server keeps no session: it sends one, and the client sends that back with
//! the next query. Only a transaction lives in one of its nodes, to which the queries of the session must go then.

use std::ops::ControlFlow;

use serde_json::{Map, Value};
use sluice_bridge::model::failure::SinkError;
use sluice_http::Request;
use tokio::time::timeout;
use uuid::Uuid;

use crate::endpoint::address::OWN_SETTINGS;
use crate::endpoint::client::Endpoint;
use crate::endpoint::protocol::{Pagination, QueryAnswer, QueryRequest, WAIT_SECONDS};
use crate::fault;

/// The rows of a query, every value as text.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// What is done with a page of rows.
type EachPage<'e> = &'e mut dyn FnMut(Rows) -> Result<ControlFlow<()>, SinkError>;

/// How long the server may take to cancel a query. It is not waited for any longer.
const CANCEL: std::time::Duration = std::time::Duration::from_secs(2);

/// How many rows a statement has added, changed or removed: the numbers of its only row.
///
/// # Errors
/// The server does not say it.
pub(crate) fn changed(answer: &Rows) -> Result<usize, SinkError> {
    let counts: Option<Vec<usize>> = match answer.as_slice() {
        [row] if !row.is_empty() => row.iter().map(|it| it.as_deref()?.parse().ok()).collect(),
        _ => None,
    };
    counts.map(|counts| counts.iter().sum()).ok_or_else(|| {
        SinkError::fatal("the server does not say how many rows a statement has changed")
    })
}

/// A session.
#[derive(Clone)]
pub(crate) struct Session {
    /// What the server has sent, to be sent back as it is.
    state: Map<String, Value>,
    /// The node that has answered last.
    node: Option<String>,
    /// The query that is running.
    running: Option<String>,
    /// The client's session in whose name all queries begin, if the server has given one.
    client: Option<String>,
}

impl Session {
    /// A new session in the endpoint's database. The server is not asked.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        let mut state = Map::new();
        state.insert("database".to_owned(), endpoint.database.clone().into());
        if let Some(role) = &endpoint.role {
            state.insert("role".to_owned(), role.clone().into());
        }
        let mut settings: Map<String, Value> = endpoint
            .settings
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        settings.extend(OWN_SETTINGS.map(|(name, value)| (name.to_owned(), value.into())));
        state.insert("settings".to_owned(), settings.into());
        Self { state, node: None, running: None, client: endpoint.login.id() }
    }

    /// Whether a query was begun whose future was dropped before its end.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The first of these settings that the server has not taken: it leaves out what it does not know.
    fn ignored<'n>(&self, mut names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
        let taken = self.state.get("settings")?.as_object()?;
        names.find(|name| !taken.keys().any(|it| it.eq_ignore_ascii_case(name)))
    }

    /// The client's session in whose name its requests are sent.
    pub(super) fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    fn needs_its_node(&self) -> bool {
        self.state.get("need_sticky").and_then(Value::as_bool).unwrap_or(false)
    }
}

impl Endpoint {
    /// Begins a transaction.
    ///
    /// # Errors
    /// The statement fails, or the server has no transactions over HTTP, or it does not know a setting.
    pub(crate) async fn begin(&self, session: &mut Session) -> Result<(), SinkError> {
        self.query(session, "BEGIN").await?;
        if let Some(name) = session.ignored(self.settings.keys()) {
            drop(self.query(session, "ROLLBACK").await);
            return Err(SinkError::fatal(format!(
                "connection.url has the parameter {name}, which is neither one of this connector nor a setting that the server knows"
            )));
        }
        match session.state.get("txn_state").and_then(Value::as_str) {
            Some(state) if state.eq_ignore_ascii_case("active") => Ok(()),
            _ => Err(SinkError::fatal(
                "the server begins no transaction: it is too old for this connector",
            )),
        }
    }

    /// Executes a statement and returns all its rows. It is sent once.
    ///
    /// # Errors
    /// The statement fails, or its outcome is unknown.
    pub(crate) async fn query(&self, session: &mut Session, sql: &str) -> Result<Rows, SinkError> {
        self.execute(session, sql, Uuid::new_v4().to_string()).await
    }

    /// Executes a statement as the query with this id.
    pub(super) async fn execute(
        &self,
        session: &mut Session,
        sql: &str,
        id: String,
    ) -> Result<Rows, SinkError> {
        session.running = Some(id);
        let answered = match self.timeout {
            None => self.run(session, sql).await,
            Some(limit) => match timeout(limit, self.run(session, sql)).await {
                Ok(answered) => answered,
                Err(_) => {
                    self.cancel(session).await;
                    Err(SinkError::transient(format!(
                        "the statement took longer than statement.timeout.ms={} and was cancelled",
                        limit.as_millis()
                    )))
                }
            },
        };
        session.running = None;
        answered
    }

    async fn run(&self, session: &mut Session, sql: &str) -> Result<Rows, SinkError> {
        let mut rows = Vec::new();
        let mut keep = |mut page: Rows| {
            rows.append(&mut page);
            Ok(ControlFlow::Continue(()))
        };
        self.follow(session, sql, &mut keep).await.map(drop)?;
        Ok(rows)
    }

    /// Executes a statement and passes its rows to `each`, page by page, until that says to stop; the statement is then
    /// cancelled. There is no limit of time.
    ///
    /// # Errors
    /// The statement fails, or `each` does.
    pub(crate) async fn pages(
        &self,
        session: &mut Session,
        sql: &str,
        each: EachPage<'_>,
    ) -> Result<(), SinkError> {
        session.running = Some(Uuid::new_v4().to_string());
        match self.follow(session, sql, each).await {
            Ok(ControlFlow::Continue(())) => session.running = None,
            Ok(ControlFlow::Break(())) => self.cancel(session).await,
            Err(error) => {
                self.cancel(session).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Follows a statement's pages. The future can go to another thread if `each` can.
    async fn follow<E>(
        &self,
        session: &mut Session,
        sql: &str,
        each: &mut E,
    ) -> Result<ControlFlow<()>, SinkError>
    where
        E: FnMut(Rows) -> Result<ControlFlow<()>, SinkError> + ?Sized,
    {
        let pagination = Pagination { wait_time_secs: WAIT_SECONDS };
        let body = QueryRequest { sql, session: &session.state, pagination };
        let body = serde_json::to_vec(&body)
            .map_err(|_| SinkError::fatal("a request cannot be written"))?;
        let request = Request::post(self.url("v1/query")?, "application/json", body);
        let mut answer = self.ask(session, request).await?;
        loop {
            if let Some(state) = answer.session.take() {
                session.state = state;
            }
            session.node = answer.node_id.take().or(session.node.take());
            if let Some(error) = answer.error {
                return Err(fault::classify(error.code, &error.message));
            }
            if each(std::mem::take(&mut answer.data))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            match answer.next_uri {
                // The last address only tells the server that it may forget the query, which it does by itself.
                Some(next) if !next.ends_with("/final") => {
                    let page = Request::get(self.url(&next)?);
                    answer = self.ask(session, page).await.map_err(fault::classify_page)?;
                }
                _ => return Ok(ControlFlow::Continue(())),
            }
        }
    }

    async fn ask(&self, session: &Session, mut request: Request) -> Result<QueryAnswer, SinkError> {
        if let Some(id) = &session.running {
            request = request.header("x-databend-query-id", id.clone());
        }
        if let Some(node) = session.node.as_ref().filter(|_| session.needs_its_node()) {
            request = request.header("x-databend-sticky-node", node.clone());
        }
        let answer = self.call(session.client(), request).await?;
        serde_json::from_slice(&answer.body).map_err(|_| {
            SinkError::fatal("the server answers with something that is not the answer to a query")
        })
    }

    /// Cancels the query that is running, as far as the server answers soon.
    pub(crate) async fn cancel(&self, session: &mut Session) {
        let Some(id) = session.running.take() else { return };
        let Ok(url) = self.url(&format!("v1/query/{id}/kill")) else { return };
        let mut request = Request::post(url, "application/json", Vec::new());
        if let Some(node) = &session.node {
            request = request.header("x-databend-sticky-node", node.clone());
        }
        // A query that is not cancelled belongs to a transaction that is never committed.
        drop(timeout(CANCEL, self.call(session.client(), request)).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_the_server_leaves_out_has_no_effect() {
        let session = |state: Value| {
            let state = state.as_object().cloned().unwrap_or_default();
            Session { state, node: None, running: None, client: None }
        };
        let names = ["Max_threads".to_owned(), "wharehouse".to_owned()];
        let told =
            session(serde_json::json!({"settings": {"max_threads": "4", "timezone": "UTC"}}));
        assert_eq!(told.ignored(names.iter()), Some(&names[1]));
        assert_eq!(told.ignored(names[..1].iter()), None);
        // A server that does not say what it has taken is believed.
        assert_eq!(session(serde_json::json!({})).ignored(names.iter()), None);
    }

    #[test]
    fn a_count_is_the_sum_of_one_row_of_numbers() {
        let row = |values: &[&str]| values.iter().map(|it| Some((*it).to_owned())).collect();
        assert_eq!(changed(&vec![row(&["3"])]), Ok(3));
        assert_eq!(changed(&vec![row(&["3", "4"])]), Ok(7));
        for unreadable in [
            vec![],
            vec![row(&[])],
            vec![row(&["x"])],
            vec![vec![None]],
            vec![row(&["1"]), row(&["1"])],
        ] {
            assert!(changed(&unreadable).is_err(), "{unreadable:?}");
        }
    }
}
