//! Many differences, wide rows and accounts that may do little.

use super::{Mariadb, Mysql, Pair, Postgres, Server};

#[tokio::test]
async fn a_list_that_is_cut_short_says_so() {
    let pair = Pair::new([Postgres, Mysql], "many", ["id int PRIMARY KEY, v int"; 2]).await;
    let rows: Vec<String> = (0..3_000).map(|id| format!("({id}, 1)")).collect();
    pair.both(&format!("INSERT INTO THE_TABLE VALUES {}", rows.join(", "))).await;
    pair.sql(1, "UPDATE THE_TABLE SET v = 2").await;
    let (code, report) = pair.report(&["--limit", "10"]).await;
    assert_eq!((code, &report["complete"]), (Some(1), &false.into()), "{report:#}");
    assert_eq!(report["differences"].as_array().map(Vec::len), Some(10));
    let run = pair.compare(&["--limit", "10"]).await;
    assert!(run.stdout.ends_with("at least 10 rows differ: --limit lists more\n"), "{run:#?}");
    let all = pair.differences(&["--limit", "5000"]).await;
    assert_eq!((all.len(), all[2_999].as_str()), (3_000, "2999 changed v"));
}

/// Rows of a megabyte: what is not needed is not kept, and an answer stays below Lambda's limit.
#[tokio::test]
async fn wide_rows() {
    for servers in [[Postgres, Mysql], [Mariadb, Postgres]] {
        let columns = servers.map(|server| {
            server.says("id int PRIMARY KEY, v text", "id int PRIMARY KEY, v longtext")
        });
        let pair = Pair::new(servers, "wide", columns).await;
        for id in 0..8 {
            pair.both(&format!("INSERT INTO THE_TABLE VALUES ({id}, repeat('{id}', 1000000))"))
                .await;
        }
        assert_eq!(pair.differences(&[]).await, [""; 0], "{servers:?}");
        pair.sql(1, "UPDATE THE_TABLE SET v = concat(v, 'x')").await;
        assert_eq!(pair.differences(&["--values"]).await.len(), 8, "{servers:?}");
    }
}

/// SELECT is enough, on the table and on nothing else.
#[tokio::test]
async fn an_account_that_may_only_read() {
    for server in [Postgres, Mariadb, Mysql] {
        let pair = Pair::new([server, server], "reader", ["id int PRIMARY KEY, v int"; 2]).await;
        pair.both("INSERT INTO THE_TABLE VALUES (1, 1)").await;
        let account = account(&pair, server).await;
        let url = format!("--source-option=connection.url={}", account.url);
        let told = pair.compare(&[url.as_str()]).await;
        pair.sql(0, &account.forget).await;
        assert_eq!(told.code, Some(0), "{told:#?}");
    }
}

struct Account {
    url: String,
    forget: String,
}

async fn account(pair: &Pair, server: Server) -> Account {
    let (name, table) = (sluice_tests::services::unique("r"), &pair.names[0]);
    let name = &name[..name.len().min(30)];
    let url = server.url();
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let place = rest.rsplit_once('@').expect("a user").1;
    let user = server.says(name, "").to_owned();
    let statements = match user.as_str() {
        "" => vec![
            format!("CREATE USER '{name}'@'%' IDENTIFIED BY 'only-reads'"),
            format!("GRANT SELECT ON {table} TO '{name}'@'%'"),
        ],
        _ => vec![
            format!("CREATE ROLE {name} LOGIN PASSWORD 'only-reads'"),
            format!("GRANT SELECT ON {table} TO {name}"),
        ],
    };
    for statement in statements {
        pair.sql(0, &statement).await;
    }
    let forget = match server.is_mysql() {
        true => format!("DROP USER '{name}'@'%'"),
        false => format!("REVOKE ALL ON {table} FROM {name}; DROP ROLE {name}"),
    };
    Account { url: format!("{scheme}://{name}:only-reads@{place}"), forget }
}
