//! Each frame, whole and cut short.

use super::*;
use crate::event::record::Headers;
use crate::json::scanner::Scanner;

fn record<'e>(headers: &'e str, value_schema: Option<&'e str>) -> Record<'e> {
    let headers = Headers::read(&mut Scanner::new(headers)).unwrap();
    Record {
        topic: "t",
        partition: 0,
        offset: 0,
        timestamp: None,
        key: None,
        value: None,
        headers,
        key_schema: None,
        value_schema,
    }
}

fn found<'e>(
    record: &Record<'e>,
    bytes: &'e [u8],
    place: IdPlace,
) -> Result<Option<Frame<'e>>, Reason> {
    Frame::find(record, Part::Value, bytes, place).map(|(_, frame)| frame).transpose()
}

/// The id and the payload, `none`, or why there is neither.
fn read(bytes: &[u8], place: IdPlace, headers: &str) -> String {
    let (arena, record) = (Bump::new(), record(headers, None));
    match found(&record, bytes, place) {
        Ok(None) => "none".to_owned(),
        Ok(Some(frame)) => match frame.payload(&arena) {
            Ok(payload) => format!("{} {payload:?}", frame.id),
            Err(why) => format!("refused: {why}"),
        },
        Err(why) => format!("refused: {why}"),
    }
}

const GUID: [u8; 16] = *b"0123456789abcdef";
const SHOWN: &str = "schema 30313233-3435-3637-3839-616263646566";

#[test]
fn prefixes() {
    let four = [0, 0, 0, 1, 2, 9];
    assert_eq!(read(&four, IdPlace::Auto, "[]"), "schema 258 [9]");
    assert_eq!(read(&four, IdPlace::Confluent, "[]"), "schema 258 [9]");
    assert_eq!(read(&four, IdPlace::Apicurio4, "[]"), "schema 258 [9]");
    assert_eq!(
        read(&[0, 0, 0, 1], IdPlace::Auto, "[]"),
        "refused: it ends inside the id of its schema"
    );
    let eight = [0, 0, 0, 0, 0, 0, 0, 1, 2, 9];
    assert_eq!(read(&eight, IdPlace::Apicurio, "[]"), "schema with global id 258 [9]");
    assert!(read(&eight[..8], IdPlace::Apicurio, "[]").starts_with("refused"));
    let guid = [&[1][..], &GUID, &[9]].concat();
    assert_eq!(read(&guid, IdPlace::Confluent, "[]"), format!("{SHOWN} [9]"));
    assert_eq!(read(&guid, IdPlace::Auto, "[]"), "none");
    for place in [IdPlace::Auto, IdPlace::Confluent, IdPlace::Apicurio, IdPlace::Glue] {
        assert_eq!(read(b"{}", place, "[]"), "none");
        assert_eq!(read(b"", place, "[]"), "none");
    }
    assert_eq!(read(&four, IdPlace::Header, "[]"), "none");
}

#[test]
fn glue_plain_and_compressed() {
    let plain = [&[3, 0][..], &GUID, b"ab"].concat();
    assert_eq!(read(&plain, IdPlace::Auto, "[]"), format!("{SHOWN} [97, 98]"));
    assert_eq!(read(&plain[..17], IdPlace::Auto, "[]"), "none");
    let zlib = |bytes: &[u8]| {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, bytes).unwrap();
        [&[3, 5][..], &GUID, &out.finish().unwrap()].concat()
    };
    let short = zlib(b"ab");
    assert_eq!(read(&short, IdPlace::Glue, "[]"), format!("{SHOWN} [97, 98]"));
    assert!(read(&short[..short.len() - 1], IdPlace::Glue, "[]").contains("not complete"));
    let longer = [&short[..], &[0]].concat();
    assert!(read(&longer, IdPlace::Glue, "[]").contains("bytes follow"));
    let bomb = zlib(&vec![0; 17 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    assert!(read(&bomb, IdPlace::Glue, "[]").contains("more than 16 MiB"));
}

#[test]
fn headers_go_before_prefixes() {
    let guid = GUID.map(|byte| byte.to_string()).join(",");
    let header =
        format!(r#"[{{"__value_schema_id":[0,0,0,0,9]}},{{"__value_schema_id":[1,{guid}]}}]"#);
    let bytes = [0, 0, 0, 0, 1];
    for place in [IdPlace::Auto, IdPlace::Header] {
        assert_eq!(read(&bytes, place, &header), format!("{SHOWN} {bytes:?}"));
    }
    assert_eq!(read(&bytes, IdPlace::Confluent, &header), "schema 1 []");
    assert!(read(&bytes, IdPlace::Auto, r#"[{"__value_schema_id":[1,2]}]"#).starts_with("refused"));
    assert_eq!(read(&bytes, IdPlace::Auto, r#"[{"__key_schema_id":[0,0,0,0,9]}]"#), "schema 1 []");
    let apicurio = |name| format!(r#"[{{"apicurio.value.{name}":[0,0,0,0,0,0,1,2]}}]"#);
    assert_eq!(read(b"a", IdPlace::Auto, &apicurio("globalId")), "schema with global id 258 [97]");
    assert_eq!(
        read(b"a", IdPlace::Auto, &apicurio("contentId")),
        "schema with content id 258 [97]"
    );
    let short = r#"[{"apicurio.value.globalId":[1]}]"#;
    assert!(read(b"a", IdPlace::Auto, short).contains("eight bytes"));
}

#[test]
fn what_lambda_says_goes_before_all() {
    let id = |metadata: &str| {
        let record = record("[]", Some(metadata));
        let frame = found(&record, &[0, 0, 0, 0, 1], IdPlace::Auto);
        frame.map(|frame| frame.map(|frame| frame.id)).map_err(Reason::into_owned)
    };
    assert_eq!(id(r#"{"dataFormat":"AVRO","schemaId":"17"}"#), Ok(Some(SchemaId::Number(17))));
    let uuid = r#"{"schemaId":"30313233-3435-3637-3839-616263646566"}"#;
    assert_eq!(id(uuid), Ok(Some(SchemaId::Glue(GUID))));
    assert_eq!(id("{}"), Ok(Some(SchemaId::Number(1))));
    assert!(id(r#"{"schemaId":"x"}"#).unwrap_err().contains("unknown form"));
}

fn message(pointer: Pointer, payload: &[u8]) -> Result<(MessageName, usize), Reason> {
    Frame::new(SchemaId::Number(1), payload, pointer).message(payload)
}

#[test]
fn messages_are_named() {
    let path = |path: &[u32]| MessageName::Path(path.to_vec());
    let indexes = |bytes: &[u8]| message(Pointer::Indexes, bytes);
    assert_eq!(indexes(&[0, 9]), Ok((path(&[0]), 1)));
    assert_eq!(indexes(&[2, 0, 9]), Ok((path(&[0]), 2)));
    assert_eq!(indexes(&[4, 2, 0]), Ok((path(&[1, 0]), 3)));
    assert!(indexes(&[1, 1]).unwrap_err().contains("negative number"));
    assert!(indexes(&[2, 1]).unwrap_err().contains("out of range"));
    assert!(indexes(&[4, 2]).unwrap_err().contains("after the last byte"));
    assert!(indexes(&[0xfe, 0xff, 0x7f]).unwrap_err().contains("more indexes"));
    let header = |list: &[u8]| message(Pointer::HeaderIndexes(list.to_vec()), &[9]);
    assert_eq!(header(&[]), Ok((path(&[0]), 0)));
    assert_eq!(header(&[2, 2]), Ok((path(&[1]), 0)));
    let name = MessageName::Name("Ab".to_owned());
    assert_eq!(message(Pointer::Reference, b"\x04\x0a\x02Ab!"), Ok((name, 5)));
    for wrong in [&b"\x00"[..], b"\x04\x12\x02Ab", b"\x05\x0a\x02Ab", b"\x04\x0a\x02\xff\xff"] {
        assert!(message(Pointer::Reference, wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(message(Pointer::Sorted, &[0x80, 1]), Ok((MessageName::Sorted(128), 2)));
}
