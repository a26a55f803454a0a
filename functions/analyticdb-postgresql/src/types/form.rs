//! How the values of a type are encoded, and the properties of the type that this needs.

use tokio_postgres::types::Type;

/// How a value of a column, or of an array's element, is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) codec: Codec,
    /// The type modifier: precision and scale, or digits of a second; −1 without one.
    pub(crate) modifier: i32,
    /// The maximum length of text.
    pub(crate) limit: TextLimit,
    /// Whether the server's type has infinities.
    pub(crate) has_infinity: bool,
    /// The decimal places of an integer: of a second for dates and times, of the currency's unit for money.
    pub(crate) places: u8,
}

/// The encoding of a type's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Money,
    /// Text, and types whose binary form is their text: varchar, char, name, citext, enums.
    Text,
    Bytea,
    Uuid,
    Date,
    Time,
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    Inet,
    Cidr,
    Macaddr,
    Macaddr8,
    Json,
    Jsonb,
    /// Encoded by its elements: in binary for COPY, as text for a parameter.
    Array,
    /// Sent as text to the server's input function. A boolean is one bit.
    Bits {
        /// Whether a value may have fewer bits than the column: a `bit varying`.
        varying: bool,
    },
    /// Sent as text, which is also built from a JSON object.
    Hstore,
    /// Sent as text, which is also built from the point formats of other databases.
    Point,
    /// A range or multirange, from text only, because a JSON array may look like a range. The bounds of the
    /// built-in types are encoded by their type; others are left to the server's input function.
    Range(Option<&'static Codec>),
    /// Any other type: sent as text to the server's input function.
    Input,
}

impl Codec {
    /// Whether it writes the type's binary form, and not text for the server. For an array, the elements
    /// decide.
    pub(crate) fn is_binary(self) -> bool {
        !matches!(
            self,
            Codec::Bits { .. } | Codec::Hstore | Codec::Point | Codec::Range(_) | Codec::Input
        )
    }

    /// Whether equal values have the same encoding. An interval of one month equals thirty days, and values
    /// that the server reads can only be compared by the server.
    pub(crate) fn is_canonical(self) -> bool {
        self.is_binary()
            && !matches!(self, Codec::Interval | Codec::Json | Codec::Jsonb | Codec::Array)
    }
}

/// The maximum length of text. The server cuts longer text, in some cases without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextLimit {
    None,
    Characters(usize),
    Bytes(usize),
}

/// The session's settings for converting values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConversionSettings {
    /// `server_version_num`.
    pub(crate) version: i32,
    /// The decimal places of money, which `lc_monetary` decides.
    pub(crate) money_places: u8,
    /// The decimal places of a second in a JSON number: `unix.precision`.
    pub(crate) unix_places: u8,
}

/// The catalog's description of a type. Domains are resolved to their base types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CatalogType<'c> {
    pub(crate) oid: u32,
    pub(crate) modifier: i32,
    /// `typtype`: `e` for an enum.
    pub(crate) kind: &'c str,
    pub(crate) name: &'c str,
}

impl Form {
    /// The form of a type that is not an array.
    pub(crate) fn of(described: CatalogType<'_>, conversion: ConversionSettings) -> Self {
        let base = Type::from_oid(described.oid);
        let codec = codec(base.as_ref(), described);
        Self {
            codec,
            modifier: described.modifier,
            limit: limit(base.as_ref(), described.modifier),
            has_infinity: match codec {
                Codec::Numeric | Codec::Range(_) => conversion.version >= 140_000,
                Codec::Interval => conversion.version >= 170_000,
                _ => true,
            },
            places: match codec {
                Codec::Money => conversion.money_places,
                _ => conversion.unix_places,
            },
        }
    }

    /// The form of an array.
    pub(crate) fn array() -> Self {
        let (codec, limit) = (Codec::Array, TextLimit::None);
        Self { codec, modifier: -1, limit, has_infinity: false, places: 0 }
    }
}

fn codec(base: Option<&Type>, described: CatalogType<'_>) -> Codec {
    match base {
        Some(&Type::BOOL) => Codec::Bool,
        Some(&Type::INT2) => Codec::Int2,
        Some(&Type::INT4) => Codec::Int4,
        Some(&Type::INT8) => Codec::Int8,
        Some(&Type::OID) => Codec::Oid,
        Some(&Type::FLOAT4) => Codec::Float4,
        Some(&Type::FLOAT8) => Codec::Float8,
        Some(&Type::NUMERIC) => Codec::Numeric,
        Some(&Type::MONEY) => Codec::Money,
        Some(&Type::BYTEA) => Codec::Bytea,
        Some(&Type::UUID) => Codec::Uuid,
        Some(&Type::DATE) => Codec::Date,
        Some(&Type::TIME) => Codec::Time,
        Some(&Type::TIMETZ) => Codec::Timetz,
        Some(&Type::TIMESTAMP) => Codec::Timestamp,
        Some(&Type::TIMESTAMPTZ) => Codec::Timestamptz,
        Some(&Type::INTERVAL) => Codec::Interval,
        Some(&Type::INET) => Codec::Inet,
        Some(&Type::CIDR) => Codec::Cidr,
        Some(&Type::MACADDR) => Codec::Macaddr,
        Some(&Type::MACADDR8) => Codec::Macaddr8,
        Some(&Type::JSON) => Codec::Json,
        Some(&Type::JSONB) => Codec::Jsonb,
        Some(&(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)) => Codec::Text,
        _ if described.kind == "e" || described.name == "citext" => Codec::Text,
        _ if described.name == "hstore" => Codec::Hstore,
        Some(&Type::POINT) => Codec::Point,
        Some(&Type::BIT) => Codec::Bits { varying: false },
        Some(&Type::VARBIT) => Codec::Bits { varying: true },
        _ if matches!(described.kind, "r" | "m") => Codec::Range(bounds(base)),
        _ => Codec::Input,
    }
}

fn bounds(base: Option<&Type>) -> Option<&'static Codec> {
    Some(match *base? {
        Type::INT4_RANGE | Type::INT4MULTI_RANGE => &Codec::Int4,
        Type::INT8_RANGE | Type::INT8MULTI_RANGE => &Codec::Int8,
        Type::NUM_RANGE | Type::NUMMULTI_RANGE => &Codec::Numeric,
        Type::DATE_RANGE | Type::DATEMULTI_RANGE => &Codec::Date,
        Type::TS_RANGE | Type::TSMULTI_RANGE => &Codec::Timestamp,
        Type::TSTZ_RANGE | Type::TSTZMULTI_RANGE => &Codec::Timestamptz,
        _ => return None,
    })
}

fn limit(base: Option<&Type>, modifier: i32) -> TextLimit {
    match base {
        Some(&(Type::VARCHAR | Type::BPCHAR)) if modifier >= 4 => {
            TextLimit::Characters((modifier - 4) as usize)
        }
        Some(&Type::NAME) => TextLimit::Bytes(63),
        Some(&Type::CHAR) => TextLimit::Bytes(1),
        _ => TextLimit::None,
    }
}

/// The types of an element and of the array that is sent as a column's parameter.
pub(crate) fn parameter_types(codec: Codec, oid: u32) -> (Type, Type) {
    match codec {
        Codec::Bool => (Type::BOOL, Type::BOOL_ARRAY),
        Codec::Int2 => (Type::INT2, Type::INT2_ARRAY),
        Codec::Int4 => (Type::INT4, Type::INT4_ARRAY),
        Codec::Int8 => (Type::INT8, Type::INT8_ARRAY),
        Codec::Oid => (Type::OID, Type::OID_ARRAY),
        Codec::Float4 => (Type::FLOAT4, Type::FLOAT4_ARRAY),
        Codec::Float8 => (Type::FLOAT8, Type::FLOAT8_ARRAY),
        Codec::Numeric => (Type::NUMERIC, Type::NUMERIC_ARRAY),
        Codec::Money => (Type::MONEY, Type::MONEY_ARRAY),
        Codec::Bytea => (Type::BYTEA, Type::BYTEA_ARRAY),
        Codec::Uuid => (Type::UUID, Type::UUID_ARRAY),
        Codec::Date => (Type::DATE, Type::DATE_ARRAY),
        Codec::Time => (Type::TIME, Type::TIME_ARRAY),
        Codec::Timetz => (Type::TIMETZ, Type::TIMETZ_ARRAY),
        Codec::Timestamp => (Type::TIMESTAMP, Type::TIMESTAMP_ARRAY),
        Codec::Timestamptz => (Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY),
        Codec::Interval => (Type::INTERVAL, Type::INTERVAL_ARRAY),
        Codec::Inet => (Type::INET, Type::INET_ARRAY),
        Codec::Cidr => (Type::CIDR, Type::CIDR_ARRAY),
        Codec::Macaddr => (Type::MACADDR, Type::MACADDR_ARRAY),
        Codec::Macaddr8 => (Type::MACADDR8, Type::MACADDR8_ARRAY),
        Codec::Json => (Type::JSON, Type::JSON_ARRAY),
        Codec::Jsonb => (Type::JSONB, Type::JSONB_ARRAY),
        // If keys were compared as text, trailing blanks would count.
        Codec::Text if oid == Type::BPCHAR.oid() => (Type::BPCHAR, Type::BPCHAR_ARRAY),
        Codec::Text
        | Codec::Array
        | Codec::Bits { .. }
        | Codec::Hstore
        | Codec::Point
        | Codec::Range(_)
        | Codec::Input => (Type::TEXT, Type::TEXT_ARRAY),
    }
}
