import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pipelined } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { FarDaemon } from "../support/peers/far-daemon.ts";
import type { FarStreams } from "../support/peers/far-streams.ts";

const lines = (count: number): Generator<string> =>
  (function* () {
    for (let i = 0; i < count; i++) yield `line ${i} of a file that is read from afar\n`;
  })();

describe("over a line on which bytes take their time", () => {
  let daemon: FarDaemon;
  let line: FarStreams;
  let rpc: Rpc;
  before(async () => {
    daemon = await FarDaemon.start();
    ({ line, rpc } = daemon);
    // What the daemon takes is known from here on.
    await rpc.call("optional", [() => undefined]);
  });
  after(() => daemon.stop());

  test("10,000 lines take fewer than 60 round trips, where the callback is not awaited for each", async (t) => {
    let heard = 0;
    const counted = rpc.call(
      "countLinesAtOnce",
      [lines(10_000), () => void heard++],
      {},
      { timeoutMs: 600_000 },
    );
    const journeys = await line.journeys(counted);
    assert.equal(await counted, 10_000);
    assert.equal(heard, 10_000);
    t.diagnostic(`${journeys / 2} round trips`);
    assert.ok(journeys / 2 < 60, `${journeys / 2} round trips`);
  });

  test("and one for each line only where it is awaited", async (t) => {
    const counted = rpc.call("countLines", [lines(200), () => undefined], {}, { timeoutMs: 600_000 });
    const journeys = await line.journeys(counted);
    t.diagnostic(`${journeys / 2} round trips for 200 lines`);
    assert.ok(journeys / 2 >= 200 && journeys / 2 <= 203, `${journeys / 2} round trips`);
  });

  test("a call on what another will return is one round trip, and so are three of them", async () => {
    for (const on of [1, 3]) {
      const opened = rpc.call("open", [0]);
      const piped = pipelined(opened);
      const answers = Promise.all(Array.from({ length: on }, async () => piped["next"]?.()));
      assert.equal(await line.journeys(answers), 2);
      assert.deepEqual(
        await answers,
        Array.from({ length: on }, (_, i) => i),
      );
    }
  });

  test("a batch is one round trip", async () => {
    const batch = rpc.batch([
      { method: "data", positional: [1] },
      { method: "secret" },
      { method: "data", named: { value: 3 } },
    ]);
    assert.equal(await line.journeys(batch), 2);
    const results = await batch;
    assert.deepEqual(
      results.map((one) => (one.status === "fulfilled" ? one.value : one.reason.code)),
      [1, "permission_denied", 3],
    );
  });
});
