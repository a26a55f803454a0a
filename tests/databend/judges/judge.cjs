// The front, judged by Databend's official Node.js driver: `judge.cjs URL`. It throws at the first answer that is wrong.
"use strict";
const assert = require("node:assert");
const { Client } = require("databend-driver");

async function main(url) {
  const database = `judge_node_${process.pid}`;
  const admin = await new Client(url).getConn();
  await admin.exec(`CREATE DATABASE ${database}`);
  try {
    await judge(() => new Client(url.replace("/default?", `/${database}?`)).getConn());
  } finally {
    await admin.exec(`DROP DATABASE ${database}`);
  }
}

async function judge(connect) {
  const [one, other] = [await connect(), await connect()];
  const rows = async (connection, sql) => (await connection.queryAll(sql)).map((row) => row.values());

  const [values] = await rows(one, "SELECT 7, NULL, 'a\\n''', true, CAST('-1.50' AS DECIMAL(9, 2)), parse_json('{\"a\":[1]}')");
  assert.deepStrictEqual([Number(values[0]), values[1], values[2], values[3]], [7, null, "a\n'", true]);
  assert.strictEqual(Number(values[4]), -1.5);
  assert.deepStrictEqual(typeof values[5] === "string" ? JSON.parse(values[5]) : values[5], { a: [1] });

  await assert.rejects(one.exec("SELECT * FROM nowhere"), /1025/);

  await one.exec("CREATE TABLE t (n INT, s VARCHAR)");
  await one.exec("BEGIN");
  await one.exec("INSERT INTO t VALUES (1, 'x')");
  assert.deepStrictEqual(await rows(other, "SELECT n FROM t"), []);
  await one.exec("COMMIT");
  assert.deepStrictEqual((await rows(other, "SELECT n FROM t")).map(([n]) => Number(n)), [1]);
  await one.exec("BEGIN");
  await one.exec("DELETE FROM t");
  await one.exec("ROLLBACK");
  assert.strictEqual((await rows(other, "SELECT n FROM t")).length, 1);

  await one.streamLoad("INSERT INTO t VALUES", [["2", "y'\n"], ["3", "\"z\","]], "stage");
  assert.deepStrictEqual((await rows(one, "SELECT s FROM t WHERE n > 1 ORDER BY n")).flat(), ["y'\n", '"z",']);
  assert.strictEqual((await rows(one, "SELECT number FROM numbers(25000)")).length, 25000);
}

main(process.argv[2]).then(() => console.log("Node.js driver: every answer is right"));
