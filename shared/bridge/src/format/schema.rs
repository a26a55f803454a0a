//! The declared type of a value: the schema that is sent with it in Kafka Connect's `JsonConverter`
//! envelope (`org.apache.kafka.connect.json.JsonSchema`), or what a schema of a registry says in the
//! same terms. This is plain data; what it means for a value is decided elsewhere.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::format::logical::{Base, Logical};
use crate::format::origin::Origin;
use crate::json::value::Value;

/// The declared type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) kind: Kind,
    pub(crate) logical: Option<Logical>,
    pub(crate) optional: bool,
    /// The default, as JSON.
    pub(crate) default: Option<Box<str>>,
    /// What the parameters say about the source's column.
    pub(crate) origin: Origin,
    /// Whether values of it, and all within them, were checked and have their meaning already,
    /// because a decoder wrote them.
    pub(crate) is_final: bool,
    /// Whether the type only says what a column needs, while each value is what its JSON shows.
    pub(crate) is_shown: bool,
}

/// Connect's own types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    /// A signed integer with this many bits.
    Integer(u32),
    /// A float with this many bits.
    Float(u32),
    Text,
    Bytes,
    Array(Rc<Declared>),
    /// The keys' type, then the values'.
    Map(Rc<Declared>, Rc<Declared>),
    Struct(Fields),
    /// The name of a constant, or the number of one that has no name.
    Enum,
    /// Any JSON value, which then is what it looks like: one of several types, or of one that
    /// contains itself.
    Any,
}

/// The fields of a struct in their order, found by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    list: Vec<Field>,
    places: HashMap<String, usize>,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) declared: Rc<Declared>,
}

impl Declared {
    /// A required value without a default, as a decoder writes it.
    pub(crate) fn of(kind: Kind, logical: Option<Logical>) -> Self {
        let is_final = logical.is_none_or(Logical::is_text) && kind.is_final();
        let (optional, default, origin, is_shown) = (false, None, Origin::default(), false);
        Self { kind, logical, optional, default, origin, is_final, is_shown }
    }

    /// An object of which nothing more is declared. Its JSON says what its members are.
    pub(crate) fn any_object() -> Self {
        let fields = Fields { list: Vec::new(), places: HashMap::new() };
        Self::of(Kind::Struct(fields), None).or_null()
    }

    /// The same type, whose value may be null or missing.
    pub(crate) fn or_null(&self) -> Self {
        Self { optional: true, ..self.clone() }
    }

    /// Reads a schema.
    ///
    /// # Errors
    /// A sentence about what is missing or unknown.
    pub(crate) fn parse(schema: Value<'_>) -> Result<Self, String> {
        let is_true = |member: &str| schema.member(member) == Some(Value::Bool(true));
        let kind = Kind::parse(schema)?;
        let default = schema.member("default").filter(|default| *default != Value::Null);
        let declared = Self {
            logical: Logical::parse(schema, kind.base())?,
            kind,
            optional: is_true("optional"),
            default: default.map(Value::to_json),
            origin: Origin::parse(schema.member("parameters")),
            is_final: false,
            is_shown: false,
        };
        match default {
            Some(default) if !declared.is_complete(default) => {
                Err("a default depends on other defaults".to_owned())
            }
            _ => Ok(declared),
        }
    }

    /// Whether no part of a default has a default itself. Connect writes defaults in full. Other
    /// defaults could make a short schema stand for more than fits into memory.
    fn is_complete(&self, default: Value<'_>) -> bool {
        match (&self.kind, default) {
            (_, Value::Null) => self.optional || self.default.is_none(),
            (Kind::Array(items), Value::Array(_)) => {
                default.items().all(|item| items.is_complete(item))
            }
            (Kind::Map(keys, values), Value::Array(_)) => default.items().all(|pair| {
                pair.items().zip([keys, values]).all(|(part, declared)| declared.is_complete(part))
            }),
            (Kind::Map(_, values), Value::Object(_)) => {
                default.members().all(|(_, value)| values.is_complete(value))
            }
            (Kind::Struct(fields), Value::Object(_)) => {
                fields.list.iter().all(|field| match default.member(&field.name) {
                    Some(value) => field.declared.is_complete(value),
                    None => field.declared.default.is_none(),
                })
            }
            _ => true,
        }
    }

    /// The declared type of a struct's field or a map's value.
    pub(crate) fn field(&self, name: &str) -> Option<&Rc<Declared>> {
        self.field_near(0, name)
    }

    /// The same, but the field is expected at `place`: most values have their fields in order.
    pub(crate) fn field_near(&self, place: usize, name: &str) -> Option<&Rc<Declared>> {
        match &self.kind {
            Kind::Struct(Fields { list, places }) => match list.get(place) {
                Some(field) if field.name == name => Some(&field.declared),
                _ => places.get(name).map(|place| &list[*place].declared),
            },
            Kind::Map(_, values) => Some(values),
            _ => None,
        }
    }

    /// The fields of a struct that are not among these names.
    pub(crate) fn left_out(&self, met: &[&str]) -> Vec<&Field> {
        let Kind::Struct(Fields { list, .. }) = &self.kind else { return Vec::new() };
        if list.iter().map(|field| &*field.name).eq(met.iter().copied()) {
            return Vec::new();
        }
        let met: HashSet<&str> = met.iter().copied().collect();
        list.iter().filter(|field| !met.contains(&*field.name)).collect()
    }

    /// Whether a null is a value of it, or stands for its default.
    pub(crate) fn takes_null(&self) -> bool {
        self.optional || self.default.is_some()
    }

    pub(crate) fn is_any(&self) -> bool {
        self.kind == Kind::Any
    }

    /// Whether its values are objects by their declared type, and stand for nothing else.
    pub(crate) fn is_object(&self) -> bool {
        self.logical.is_none() && matches!(self.kind, Kind::Struct(_) | Kind::Map(..))
    }

    pub(crate) fn is_decimal(&self) -> bool {
        matches!(self.logical, Some(Logical::Decimal { .. }))
    }

    /// Its name in an error.
    pub(crate) fn shown(&self) -> String {
        match (&self.logical, &self.kind) {
            (Some(logical), _) => logical.shown(),
            (None, Kind::Boolean) => "boolean".to_owned(),
            (None, Kind::Integer(bits)) => format!("int{bits}"),
            (None, Kind::Float(bits)) => format!("float{bits}"),
            (None, Kind::Text | Kind::Enum) => "string".to_owned(),
            (None, Kind::Any) => "json".to_owned(),
            (None, Kind::Bytes) => "bytes".to_owned(),
            (None, Kind::Array(_)) => "array".to_owned(),
            (None, Kind::Map(..)) => "map".to_owned(),
            (None, Kind::Struct(_)) => "struct".to_owned(),
        }
    }
}

impl Kind {
    /// Whether all parts of it are final.
    fn is_final(&self) -> bool {
        match self {
            Kind::Array(items) => items.is_final,
            Kind::Map(keys, values) => keys.is_final && values.is_final,
            Kind::Struct(fields) => fields.list.iter().all(|field| field.declared.is_final),
            _ => true,
        }
    }

    pub(crate) fn base(&self) -> Base {
        match self {
            Kind::Integer(_) => Base::Integer,
            Kind::Text => Base::Text,
            Kind::Bytes => Base::Bytes,
            Kind::Struct(_) => Base::Struct,
            Kind::Boolean
            | Kind::Float(_)
            | Kind::Array(_)
            | Kind::Map(..)
            | Kind::Enum
            | Kind::Any => Base::Other,
        }
    }

    /// Whether a word names one of Connect's types.
    pub(crate) fn is_word(word: &str) -> bool {
        matches!(word, "array" | "map" | "struct") || Self::simple(word).is_some()
    }

    fn simple(word: &str) -> Option<Self> {
        Some(match word {
            "boolean" => Kind::Boolean,
            "int8" => Kind::Integer(8),
            "int16" => Kind::Integer(16),
            "int32" => Kind::Integer(32),
            "int64" => Kind::Integer(64),
            "float" | "float32" => Kind::Float(32),
            "double" | "float64" => Kind::Float(64),
            "string" => Kind::Text,
            "bytes" => Kind::Bytes,
            _ => return None,
        })
    }

    fn parse(schema: Value<'_>) -> Result<Self, String> {
        let word = schema.member("type").and_then(Value::to_text);
        let word = word.ok_or("a schema has no valid `type`")?;
        let part = |name: &str| {
            let part = schema.member(name).ok_or(format!("the type {word} has no `{name}`"))?;
            Declared::parse(part).map(Rc::new)
        };
        match word.as_str() {
            "array" => Ok(Kind::Array(part("items")?)),
            "map" => Ok(Kind::Map(part("keys")?, part("values")?)),
            "struct" => {
                let Some(fields @ Value::Array(_)) = schema.member("fields") else {
                    return Err("the type struct has no `fields`".to_owned());
                };
                Fields::parse(fields).map(Kind::Struct)
            }
            _ => Self::simple(&word).ok_or(format!("unknown type `{word}`")),
        }
    }
}

impl Fields {
    fn parse(fields: Value<'_>) -> Result<Self, String> {
        Self::new(fields.items().map(Field::parse).collect::<Result<_, _>>()?)
    }

    /// Fields in their order.
    ///
    /// # Errors
    /// Two have the same name.
    pub(crate) fn new(list: Vec<Field>) -> Result<Self, String> {
        let places: HashMap<_, _> = list.iter().map(|field| field.name.clone()).zip(0..).collect();
        if places.len() < list.len() {
            return Err("a struct has two fields with the same name".to_owned());
        }
        Ok(Self { list, places })
    }
}

impl Field {
    fn parse(field: Value<'_>) -> Result<Self, String> {
        let name = field.member("field").and_then(Value::to_text).ok_or("a field has no name")?;
        let declared = Declared::parse(field).map_err(|why| format!("field `{name}`: {why}"))?;
        Ok(Self { name, declared: Rc::new(declared) })
    }
}
