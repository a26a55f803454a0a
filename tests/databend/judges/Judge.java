// The front, judged by Databend's official JDBC driver: `java -cp JARS Judge.java URL`. It fails at the first answer that
// is wrong. What the front does not have is left out: the driver sends the rows of a PreparedStatement as the attachment of
// a statement, and this version of it does not keep a transaction at its node.

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

public final class Judge {
    public static void main(String[] arguments) throws Exception {
        String database = "judge_java_" + ProcessHandle.current().pid();
        try (Connection admin = DriverManager.getConnection(arguments[0]); Statement statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
            try (Connection connection = DriverManager.getConnection(arguments[0].replace("/default?", "/" + database + "?"))) {
                judge(connection);
            } finally {
                statement.execute("DROP DATABASE " + database);
            }
        }
        System.out.println("JDBC driver: every answer is right");
        // The driver's threads would keep the process.
        System.exit(0);
    }

    private static void judge(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (n BIGINT, s VARCHAR, d DECIMAL(20, 4))");
            try (ResultSet row = statement.executeQuery("SELECT 9007199254740993, NULL, 'a''b', CAST('-1.50' AS DECIMAL(9, 2))")) {
                expect(true, row.next());
                expect(9007199254740993L, row.getLong(1));
                expect(null, row.getString(2));
                expect("a'b", row.getString(3));
                expect(0, new BigDecimal("-1.5").compareTo(row.getBigDecimal(4)));
            }
            try {
                statement.executeQuery("SELECT * FROM nowhere");
                throw new AssertionError("a missing table is an error");
            } catch (SQLException error) {
                expect(true, error.getMessage().contains("1025"));
            }
            statement.execute("INSERT INTO t VALUES (0, 'it''s \"0\",\n', 1.25), (1, 'b', NULL)");
            List<String> texts = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("SELECT s FROM t ORDER BY n")) {
                while (rows.next()) {
                    texts.add(rows.getString(1));
                }
            }
            expect(List.of("it's \"0\",\n", "b"), texts);
        }
    }

    private static void expect(Object expected, Object given) {
        if (!Objects.equals(expected, given)) {
            throw new AssertionError("expected " + expected + ", not " + given);
        }
    }
}
