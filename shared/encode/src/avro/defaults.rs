//! What stands for a member that is not there: the default of its field, as Avro's own writers have
//! it. In a schema, bytes are text with a character for each byte, and the default of a union is
//! one of its branches, the first that fits.

use apache_avro::schema::RecordField;

use super::value::Writer;
use crate::json::whole;
use crate::refusal::Refusal;

impl Writer<'_> {
    pub(super) fn default_of(
        &self,
        field: &RecordField,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let Some(default) = &field.default else {
            return Err("it is missing, and its field has no default".into());
        };
        let default = default.to_string();
        let writer = Writer { is_default: true, ..*self };
        writer.value(&field.schema, whole(default.as_bytes())?, depth, out)
    }
}
