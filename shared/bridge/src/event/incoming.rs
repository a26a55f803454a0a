//! An event that is read in steps: its first rows can be sent while the rest is read.

use std::time::{Duration, Instant};

use bumpalo::Bump;

use crate::event::form::EventForm;
use crate::event::function_compute::ElementReader;
use crate::event::reader::{Event, EventReader, NotAnEvent};

/// An event that is being read.
#[derive(Debug)]
pub struct Incoming<'e> {
    event: Event<'e>,
    rest: Rest<'e>,
    took: Duration,
}

/// What is still to be read.
#[derive(Debug)]
enum Rest<'e> {
    Unread(Reader<'e>),
    Nothing,
    NotConvertible(NotAnEvent),
}

/// What reads the body.
#[derive(Debug)]
enum Reader<'e> {
    Lambda(EventReader<'e>),
    FunctionCompute(ElementReader<'e>),
}

impl<'e> Reader<'e> {
    fn new(form: EventForm, body: &'e [u8], arena: &'e Bump) -> Result<Self, NotAnEvent> {
        Ok(match form {
            EventForm::Lambda => Self::Lambda(EventReader::new(body, arena)?),
            EventForm::FunctionCompute { key, value } => {
                Self::FunctionCompute(ElementReader::new(body, arena, key, value)?)
            }
        })
    }

    fn read(&mut self, event: &mut Event<'e>, count: usize) -> Result<(), NotAnEvent> {
        match self {
            Self::Lambda(reader) => reader.read(event, count),
            Self::FunctionCompute(reader) => reader.read(event, count),
        }
    }
}

impl<'e> Incoming<'e> {
    /// Lambda's event of a body; keys and values will be decoded from base64 into the arena.
    #[must_use]
    pub fn new(body: &'e [u8], arena: &'e Bump) -> Self {
        Self::of(EventForm::Lambda, body, arena)
    }

    /// The event of a body in that form; what is not borrowed from the body goes into the arena.
    #[must_use]
    pub fn of(form: EventForm, body: &'e [u8], arena: &'e Bump) -> Self {
        let start = Instant::now();
        let rest = Reader::new(form, body, arena).map_or_else(Rest::NotConvertible, Rest::Unread);
        Self { event: Event::default(), rest, took: start.elapsed() }
    }

    /// Reads on until the event has `count` records or the body ends. Returns what was read so far.
    ///
    /// # Errors
    /// The body is not an event up to there, as for [`Event::decode`]. Every later call returns the
    /// same error.
    pub fn read(&mut self, count: usize) -> Result<&Event<'e>, NotAnEvent> {
        if let Rest::Unread(decoder) = &mut self.rest
            && self.event.records.len() < count
        {
            let start = Instant::now();
            match decoder.read(&mut self.event, count) {
                Ok(()) if self.event.records.len() < count => self.rest = Rest::Nothing,
                Ok(()) => {}
                Err(wrong) => self.rest = Rest::NotConvertible(wrong),
            }
            self.took += start.elapsed();
        }
        match &self.rest {
            Rest::NotConvertible(wrong) => Err(wrong.clone()),
            Rest::Unread(_) | Rest::Nothing => Ok(&self.event),
        }
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// The body is not an event, as for [`Event::decode`].
    pub fn whole(&mut self) -> Result<&Event<'e>, NotAnEvent> {
        self.read(usize::MAX)
    }

    /// What was read so far.
    #[must_use]
    pub fn event(&self) -> &Event<'e> {
        &self.event
    }

    /// How long reading took so far.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }
}

impl<'e> From<Event<'e>> for Incoming<'e> {
    fn from(event: Event<'e>) -> Self {
        Self { event, rest: Rest::Nothing, took: Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"records":{"t-0":[{"topic":"t","partition":0,"offset":7},
        {"topic":"t","partition":0,"offset":8}],"t-1":[],"t-2":[{"topic":"t","partition":2,"offset":0}]},
        "bootstrapServers":"b:9092"}"#;

    fn counts(body: &str, asked: &[usize]) -> Vec<Result<usize, NotAnEvent>> {
        let arena = Bump::new();
        let mut incoming = Incoming::new(body.as_bytes(), &arena);
        let count = |&asked: &usize| incoming.read(asked).map(|event| event.records.len());
        asked.iter().map(count).collect()
    }

    #[test]
    fn it_is_read_as_far_as_asked() {
        let counted = counts(BODY, &[0, 1, 1, 2, 3, 4, usize::MAX]);
        assert_eq!(counted, [0, 1, 1, 2, 3, 3, 3].map(Ok));
        let arena = Bump::new();
        let mut incoming = Incoming::new(BODY.as_bytes(), &arena);
        assert_eq!(incoming.read(3).unwrap().bootstrap_servers, None);
        assert_eq!(incoming.whole().unwrap().bootstrap_servers, Some("b:9092"));
    }

    #[test]
    fn what_is_wrong_shows_when_it_is_reached_and_stays() {
        let counted = counts(&BODY[..BODY.len() - 1], &[3, 4, 1]);
        assert_eq!(counted[0], Ok(3));
        assert!(counted[1].as_ref().unwrap_err().to_string().contains("the text ends"));
        assert_eq!(counted[1], counted[2]);
    }
}
