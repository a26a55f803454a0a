import com.alicloud.openservices.tablestore.DefaultTableStoreWriter;
import com.alicloud.openservices.tablestore.TableStoreCallback;
import com.alicloud.openservices.tablestore.TableStoreWriter;
import com.alicloud.openservices.tablestore.core.auth.DefaultCredentials;
import com.alicloud.openservices.tablestore.core.auth.ServiceCredentials;
import com.alicloud.openservices.tablestore.core.auth.V4Credentials;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.writer.RowWriteResult;
import com.alicloud.openservices.tablestore.writer.WriterConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writes rows with the official client's writer, as its vendor recommends for many rows: OfficialWriter URL INSTANCE
 * TABLE FILE
 *
 * <p>FILE has a line for each row, its values separated by tabs. It is read first. Then each line of the input, `put`
 * or `update`, writes all rows once, with the writer's defaults (10 requests of 200 rows at a time), and is answered
 * with the seconds from the first row to the answer for the last one. No JSON is read: a program has its rows as text
 * already.
 */
final class OfficialWriter {
    private static final String[] COLUMNS = {"id", "customer", "amount", "currency", "created_at", "note", "items"};
    private static final int AMOUNT = 2;

    public static void main(String[] arguments) throws Exception {
        String table = arguments[2];
        String[][] rows = Files.readAllLines(Path.of(arguments[3])).stream()
            .map(line -> line.split("\t", -1)).toArray(String[][]::new);
        AtomicReference<Exception> failure = new AtomicReference<>();
        AtomicReference<CountDownLatch> answered = new AtomicReference<>();
        TableStoreWriter writer = open(arguments, failure, answered);
        for (Scanner asked = new Scanner(System.in); asked.hasNextLine(); ) {
            boolean updates = asked.nextLine().equals("update");
            answered.set(new CountDownLatch(rows.length));
            long began = System.nanoTime();
            for (String[] row : rows) {
                writer.addRowChange(updates ? update(table, row) : put(table, row));
            }
            writer.flush();
            // It may return before the last answers.
            answered.get().await();
            double seconds = (System.nanoTime() - began) / 1e9;
            if (failure.get() != null) {
                throw failure.get();
            }
            System.out.println(seconds);
        }
        writer.close();
        System.exit(0);
    }

    private static TableStoreWriter open(
        String[] arguments, AtomicReference<Exception> failure, AtomicReference<CountDownLatch> answered) {
        ServiceCredentials login = V4Credentials.createByServiceCredentials(
            new DefaultCredentials("sluice", "sluice-secret"), "cn-hangzhou");
        return new DefaultTableStoreWriter(arguments[0], login, arguments[1], arguments[2], new WriterConfig(),
            new TableStoreCallback<RowChange, RowWriteResult>() {
                @Override
                public void onCompleted(RowChange row, RowWriteResult result) {
                    answered.get().countDown();
                }

                @Override
                public void onFailed(RowChange row, Exception error) {
                    failure.compareAndSet(null, error);
                    answered.get().countDown();
                }
            });
    }

    private static RowChange put(String table, String[] row) {
        RowPutChange put = new RowPutChange(table, key(row));
        for (int column = 1; column < COLUMNS.length; column++) {
            put.addColumn(COLUMNS[column], value(row, column));
        }
        return put;
    }

    private static RowChange update(String table, String[] row) {
        RowUpdateChange update = new RowUpdateChange(table, key(row));
        for (int column = 1; column < COLUMNS.length; column++) {
            update.put(COLUMNS[column], value(row, column));
        }
        return update;
    }

    private static PrimaryKey key(String[] row) {
        PrimaryKeyValue id = PrimaryKeyValue.fromLong(Long.parseLong(row[0]));
        return PrimaryKeyBuilder.createPrimaryKeyBuilder().addPrimaryKeyColumn(COLUMNS[0], id).build();
    }

    private static ColumnValue value(String[] row, int column) {
        return column == AMOUNT
            ? ColumnValue.fromDouble(Double.parseDouble(row[column]))
            : ColumnValue.fromString(row[column]);
    }
}
