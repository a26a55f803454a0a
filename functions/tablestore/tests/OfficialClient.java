import com.alicloud.openservices.tablestore.ClientConfiguration;
import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.TableStoreException;
import com.alicloud.openservices.tablestore.core.auth.DefaultCredentialProvider;
import com.alicloud.openservices.tablestore.core.auth.DefaultCredentials;
import com.alicloud.openservices.tablestore.core.auth.ServiceCredentials;
import com.alicloud.openservices.tablestore.core.auth.V4Credentials;
import com.alicloud.openservices.tablestore.model.*;
import java.util.ArrayList;
import java.util.List;

/**
 * What the official Java client of Tablestore does at a stand-in: OfficialClient URL INSTANCE
 *
 * <p>Its signatures, of version 2 and of version 4, are code of their own, and so is its reading of an answer's
 * signature. It fails with a message if an answer is not what the client expects.
 */
final class OfficialClient {
    private static final String TABLE = "orders";

    public static void main(String[] arguments) {
        DefaultCredentials login = new DefaultCredentials("sluice", "sluice-secret");
        work(arguments, login);
        work(arguments, V4Credentials.createByServiceCredentials(login, "cn-hangzhou"));
        refused("OTSAuthFailed", () -> client(arguments, new DefaultCredentials("sluice", "wrong")).listTable());
        // The client keeps threads for other requests.
        System.exit(0);
    }

    private static SyncClient client(String[] arguments, ServiceCredentials credentials) {
        DefaultCredentialProvider provider = new DefaultCredentialProvider(credentials);
        return new SyncClient(arguments[0], provider, arguments[1], new ClientConfiguration(), null);
    }

    private static void work(String[] arguments, ServiceCredentials credentials) {
        SyncClient client = client(arguments, credentials);
        TableMeta meta = new TableMeta(TABLE);
        meta.addPrimaryKeyColumn("shop", PrimaryKeyType.STRING);
        meta.addPrimaryKeyColumn("id", PrimaryKeyType.INTEGER);
        client.createTable(new CreateTableRequest(meta, new TableOptions(-1, 1)));
        TableMeta described = client.describeTable(new DescribeTableRequest(TABLE)).getTableMeta();
        expect(meta.getPrimaryKeyList().equals(described.getPrimaryKeyList()), "the key " + described);

        List<RowChange> puts = new ArrayList<>();
        for (long number = 1; number <= 2; number++) {
            RowPutChange put = new RowPutChange(TABLE, key(number));
            put.addColumn("sold", ColumnValue.fromBoolean(false));
            put.addColumn("note", ColumnValue.fromString("é"));
            put.addColumn("data", ColumnValue.fromBinary(new byte[] {0, 1}));
            puts.add(put);
        }
        write(client, puts, "", "");

        RowUpdateChange update = new RowUpdateChange(TABLE, key(1));
        update.put("sold", ColumnValue.fromBoolean(true));
        update.put("price", ColumnValue.fromDouble(0.5));
        update.deleteColumns("note");
        update.deleteColumns("data");
        RowUpdateChange missing = new RowUpdateChange(TABLE, key(9));
        missing.put("sold", ColumnValue.fromBoolean(true));
        missing.setCondition(new Condition(RowExistenceExpectation.EXPECT_EXIST));
        write(client, List.of(update, missing, new RowDeleteChange(TABLE, key(2))), "", "OTSConditionCheckFail", "");

        refused("OTSParameterInvalid", () -> write(client, List.of(puts.get(0), puts.get(0)), "", ""));
        refused("OTSObjectNotExist", () -> client.describeTable(new DescribeTableRequest("none")));
        if (credentials instanceof DefaultCredentials) {
            client.deleteTable(new DeleteTableRequest(TABLE));
        }
    }

    private static PrimaryKey key(long number) {
        PrimaryKeyBuilder key = PrimaryKeyBuilder.createPrimaryKeyBuilder();
        key.addPrimaryKeyColumn("shop", PrimaryKeyValue.fromString("a"));
        return key.addPrimaryKeyColumn("id", PrimaryKeyValue.fromLong(number)).build();
    }

    /** Writes rows, each of which is answered with this code, or with success. */
    private static void write(SyncClient client, List<RowChange> rows, String... codes) {
        BatchWriteRowRequest request = new BatchWriteRowRequest();
        rows.forEach(request::addRowChange);
        List<BatchWriteRowResponse.RowResult> results = client.batchWriteRow(request).getRowStatus(TABLE);
        expect(results.size() == codes.length, results.size() + " answers");
        for (int row = 0; row < codes.length; row++) {
            BatchWriteRowResponse.RowResult result = results.get(row);
            String code = result.isSucceed() ? "" : result.getError().getCode();
            expect(code.equals(codes[row]), "row " + row + " is answered with '" + code + "'");
        }
    }

    private static void refused(String code, Runnable call) {
        try {
            call.run();
        } catch (TableStoreException refusal) {
            expect(code.equals(refusal.getErrorCode()), refusal.getErrorCode() + " is not " + code);
            return;
        }
        throw new AssertionError(code + " was expected");
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
