import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.transforms.ExtractNewRecordState;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

/** The change events of a real Debezium connector for PostgreSQL, in every form. See README.md. */
public class Debezium {
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    /** Each schema is written once, and called by its number. */
    static final Map<String, Integer> SCHEMAS = new LinkedHashMap<>();

    /** Arguments: host:port of a server, an empty database of it, the folder of the SQL,
     *  forms (`full`, `flat`, each with ` schema` if it has one), option=value of the connector. */
    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://" + args[0] + "/" + args[1] + "?user=postgres";
        String[] changes = Files.readString(Path.of(args[2], "changes.sql")).split("-- BEGIN:.*");
        List<SourceRecord> records = new ArrayList<>();
        CountDownLatch snapshot = new CountDownLatch(1), done = new CountDownLatch(1);
        try (Connection database = DriverManager.getConnection(url)) {
            run(database, "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree");
            run(database, Files.readString(Path.of(args[2], "tables.sql")));
            run(database, changes[0] + "; CREATE TABLE ends (id int PRIMARY KEY); INSERT INTO ends VALUES (1)");
            try (var engine = DebeziumEngine.create(Connect.class).using(properties(args)).notifying((event) -> {
                SourceRecord record = ((RecordChangeEvent<SourceRecord>) (Object) event).record();
                if (!table(record).equals("ends")) records.add(record);
                else (snapshot.getCount() == 1 ? snapshot : done).countDown();
            }).build()) {
                var executor = Executors.newSingleThreadExecutor();
                executor.execute(engine);
                snapshot.await();
                run(database, changes[1]);
                run(database, "INSERT INTO ends VALUES (2)");
                done.await();
                executor.shutdown();
            }
        }
        for (String form : args[3].split(",")) {
            List<SourceRecord> shaped = form.startsWith("flat") ? flatten(records) : records;
            write(form, form.endsWith(" schema"), shaped);
        }
        OUT.flush();
        System.exit(0);
    }

    static void run(Connection database, String sql) throws Exception {
        try (var statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    static Properties properties(String[] args) {
        Properties properties = new Properties();
        properties.putAll(Map.of("name", "vectors", "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
            "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore", "topic.prefix", "v", "plugin.name", "pgoutput"));
        String[] server = args[0].split(":");
        properties.putAll(Map.of("database.hostname", server[0], "database.port", server[1], "database.user", "postgres",
            "database.password", "none", "database.dbname", args[1], "slot.name", args[1]));
        // The table `ends` comes last, in the snapshot too.
        properties.put("snapshot.include.collection.list", "public.types,public.bits,public.lists,public.large,public.full_large,public.ends");
        for (int at = 4; at < args.length; at++) {
            String[] option = args[at].split("=", 2);
            properties.put(option[0], option[1]);
        }
        return properties;
    }

    static String table(SourceRecord record) {
        return record.topic().replaceAll(".*\\.", "");
    }

    static List<SourceRecord> flatten(List<SourceRecord> records) {
        List<SourceRecord> flat = new ArrayList<>();
        try (var transform = new ExtractNewRecordState<SourceRecord>()) {
            transform.configure(Map.of("delete.tombstone.handling.mode", "rewrite", "add.fields", "op,lsn,source.ts_ms", "replace.null.with.default", "false"));
            for (SourceRecord record : records) {
                SourceRecord one = transform.apply(record);
                if (one != null) flat.add(one);
            }
        }
        return flat;
    }

    static void write(String form, boolean schemas, List<SourceRecord> records) {
        JsonConverter keys = converter(schemas, "key"), values = converter(schemas, "value");
        for (SourceRecord record : records) {
            String key = text(keys, record.keySchema(), record.key());
            String value = text(values, record.valueSchema(), record.value());
            OUT.print(String.join("\t", form, table(record), key, value) + "\n");
        }
    }

    static JsonConverter converter(boolean schemas, String type) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "" + schemas, "converter.type", type, "replace.null.with.default", "false"));
        return converter;
    }

    /** As it is sent, save that a schema is a number; nothing where nothing is sent. */
    static String text(JsonConverter converter, Schema schema, Object value) {
        byte[] bytes = converter.fromConnectData("v", schema, value);
        if (bytes == null) return "";
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf(",\"payload\":");
        if (!text.startsWith("{\"schema\":{") || end < 0) return text;
        String sent = text.substring("{\"schema\":".length(), end);
        Integer number = SCHEMAS.get(sent);
        if (number == null) {
            number = SCHEMAS.size();
            SCHEMAS.put(sent, number);
            OUT.print("schema\t" + number + "\t" + sent + "\n");
        }
        return "{\"schema\":" + number + text.substring(end);
    }
}
