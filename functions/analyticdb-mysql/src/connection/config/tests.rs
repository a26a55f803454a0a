use super::*;

fn configure(options: &[(&str, &str)]) -> Result<Connection, String> {
    let pairs = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(OPTIONS, pairs);
    let connection = Connection::from_settings(&mut settings);
    settings.check().map_err(|problems| problems.to_string())?;
    connection.ok_or_else(|| "no connection and no problem".to_owned())
}

#[test]
fn options_go_before_the_address() {
    let url = ("connection.url", "mysql://somebody:wrong@[::1]:3307/shop");
    let options = [url, ("connection.user", "writer"), ("connection.password", "p@ss/w:rd?")];
    let connection = configure(&options).unwrap();
    assert_eq!(connection.address(), "[::1]:3307");
    let client = Opts::from(connection.login().unwrap());
    assert_eq!(client.db_name(), Some("shop"));
    assert_eq!((client.user(), client.pass()), (Some("writer"), Some("p@ss/w:rd?")));
    assert_eq!((client.ip_or_hostname(), client.tcp_port()), ("::1", 3307));
    assert!(!format!("{connection:?}").contains("p@ss"));
}

/// The client's options do not depend on the environment.
#[test]
fn nothing_depends_on_what_is_around() {
    let connection = configure(&[("connection.url", "mysql://u@h/d")]).unwrap();
    let client = Opts::from(connection.login().unwrap());
    assert!(client.max_allowed_packet().is_some() && client.wait_timeout().is_some());
    assert!(!client.prefer_socket() && client.compression().is_none());
    assert!(client.client_found_rows() && !client.enable_cleartext_plugin());
    assert!(client.ssl_opts().is_some(), "TLS is preferred");
    assert_eq!(connection.connect_timeout(), CONNECT_TIMEOUT);
}

#[test]
fn every_problem_is_told_at_once() {
    let options = [
        ("connection.url", "mysql://h:port/?serverTimezone=UTC"),
        ("dialect.name", "oracle"),
        ("lock.timeout.ms", "soon"),
        ("connection.iam.auth", "perhaps"),
    ];
    let problems = configure(&options).unwrap_err();
    for word in ["port", "no database", "db.timezone", "dialect.name", "lock.timeout.ms", "iam"] {
        assert!(problems.contains(word), "{word}: {problems}");
    }
    assert!(configure(&[]).unwrap_err().contains("connection.url is required"));
    let nobody = configure(&[("connection.url", "mysql://h/d")]).unwrap_err();
    assert!(nobody.contains("connection.user is required"), "{nobody}");
}

#[test]
fn a_token_in_place_of_the_password_needs_tls() {
    let problems = |url: &str, password: &str| {
        let iam = ("connection.iam.auth", "true");
        configure(&[("connection.url", url), ("connection.password", password), iam]).err()
    };
    for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
        assert_eq!(problems(&format!("mysql://u@h/d?ssl-mode={mode}"), ""), None);
    }
    for (url, password, word) in [
        ("mysql://u@h/d", "", "ssl-mode"),
        ("mysql://u@h/d?ssl-mode=DISABLED", "", "ssl-mode"),
        ("mysql://u@h/d?ssl-mode=PREFERRED", "", "ssl-mode"),
        ("mysql://u:hunter2@h/d?ssl-mode=REQUIRED", "", "remove connection.password"),
        ("mysql://u@h/d?ssl-mode=REQUIRED", "hunter2", "remove connection.password"),
    ] {
        let problem = problems(url, password).unwrap_or_else(|| panic!("{url} is accepted"));
        assert!(problem.contains(word) && !problem.contains("hunter2"), "{url}: {problem}");
    }
}
