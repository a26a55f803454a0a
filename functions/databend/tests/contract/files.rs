//! How rows come to the server: in files, which do not stay, or in the statement.

use serde_json::json;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::EventBuilder;
use sluice_testkit::contract::Subject;
use sluice_testkit::invocation::{self, INSERT, UPDATE, UPSERT, all_written, deliver_values};

use crate::faults::{STAGED, scene, table, values};
use crate::subject::Server;
use crate::support;

/// Files are compressed.
pub(crate) const GZIP: invocation::Options<'_> = &[("stage.compression", "gzip")];
pub(crate) const ZSTD: invocation::Options<'_> = &[("stage.compression", "zstd")];

/// A compressed file is read whole, row by row: its rows are numbered as in one that is not compressed. It goes through
/// the server or directly into the object store.
#[test]
fn a_compressed_file_is_read_whole() {
    invocation::run(async {
        let (mut server, _) = scene().await;
        server.allow_compression().await;
        server.admin.trouble("presign", "PRESIGN UPLOAD", json!({"times": 9})).await;
        let mut written = 0;
        for (compression, presign) in [(GZIP, "off"), (GZIP, "on"), (ZSTD, "off"), (ZSTD, "on")] {
            let url = support::url(&server.admin.database) + "&presign=" + presign;
            let options = [STAGED, compression, &[("connection.url", url.as_str())]].concat();
            let mut sink = server.sink_with(&options);
            let values = values(2_000);
            assert_eq!(
                deliver_values(&mut sink, "t", INSERT, values).await,
                Ok(all_written(2_000)),
                "{compression:?} {presign}"
            );
            written += 2_000;
            assert_eq!(server.rows(&table()).await.len(), written, "{presign}");
        }
        let seen = server.admin.seen().await;
        for way in ["upload ~/", "PRESIGN UPLOAD @~/"] {
            let files: Vec<_> = seen.iter().filter(|(it, _)| it.starts_with(way)).collect();
            assert_eq!(files.len(), 2);
            assert!(files[0].0.ends_with("-0-1999.csv.gz"), "{}", files[0].0);
            assert!(files[1].0.ends_with("-0-1999.csv.zst"), "{}", files[1].0);
        }
        let mut sink = server.sink_with(&[STAGED, GZIP].concat());
        let outcome =
            deliver_values(&mut sink, "t", UPDATE, ["{\"id\":1999,\"v\":\"y\"}", "{\"id\":9999}"])
                .await;
        let outcome = outcome.expect("rows only");
        assert_eq!((outcome.written, outcome.filtered), (1, 1));
    });
}

/// The statement that somebody must execute once is told, and no record is lost.
#[test]
fn a_missing_file_format_is_told() {
    invocation::run(async {
        let (mut server, _) = scene().await;
        for (compression, name) in [(GZIP, "gzip"), (ZSTD, "zstd")] {
            let mut sink = server.sink_with(&[STAGED, compression].concat());
            server.admin.trouble("error", "INSERT INTO", json!({"code": 2507})).await;
            let given_back =
                deliver_values(&mut sink, "t", INSERT, values(3)).await.expect_err("no format");
            assert_eq!(given_back.error.fault, Fault::Fatal);
            let told = given_back.error.to_string();
            let wanted = format!("execute `CREATE FILE FORMAT IF NOT EXISTS sluice_csv_{name} ");
            assert!(told.contains(&wanted), "{told}");
        }
        assert_eq!(server.rows(&table()).await.len(), 0);
    });
}

/// A file goes directly into the object store if the server signs URLs, and without our login.
#[test]
fn a_signed_upload_goes_to_the_object_store() {
    invocation::run(async {
        let (mut server, _) = scene().await;
        server.admin.trouble("presign", "PRESIGN UPLOAD", json!({"times": 9})).await;
        let url = support::url(&server.admin.database) + "&presign=on&warehouse=w1&tenant=t1";
        let options = [STAGED, &[("connection.url", url.as_str())]].concat();
        let mut sink = server.sink_with(&options);
        assert_eq!(deliver_values(&mut sink, "t", INSERT, values(3)).await, Ok(all_written(3)));
        assert_eq!(server.rows(&table()).await.len(), 3);
        let seen = server.admin.seen().await;
        assert!(seen.iter().any(|(it, _)| it.starts_with("PRESIGN UPLOAD @~/sluice/")));
        assert!(!seen.iter().any(|(it, _)| it.starts_with("upload ")));
        let (_, headers) = seen.iter().find(|(it, _)| it == "BEGIN").expect("a transaction");
        assert_eq!(
            (&headers["x-databend-warehouse"], &headers["x-databend-tenant"]),
            (&json!("w1"), &json!("t1"))
        );
        let (_, headers) = seen.iter().find(|(it, _)| it == "COMMIT").expect("its end");
        assert_eq!(headers["x-databend-sticky-node"], json!("front"));
    });
}

/// Files are removed once they are committed or given up. Their names say what is in them.
#[test]
fn no_file_stays() {
    invocation::run(async {
        let (server, mut sink) = scene().await;
        assert_eq!(
            deliver_values(&mut sink, "t", INSERT, values(2_000)).await,
            Ok(all_written(2_000))
        );
        let body = EventBuilder::msk().values("t", 0, values(3)).build();
        invocation::write(&mut sink, &body, &invocation::rules(INSERT))
            .await
            .expect("it is written");
        sink.abandon().await;
        let database = &server.admin.database;
        let left = server.admin.query(&format!("LIST @~/sluice/{database}/")).await;
        assert_eq!(left, Vec::<Vec<Option<String>>>::new());
        let seen = server.admin.seen().await;
        let uploads: Vec<&str> =
            seen.iter().filter_map(|(it, _)| it.strip_prefix("upload ~/sluice/")).collect();
        assert!(uploads[0].ends_with("/0-t-t-0-0-1999.csv"), "{uploads:?}");
        assert!(uploads[1].ends_with("/0-t-t-0-0-2.csv"), "{uploads:?}");
    });
}

/// A small batch needs no file: its invocation has five requests, of which two describe the table.
#[test]
fn a_small_batch_is_in_its_statement() {
    invocation::run(async {
        let mut server = Server::new().await;
        server.create(&table()).await;
        let mut sink = server.sink().await;
        for (rows, files) in [(99, 0), (100, 1)] {
            let before = server.admin.seen().await.len();
            let outcome = deliver_values(&mut sink, "t", UPSERT, values(rows)).await;
            assert_eq!(outcome, Ok(all_written(rows)));
            let seen = server.admin.seen().await;
            let seen: Vec<&str> = seen[before..].iter().map(|(it, _)| it.as_str()).collect();
            let uploads = seen.iter().filter(|it| it.starts_with("upload ")).count();
            // A file is uploaded and removed.
            assert_eq!((uploads, seen.len()), (files, 5 + 2 * files), "{seen:?}");
            assert_eq!(server.rows(&table()).await.len(), rows);
        }
        // Long rows are not parsed as literals.
        let long = format!("{{\"id\":1,\"v\":\"{}\"}}", "x".repeat(300_000));
        assert_eq!(deliver_values(&mut sink, "t", UPSERT, [long]).await, Ok(all_written(1)));
        let seen = server.admin.seen().await;
        assert_eq!(seen.iter().filter(|(it, _)| it.starts_with("upload ")).count(), 2);
    });
}

/// A function that is killed leaves its files. Those that are older than a day are removed by a later one.
#[test]
fn files_of_a_killed_function_are_removed_later() {
    invocation::run(async {
        let (server, mut sink) = scene().await;
        let body = EventBuilder::msk().values("t", 0, values(3)).build();
        server.admin.trouble("old", "upload", json!({})).await;
        for _ in 0..2 {
            let mut killed = server.sink_with(STAGED);
            let written = invocation::write(&mut killed, &body, &invocation::rules(INSERT)).await;
            written.expect("it is written, but never committed");
        }
        let list = format!("LIST @~/sluice/{}/", server.admin.database);
        assert_eq!(server.admin.query(&list).await.len(), 2);
        // The first invocation of a process is not the one that looks for them; the young one stays.
        for left in [2, 1, 1] {
            let outcome = deliver_values(&mut sink, "t", INSERT, values(2)).await;
            assert_eq!(outcome, Ok(all_written(2)));
            assert_eq!(server.admin.query(&list).await.len(), left);
        }
        let seen = server.admin.seen().await;
        let sweeps = seen.iter().filter(|(it, _)| it.contains("list_stage")).count();
        assert_eq!(sweeps, 1, "once for each process");
    });
}
