// What the official Node.js client of Tablestore does at a stand-in: official_client.cjs URL
//
// Its protobuf, its PlainBuffer and its signature of version 2 are code of their own. It has no version 4, no time
// series, and it does not check the signature of an answer. It throws at the first answer that is wrong.
"use strict";
const assert = require("node:assert");
const TableStore = require("tablestore");

const { Long, RowExistenceExpectation } = TableStore;
const url = process.argv[2];
const instance = `node-${process.pid}`;
const TABLE = "orders";
const SCHEMA = [
  { name: "shop", type: "STRING" },
  { name: "id", type: "INTEGER" },
];

function open(secret, stsToken) {
  const login = { accessKeyId: "sluice", secretAccessKey: secret, securityToken: stsToken };
  return new TableStore.Client({ ...login, endpoint: url, instancename: instance, maxRetries: 0 });
}

// The client offers callbacks only where it is old, so one way for all.
const call = (client, operation, request) =>
  new Promise((resolve, reject) => client[operation](request, (error, answer) => (error ? reject(error) : resolve(answer))));

const refused = (code, ...asked) => assert.rejects(call(...asked), (error) => `${error.code} ${error.message}`.includes(code));

const condition = (existence) => new TableStore.Condition(RowExistenceExpectation[existence], null);

const row = (type, number, attributeColumns, existence = "IGNORE") => ({
  type,
  condition: condition(existence),
  primaryKey: [{ shop: "a" }, { id: typeof number === "number" ? Long.fromNumber(number) : number }],
  attributeColumns,
});

const batch = (...rows) => ({ tables: [{ tableName: TABLE, rows }] });

// The codes of a batch's rows, in their order.
async function write(client, ...rows) {
  const answer = await call(client, "batchWriteRow", batch(...rows));
  return answer.tables.map((it) => (it.isOk ? "" : it.errorCode));
}

// What a test sees behind the service.
async function stored() {
  const rows = await (await fetch(`${url}/stand-in/${instance}/rows/${TABLE}`)).json();
  return rows.map(({ key, columns }) => [key, Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, cell.slice(0, 2)]))]);
}

async function work(client) {
  await call(client, "createTable", {
    tableMeta: { tableName: TABLE, primaryKey: SCHEMA },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1 },
  });
  const listed = await call(client, "listTable", {});
  assert.deepStrictEqual([...listed.tableNames], [TABLE]);
  const described = await call(client, "describeTable", { tableName: TABLE });
  assert.deepStrictEqual(described.tableMeta.primaryKey.map(({ name }) => name), ["shop", "id"]);

  const columns = [{ sold: false }, { note: "é" }, { data: Buffer.from([0, 1]) }, { count: Long.fromNumber(7) }];
  assert.deepStrictEqual(await write(client, row("PUT", 1, columns), row("PUT", 2, columns)), ["", ""]);
  const key = (number) => ({ shop: ["string", "a"], id: ["integer", number] });
  const whole = { sold: ["boolean", false], note: ["string", "é"], data: ["binary", "AAE="], count: ["integer", 7] };
  assert.deepStrictEqual(await stored(), [[key(1), whole], [key(2), whole]]);

  const changes = [{ PUT: [{ sold: true }, { price: 0.5 }] }, { DELETE_ALL: ["note", "data", "count"] }];
  const missing = row("UPDATE", 9, [{ PUT: [{ sold: true }] }], "EXPECT_EXIST");
  const codes = await write(client, row("UPDATE", 1, changes), missing, row("DELETE", 2));
  assert.deepStrictEqual(codes, ["", "OTSConditionCheckFail", ""]);
  assert.deepStrictEqual(await stored(), [[key(1), { sold: ["boolean", true], price: ["double", 0.5] }]]);

  await refused("OTSParameterInvalid", client, "batchWriteRow", batch(row("PUT", 1, columns), row("PUT", 1, columns)));
  await refused("OTSInvalidPK", client, "batchWriteRow", batch(row("PUT", "text", columns)));
  await refused("OTSObjectNotExist", client, "describeTable", { tableName: "none" });
  await call(client, "deleteTable", { tableName: TABLE });
}

async function main() {
  await work(open("sluice-secret"));
  await refused("OTSAuthFailed", open("wrong"), "listTable", {});
  // From now on only this token is valid.
  const fault = JSON.stringify([{ kind: "token", token: "token" }]);
  await fetch(`${url}/stand-in/${instance}/faults`, { method: "POST", body: fault });
  await work(open("sluice-secret", "token"));
  await refused("OTSAuthFailed", open("sluice-secret", "older"), "listTable", {});
}

main().then(() => console.log("Node.js client: every answer is right"));
