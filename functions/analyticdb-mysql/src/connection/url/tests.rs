use std::time::Duration;

use super::*;
use crate::connection::tls::{SslMode, Tls};

fn good(url: &str) -> Address {
    parse(url).unwrap_or_else(|problems| panic!("{url}: {problems:?}"))
}

fn problems(url: &str) -> String {
    parse(url).expect_err(url).join("; ")
}

fn tls(parameters: &str) -> Tls {
    good(&format!("mysql://u@h/d?{parameters}")).parameters.tls
}

#[test]
fn a_url_of_mysql() {
    let address = good("mysql://writer:p%40s%2Fs@db.example.com:3307/shop");
    assert_eq!((address.host.as_str(), address.port), ("db.example.com", 3307));
    assert_eq!(address.database, "shop");
    assert_eq!(address.user.as_deref(), Some("writer"));
    assert_eq!(address.password.as_deref(), Some("p@s/s"));
    assert_eq!(address.parameters, Parameters::default());
    let bare = good("mariadb://h/d");
    assert_eq!((bare.port, bare.user, bare.password), (3306, None, None));
    assert_eq!(good("mysql://u:p:w#d+%2B@h/%C3%BC").password.as_deref(), Some("p:w#d++"));
    assert_eq!(good("mysql://u:@h/%C3%BC").database, "ü");
}

#[test]
fn an_address_of_ipv6() {
    for (host_and_port, host, port) in [
        ("[::1]", "::1", 3306),
        ("[fe80::0:1]:13306", "fe80::1", 13306),
        ("127.0.0.1:1", "127.0.0.1", 1),
    ] {
        let address = good(&format!("mysql://u@{host_and_port}/d"));
        assert_eq!((address.host.as_str(), address.port), (host, port));
    }
    for host_and_port in
        ["::1", "[::1", "[::1]3306", "[h]", "h:65536", "h:0", "h:-1", "h:x", "h h", "h%41", ""]
    {
        assert!(parse(&format!("mysql://u@{host_and_port}/d")).is_err(), "{host_and_port}");
    }
}

#[test]
fn a_pasted_jdbc_url() {
    let address = good(
        "jdbc:mysql://db.example:3307/shop?user=u&password=p%40&sslMode=VERIFY_IDENTITY\
         &rewriteBatchedStatements=true&useServerPrepStmts=true&cachePrepStmts=true&allowMultiQueries=true\
         &useUnicode=true&characterEncoding=utf8&connectTimeout=5000&socketTimeout=60000\
         &useJDBCCompliantTimezoneShift=true&useLegacyDatetimeCode=false&zeroDateTimeBehavior=convertToNull",
    );
    assert_eq!((address.user.as_deref(), address.password.as_deref()), (Some("u"), Some("p@")));
    assert_eq!(address.parameters.tls.mode, SslMode::VerifyIdentity);
    assert_eq!(address.parameters.connect_timeout, Some(Duration::from_secs(5)));
    let address = good(
        "jdbc:mariadb://h/d?user=u&sslMode=verify-full&serverSslCert=/a%20b.pem&useBulkStmts=true",
    );
    assert_eq!(address.parameters.tls.authorities.as_deref(), Some("/a b.pem"));
    assert_eq!(
        good("mysql://u@h/d?connect_timeout=5").parameters.connect_timeout,
        Some(Duration::from_secs(5))
    );
    assert_eq!(good("jdbc:mysql://u@h/d?connectTimeout=0").parameters.connect_timeout, None);
}

#[test]
fn modes_of_tls_in_everybodys_words() {
    for (mode, words) in [
        (SslMode::Disabled, ["ssl-mode=DISABLED", "sslmode=disable", "useSSL=false"]),
        (SslMode::Preferred, ["ssl-mode=PREFERRED", "sslmode=prefer", ""]),
        (SslMode::Required, ["ssl_mode=required", "sslMode=trust", "useSSL=true&requireSSL=true"]),
        (
            SslMode::VerifyCa,
            ["sslMode=VERIFY_CA", "sslmode=verify-ca", "useSSL=true&verifyServerCertificate=true"],
        ),
        (
            SslMode::VerifyIdentity,
            ["ssl-mode=verify_identity", "sslmode=verify-full", "ssl-mode=VERIFY_FULL"],
        ),
    ] {
        for words in words {
            assert_eq!(tls(words), Tls { mode, ..Tls::default() }, "{words}");
        }
    }
    assert_eq!(tls("useSSL=true").mode, SslMode::Required);
    assert_eq!(tls("useSSL=false&sslMode=REQUIRED").mode, SslMode::Required);
    let of_mariadb =
        |words: &str| good(&format!("jdbc:mariadb://u@h/d?{words}")).parameters.tls.mode;
    assert_eq!(of_mariadb("useSsl=true"), SslMode::VerifyIdentity);
    assert_eq!(of_mariadb("useSsl=true&disableSslHostnameVerification=true"), SslMode::VerifyCa);
    assert_eq!(of_mariadb("useSsl=true&trustServerCertificate=true"), SslMode::Required);
}

#[test]
fn a_file_of_authorities_is_used_or_refused() {
    for words in ["ssl-ca=/ca", "ssl-ca=/ca&ssl-mode=REQUIRED", "sslmode=verify-ca&sslrootcert=/ca"]
    {
        let expected =
            Tls { mode: SslMode::VerifyCa, authorities: Some("/ca".to_owned()), identity: None };
        assert_eq!(tls(words), expected, "{words}");
    }
    let identity = tls("ssl-mode=REQUIRED&ssl-cert=/c&ssl-key=/k").identity;
    assert_eq!(identity, Some(("/c".to_owned(), "/k".to_owned())));
    for words in [
        "ssl-mode=PREFERRED&ssl-ca=/ca",
        "ssl-mode=DISABLED&ssl-ca=/ca",
        "ssl-cert=/c&ssl-key=/k",
        "enable-cleartext-plugin=true",
        "allowPublicKeyRetrieval=false",
    ] {
        assert!(problems(&format!("mysql://u@h/d?{words}")).contains("VERIFY_IDENTITY"), "{words}");
    }
    assert!(problems("mysql://u@h/d?ssl-mode=REQUIRED&ssl-key=/k").contains("together"));
}

#[test]
fn what_would_change_what_is_stored_is_refused_in_words() {
    for (parameter, word) in [
        ("serverTimezone=UTC", "db.timezone"),
        ("connectionTimeZone=LOCAL", "db.timezone"),
        ("sessionVariables=sql_mode=''", "strict"),
        ("jdbcCompliantTruncation=false", "strict"),
        ("trustCertificateKeyStoreUrl=file:/ts.jks", "ssl-ca"),
        ("keyStore=/ks.jks", "ssl-key"),
        ("enabledTLSProtocols=TLSv1.3", "TLS 1.2"),
        ("credentialType=AWS-IAM", "connection.iam.auth"),
        ("sslMode=paranoid", "VERIFY_IDENTITY"),
        ("useSSL=perhaps", "true nor false"),
        ("connectTimeout=soon", "not a number"),
    ] {
        let problems = problems(&format!("jdbc:mysql://u@h/d?{parameter}"));
        assert!(problems.contains(word), "{parameter}: {problems}");
    }
}

#[test]
fn every_problem_at_once() {
    let problems =
        parse("mysql://u:%zz@h:port/?sslmode=x&serverTimezone=UTC&shoe=size").unwrap_err();
    assert_eq!(problems.len(), 6, "{problems:?}");
}

#[test]
fn several_hosts_are_refused() {
    for url in [
        "jdbc:mysql://h1,h2/d",
        "jdbc:mysql://h1:1,h2:2/d",
        "jdbc:mysql://address=(host=h1)(port=1)/d",
        "jdbc:mysql://(host=h1,port=1)/d",
    ] {
        assert!(problems(url).contains("several hosts"), "{url}");
    }
    for url in [
        "jdbc:mysql:loadbalance://h/d",
        "jdbc:mysql+srv://h/d",
        "postgresql://h/d",
        "h/d",
        "",
        "mysql:h",
    ] {
        assert!(problems(url).contains("jdbc:mariadb://"), "{url}");
    }
}

#[test]
fn no_piece_of_a_password_is_told() {
    for url in [
        "hunter2",
        "postgresql://u:hunter2@h/d",
        "mysql://u:hunter2",
        "mysql://u:hunter2@",
        "mysql://u:hunter2@/d",
        "mysql://u:hunter2@h",
        "mysql://u:hunter2@h:port/d",
        "mysql://u:hunter2@h:99999/d",
        "mysql://u:x@hunter2@h/d?connectTimeout=x",
        "mysql://u:%zzhunter2@h/d",
        "mysql://u:hunter2%ff@h/d",
        "mysql://u@h/d?hunter2",
        "mysql://u@h/d?hunter2=1",
        "mysql://u@h/d?passwort=hunter2",
        "mysql://u:x?hunter2@h/d?sslmode=require",
        "mysql://u:x&hunter2@h/d?sslmode=require&x",
        "mysql://u:x?a=hunter2&hunter2@h/d",
        "mysql://u:x?sslmode=hunter2@h/d",
        "mysql://u:x?hunter2@h",
        "mysql://u:x/hunter2@h/d",
        "mysql://u:1/hunter2@h",
        "mysql://h/d?user=u&password=hunter2&sslmode=hunter2",
        "mysql://u:hunter2@h/d?ssl-ca=%zz",
        "jdbc:mysql://h/d?user=u&password=x&hunter2=",
        "jdbc:mysql://h,h2/d?user=u&password=hunter2",
    ] {
        let problems = problems(url);
        assert!(!problems.contains("hunter2") && !problems.is_empty(), "{url}: {problems}");
    }
}
