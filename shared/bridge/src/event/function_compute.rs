//! The event of Function Compute's trigger for ApsaraMQ for Kafka, from the raw body to records: one pass,
//! one arena.
//!
//! A body is an array of elements, or one element alone. Sources: "Formats of event for different triggers"
//! and "ApsaraMQ for Kafka triggers" in Function Compute's documentation, and published events. What an
//! element may be is known in [`element`].

mod element;
mod headers;

use bumpalo::Bump;

use self::element::Elements;
use crate::event::reader::{Event, NotAnEvent, text};
use crate::json::scanner::{Items, Scanner};
use crate::options::encoding::Encoding;

/// Reads a body in steps.
#[derive(Debug)]
pub(crate) struct ElementReader<'e> {
    scanner: Scanner<'e>,
    elements: Elements<'e>,
    place: Place,
}

/// The position of the scanner.
#[derive(Debug)]
enum Place {
    Start,
    /// Before the only element.
    Alone,
    Array(Items),
    End,
    /// Reading failed.
    Broken,
}

impl<'e> ElementReader<'e> {
    /// Reads nothing yet. `key` and `value` say how those are written.
    ///
    /// # Errors
    /// The body is not UTF-8.
    pub(crate) fn new(
        body: &'e [u8],
        arena: &'e Bump,
        key: Encoding,
        value: Encoding,
    ) -> Result<Self, NotAnEvent> {
        let scanner = Scanner::new(text(body)?);
        Ok(Self { scanner, elements: Elements { arena, key, value }, place: Place::Start })
    }

    /// Reads on until the event has `count` records or the body ends.
    ///
    /// # Errors
    /// The body is not such an event; reading cannot continue then.
    pub(crate) fn read(&mut self, event: &mut Event<'e>, count: usize) -> Result<(), NotAnEvent> {
        while event.records.len() < count {
            self.place = match std::mem::replace(&mut self.place, Place::Broken) {
                Place::Start => self.scanner.array().map_or(Place::Alone, Place::Array),
                Place::Alone => {
                    event.records.push(self.elements.read(&mut self.scanner, None)?);
                    self.scanner.end()?;
                    Place::End
                }
                Place::Array(items) => self.array(items, event, count)?,
                Place::End => {
                    self.place = Place::End;
                    break;
                }
                Place::Broken => {
                    let what = "an earlier attempt to read it failed";
                    return Err(NotAnEvent::new(self.scanner.at(), what));
                }
            };
        }
        Ok(())
    }

    fn array(
        &mut self,
        mut items: Items,
        event: &mut Event<'e>,
        count: usize,
    ) -> Result<Place, NotAnEvent> {
        let records = &mut event.records;
        while records.len() < count {
            if !items.more(&mut self.scanner)? {
                self.scanner.end()?;
                return Ok(Place::End);
            }
            let last_topic = records.last().map(|record| record.topic);
            records.push(self.elements.read(&mut self.scanner, last_topic)?);
        }
        Ok(Place::Array(items))
    }
}
