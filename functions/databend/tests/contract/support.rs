//! A client of the front for tests, apart from the connector's own: statements, and what the front does on purpose.

use serde_json::{Value, json};
use sluice_http::{Client, Limits, Request, Url};
use sluice_tls::Tls;

/// The environment variable with the front's address.
const SERVER: &str = "TEST_DATABEND";

/// A client in one database.
pub(crate) struct Admin {
    http: Client,
    base: Url,
    login: (String, String),
    pub(crate) database: String,
}

impl Admin {
    pub(crate) fn new(database: &str) -> Self {
        let url = url(database);
        let (login, place) = url["databend://".len()..].split_once('@').expect("a login");
        let (user, password) = login.split_once(':').expect("a password");
        let server = place.split('/').next().expect("a server");
        let http = Client::new(&Tls::default(), Limits::default()).expect("no certificate is read");
        Self {
            http,
            base: Url::parse(&format!("http://{server}/")).expect("an address"),
            login: (user.to_owned(), password.to_owned()),
            database: database.to_owned(),
        }
    }

    /// The rows of a statement.
    pub(crate) async fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let database = &self.database;
        let session = json!({"database": database, "settings": {"timezone": "UTC"}});
        let body = json!({"sql": sql, "session": session, "pagination": {"wait_time_secs": 60}});
        let answer = self.send("v1/query", &body).await;
        assert!(answer["error"].is_null(), "{sql}: {}", answer["error"]);
        serde_json::from_value(answer["data"].clone()).expect("rows")
    }

    /// Makes the front misbehave, see `tests/databend/trouble.py`.
    pub(crate) async fn trouble(&self, what: &str, matching: &str, more: Value) {
        let mut trouble = json!({"database": self.database, "match": matching, "what": what});
        for (name, value) in more.as_object().expect("an object") {
            trouble[name] = value.clone();
        }
        self.send("control/trouble", &trouble).await;
    }

    /// Ends the transactions and closes the connections of the database's clients.
    pub(crate) async fn restart(&self) {
        self.send("control/restart", &json!({"database": self.database})).await;
    }

    /// The statements that the front was asked to execute in this database, each with its headers.
    pub(crate) async fn seen(&self) -> Vec<(String, Value)> {
        let seen = self.send("control/seen", &json!({"database": self.database})).await;
        let seen = seen.as_array().expect("a list").iter();
        seen.map(|it| (it["statement"].as_str().expect("text").to_owned(), it["headers"].clone()))
            .collect()
    }

    /// How many troubles have happened to the database's clients.
    pub(crate) async fn met(&self) -> usize {
        let met = self.send("control/met", &json!({"database": self.database})).await;
        met.as_array().expect("a list").len()
    }

    async fn send(&self, path: &str, body: &Value) -> Value {
        let url = self.base.join(path).expect("a path");
        let (user, password) = &self.login;
        let request =
            Request::post(url, "application/json", body.to_string()).basic(user, password);
        let answer = self.http.send(request).await.expect("the front answers");
        assert!(answer.is_success(), "{path}: {}", answer.status);
        serde_json::from_slice(&answer.body).expect("JSON")
    }
}

/// The connection's URL for a database.
pub(crate) fn url(database: &str) -> String {
    let server = std::env::var(SERVER)
        .unwrap_or_else(|_| panic!("{SERVER} is not set: scripts/services.sh up databend, then eval \"$(scripts/services.sh env)\""));
    server.replace("/default?", &format!("/{database}?"))
}
