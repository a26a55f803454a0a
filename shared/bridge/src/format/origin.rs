//! What a schema's parameters say about the column of the source: its type, its length.

use crate::json::value::Value;

/// What a schema's parameters say about the source's column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The digits of a `Decimal`.
    pub(crate) precision: Option<u32>,
    /// The name of the column's type.
    ty: Option<Box<str>>,
    /// Its length: characters of a text, digits of a number.
    pub(crate) length: Option<u32>,
    pub(crate) scale: Option<u32>,
}

impl Origin {
    /// Reads an object of parameters.
    pub(crate) fn parse(parameters: Option<Value<'_>>) -> Self {
        let Some(all @ Value::Object(_)) = parameters else { return Self::default() };
        let [precision, ty, length, scale] = all
            .pick([
                "connect.decimal.precision",
                "__debezium.source.column.type",
                "__debezium.source.column.length",
                "__debezium.source.column.scale",
            ])
            .map(|given| given.and_then(Value::to_text));
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let (precision, length, scale) = (number(precision), number(length), number(scale));
        Self { precision, ty: ty.map(Into::into), length, scale }
    }

    pub(crate) fn is_one_of(&self, types: &[&str]) -> bool {
        self.ty.as_deref().is_some_and(|ty| types.iter().any(|it| it.eq_ignore_ascii_case(ty)))
    }
}
