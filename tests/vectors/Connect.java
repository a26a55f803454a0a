import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.json.JsonConverter;

/** Values of every type of Kafka Connect as its own JsonConverter writes them, and what they are. See README.md. */
public class Connect {
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    static final long DAY = 86_400_000;
    static final DateTimeFormatter CLOCK = new DateTimeFormatterBuilder().appendPattern("HH:mm:ss")
        .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true).toFormatter();

    public static void main(String[] args) {
        integers();
        floats();
        textAndBytes();
        decimals();
        moments();
        nested();
        nulls();
        schemaless();
        keys();
        OUT.flush();
    }

    static void integers() {
        for (byte n : new byte[] {Byte.MIN_VALUE, -1, 0, Byte.MAX_VALUE}) same(Schema.INT8_SCHEMA, n);
        for (short n : new short[] {Short.MIN_VALUE, 0, Short.MAX_VALUE}) same(Schema.INT16_SCHEMA, n);
        for (int n : new int[] {Integer.MIN_VALUE, 0, Integer.MAX_VALUE}) same(Schema.INT32_SCHEMA, n);
        for (long n : new long[] {Long.MIN_VALUE, (1L << 53) + 1, Long.MAX_VALUE}) same(Schema.INT64_SCHEMA, n);
        same(Schema.BOOLEAN_SCHEMA, true);
        same(Schema.BOOLEAN_SCHEMA, false);
    }

    static void floats() {
        for (float n : new float[] {0, -0f, 1.1f, Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE})
            same(Schema.FLOAT32_SCHEMA, n);
        for (double n : new double[] {0, -0d, 0.1, 1e21, Double.MIN_VALUE, Double.MIN_NORMAL, Double.MAX_VALUE, 9007199254740993d})
            same(Schema.FLOAT64_SCHEMA, n);
        for (float n : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
            field(Schema.FLOAT32_SCHEMA, n, text(Float.toString(n)));
        for (double n : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
            field(Schema.FLOAT64_SCHEMA, n, text(Double.toString(n)));
    }

    static final String[] TEXTS = {"", " ", "null", "{\"schema\":{\"type\":\"int8\"},\"payload\":1}", "\u0000\u0001\u001f\u007f\u0080",
        "\"\\/\b\f\n\r\t", "ü€\ud83e\udd80\u2028\u2029\ufeff\uffff\u200d", "e\u0301 \u00e9 \u202etxet", "__debezium_unavailable_valu"};

    static void textAndBytes() {
        for (String text : TEXTS) field(Schema.STRING_SCHEMA, text, text(text));
        byte[] all = new byte[256];
        for (int n = 0; n < all.length; n++) all[n] = (byte) n;
        for (int length : new int[] {0, 1, 2, 3, 256}) {
            byte[] bytes = Arrays.copyOfRange(all, 256 - length, 256);
            field(Schema.BYTES_SCHEMA, bytes, text(Base64.getEncoder().encodeToString(bytes)));
        }
    }

    static void decimals() {
        String[] unscaled = {"0", "1", "-1", "127", "128", "-128", "-129", "255", "-256", "9223372036854775808",
            "-9223372036854775809", "12345678901234567890123456789012345678", "-99999999999999999999999999999999999999999999999999"};
        for (int scale : new int[] {0, 2, 38, -5}) {
            for (String digits : unscaled) decimal(new BigDecimal(new BigInteger(digits), scale));
        }
        decimal(new BigDecimal("7".repeat(400) + "." + "3".repeat(90)));
        decimal(new BigDecimal(BigInteger.ONE, 1000));
        decimal(new BigDecimal(BigInteger.TEN.negate(), -1000));
    }

    static void decimal(BigDecimal value) {
        Schema schema = Decimal.schema(value.scale());
        field(schema, value, value.toPlainString());
        if (value.scale() != 38) field(schema, value, value.toString(), "decimal.format", "NUMERIC");
    }

    static void moments() {
        for (long days : new long[] {0, -1, 19_782, 20_777, 2_932_896, 2_932_897, -719_162, -719_163, -719_528, -719_529, Integer.MAX_VALUE, Integer.MIN_VALUE})
            field(org.apache.kafka.connect.data.Date.SCHEMA, new Date(days * DAY), text(LocalDate.ofEpochDay(days).toString()));
        for (long millis : new long[] {0, 1, 36_930_500, DAY - 1})
            field(Time.SCHEMA, new Date(millis), text(CLOCK.format(LocalTime.ofNanoOfDay(millis * 1_000_000))));
        for (long millis : new long[] {0, -1, 1, -DAY, 951_782_400_000L, 1_767_225_600_123L, 253_402_300_799_999L, 253_402_300_800_000L,
            -62_135_596_800_001L, -62_167_219_200_001L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            var moment = Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC);
            String shown = moment.toLocalDate() + "T" + CLOCK.format(moment.toLocalTime()) + "Z";
            field(Timestamp.SCHEMA, new Date(millis), text(shown));
        }
    }

    static void nested() {
        Schema point = SchemaBuilder.struct().optional().name("Point").field("x \"1\"", Schema.OPTIONAL_INT8_SCHEMA)
            .field("d.e", Decimal.builder(3).optional().build()).field("t", Timestamp.builder().optional().build()).build();
        Struct one = new Struct(point).put("x \"1\"", (byte) -1).put("d.e", new BigDecimal("1.500")).put("t", new Date(1));
        String shown = "{\"x \\\"1\\\"\":-1,\"d.e\":1.500,\"t\":\"1970-01-01T00:00:00.001Z\"}";
        field(point, one, shown);
        field(point, new Struct(point), "{\"x \\\"1\\\"\":null,\"d.e\":null,\"t\":null}");
        field(SchemaBuilder.array(point).build(), Arrays.asList(one, null), "[" + shown + ",null]");
        Schema strings = SchemaBuilder.array(Schema.OPTIONAL_STRING_SCHEMA).build();
        field(strings, List.of(), "[]");
        List<String> quoted = new ArrayList<>();
        for (String text : TEXTS) quoted.add(text(text));
        field(strings, Arrays.asList(TEXTS), "[" + String.join(",", quoted) + "]");
        field(SchemaBuilder.array(Schema.FLOAT64_SCHEMA).build(), List.of(1.5, Double.NaN), "[1.5,\"NaN\"]");
        field(SchemaBuilder.array(SchemaBuilder.array(Schema.INT32_SCHEMA).build()).build(), List.of(List.of(1, 2), List.of()), "[[1,2],[]]");
        field(SchemaBuilder.array(Schema.BYTES_SCHEMA).build(), List.of(new byte[] {1}), "[\"AQ==\"]");
        map(Schema.STRING_SCHEMA, Schema.OPTIONAL_INT64_SCHEMA, "{\"a.b\":1,\"\":null,\"schema\":3}", "a.b", 1L, "", null, "schema", 3L);
        map(Schema.STRING_SCHEMA, org.apache.kafka.connect.data.Date.SCHEMA, "{\"k\":\"1970-01-02\"}", "k", new Date(DAY));
        map(Schema.INT32_SCHEMA, Schema.STRING_SCHEMA, "[[1,\"one\"],[-2,\"\"]]", 1, "one", -2, "");
        map(Schema.BOOLEAN_SCHEMA, point, "[[true," + shown + "]]", true, one);
        map(Decimal.schema(1), Schema.BOOLEAN_SCHEMA, "[[0.5,false]]", new BigDecimal("0.5"), false);
        map(Schema.OPTIONAL_STRING_SCHEMA, Schema.STRING_SCHEMA, "[]");
        map(Schema.INT8_SCHEMA, Schema.STRING_SCHEMA, "[]");
    }

    static void map(Schema keys, Schema values, String shown, Object... pairs) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int at = 0; at < pairs.length; at += 2) map.put(pairs[at], pairs[at + 1]);
        Schema schema = SchemaBuilder.map(keys, values).build();
        field(schema, map, map.isEmpty() && keys.type() == Schema.Type.STRING ? "{}" : shown);
    }

    static void nulls() {
        for (Schema schema : new Schema[] {Schema.OPTIONAL_INT32_SCHEMA, Schema.OPTIONAL_BYTES_SCHEMA, Decimal.builder(2).optional().build(),
            Timestamp.builder().optional().build(), SchemaBuilder.array(Schema.INT8_SCHEMA).optional().build()})
            field(schema, null, "null");
        defaulted(SchemaBuilder.int32().defaultValue(5), "5");
        defaulted(SchemaBuilder.string().defaultValue("ü\""), text("ü\""));
        defaulted(Decimal.builder(2).defaultValue(new BigDecimal("-1.50")), "-1.50");
        defaulted(Timestamp.builder().defaultValue(new Date(-1)), text("1969-12-31T23:59:59.999Z"));
        defaulted(SchemaBuilder.bytes().defaultValue(new byte[] {-1}), text("/w=="));
        defaulted(SchemaBuilder.array(Schema.INT8_SCHEMA).defaultValue(List.of((byte) 1)), "[1]");
    }

    /** An unset field is its default; `replace.null.with.default=false` sends null and means it. */
    static void defaulted(SchemaBuilder builder, String shown) {
        field(builder.optional().build(), null, shown);
        field(builder.optional().build(), null, "null", "replace.null.with.default", "false");
    }

    static void schemaless() {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("a", Arrays.asList(1, "x", null, Map.of("b", true)));
        line("schemaless", "[1,\"x\",null,{\"b\":true}]", new String(converter().fromConnectData("t", null, plain), StandardCharsets.UTF_8));
        line("schemaless", "9223372036854775807", new String(converter().fromConnectData("t", null, Map.of("a", Long.MAX_VALUE)), StandardCharsets.UTF_8));
    }

    static void keys() {
        key(Schema.INT32_SCHEMA, -7, "-7");
        key(Schema.INT64_SCHEMA, Long.MIN_VALUE, Long.toString(Long.MIN_VALUE));
        key(Schema.STRING_SCHEMA, "a\"ü", text("a\"ü"));
        key(Schema.BOOLEAN_SCHEMA, true, "true");
        key(Schema.BYTES_SCHEMA, new byte[] {0, -1}, text("AP8="));
        key(Decimal.schema(2), new BigDecimal("12.34"), "12.34");
        key(Timestamp.SCHEMA, new Date(0), text("1970-01-01T00:00:00Z"));
        key(Schema.OPTIONAL_STRING_SCHEMA, null, "null");
    }

    static void key(Schema schema, Object value, String shown) {
        line("key " + name(schema), shown, new String(converter("schemas.enable", "true").fromConnectData("t", schema, value), StandardCharsets.UTF_8));
    }

    static void same(Schema schema, Object value) {
        field(schema, value, value.toString());
    }

    /** A record of one field `a`. */
    static void field(Schema schema, Object value, String shown, String... options) {
        Schema record = SchemaBuilder.struct().name("t.Value").field("a", schema).build();
        byte[] bytes = converter(options).fromConnectData("t", record, new Struct(record).put("a", value));
        line(name(schema), shown, new String(bytes, StandardCharsets.UTF_8));
    }

    static JsonConverter converter(String... options) {
        Map<String, String> config = new LinkedHashMap<>(Map.of("schemas.enable", "true", "converter.type", "value"));
        for (int at = 0; at < options.length; at += 2) config.put(options[at], options[at + 1]);
        JsonConverter converter = new JsonConverter();
        converter.configure(config);
        return converter;
    }

    static String name(Schema schema) {
        String name = schema.name() == null ? schema.type().getName() : schema.name().replaceAll(".*\\.", "");
        return schema.isOptional() ? name + "?" : name;
    }

    static void line(String type, String shown, String record) {
        OUT.print(type + "\t" + shown + "\t" + record + "\n");
    }

    /** As a JSON string. */
    static String text(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') out.append('\\').append(letter);
            else if (letter < ' ') out.append(String.format("\\u%04x", (int) letter));
            else out.append(letter);
        }
        return out.append('"').toString();
    }
}
