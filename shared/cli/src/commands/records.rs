//! The event of a command that looks at records and writes nothing.

use std::error::Error;

use bytes::Bytes;
use sluice_trigger::{event_of_topic, event_of_values, read_line, split};

use crate::arguments::Records;
use crate::commands::invoke::read;

/// An event of the records that the arguments name.
pub(crate) async fn event(arguments: &Records) -> Result<Bytes, Box<dyn Error>> {
    let unreadable = |error: std::io::Error| format!("cannot read the records: {error}");
    if let Some(file) = &arguments.event {
        return Ok(read(file).map_err(unreadable)?.into());
    }
    let topic = arguments.topic.as_deref().unwrap_or_default();
    if let Some(file) = &arguments.records {
        let content = read(file).map_err(unreadable)?;
        let values = values(&content, arguments.key_separator.as_deref()).await?;
        if values.is_empty() {
            return Err("the file contains no records".into());
        }
        return Ok(event_of_values(topic, values));
    }
    let bootstrap = arguments.bootstrap.as_deref().unwrap_or_default();
    let kafka = sluice_trigger::connect(bootstrap, &arguments.kafka).await?;
    let event = event_of_topic(&kafka, topic, arguments.last).await?;
    event.ok_or_else(|| format!("the topic {topic} is empty").into())
}

/// Key and value of each line, as `send --lines` reads them.
async fn values(
    mut content: &[u8],
    separator: Option<&str>,
) -> Result<Vec<(Option<Bytes>, Bytes)>, sluice_trigger::Error> {
    let (mut values, mut line) = (Vec::new(), Vec::new());
    while read_line(&mut content, &mut line).await? {
        values.push(split(&line, separator));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_line_is_a_record_as_it_is_for_send() {
        let values = values(b"a:1 \r\n\nb:\n2", Some(":")).await.expect("reading from memory");
        let values: Vec<(Option<&[u8]>, &[u8])> =
            values.iter().map(|(key, value)| (key.as_deref(), &value[..])).collect();
        let expected: [(Option<&[u8]>, &[u8]); 4] =
            [(Some(b"a"), b"1 "), (None, b""), (Some(b"b"), b""), (None, b"2")];
        assert_eq!(values, expected);
    }
}
