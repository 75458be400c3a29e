import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { Log } from "../../../daemon/log/log.ts";
import { MetricsServer } from "../../../daemon/metrics/server.ts";
import { Deadlines } from "../../../link/deadlines.ts";

describe("MetricsServer", () => {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => 0 };
  const errors: unknown[] = [];
  let made = 0;
  let metrics: MetricsServer;
  let url = "";
  before(async () => {
    metrics = new MetricsServer(
      {
        clock,
        deadlines: new Deadlines(clock),
        log: { error: (_text: string, fields: object) => errors.push(fields) } as unknown as Log,
        page: () => {
          made++;
          return made < 3
            ? Promise.resolve(`page ${made}\n`)
            : Promise.reject(new Error("the secret reason"));
        },
        contentType: "text/plain",
      },
      false,
    );
    metrics.server.listen(0, "127.0.0.1");
    await once(metrics.server, "listening");
    const address = metrics.server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    url = `http://127.0.0.1:${address.port}/metrics`;
  });
  after(() => metrics.close());

  test("makes one page for all who ask within a second, and another for the next", async () => {
    const pages: string[] = [];
    for (const nowMs of [0, 999, 1_000, 1_999]) {
      clock.nowMs = nowMs;
      pages.push(await (await fetch(url)).text());
    }
    assert.deepEqual(pages, ["page 1\n", "page 1\n", "page 2\n", "page 2\n"]);
  });

  test("says that a page could not be made, to its reader not why, and goes on", async () => {
    clock.nowMs = 3_000;
    const reply = await fetch(url);
    assert.deepEqual(
      [reply.status, await reply.text()],
      [500, "the page could not be made; the daemon's log says why\n"],
    );
    assert.equal(errors.length, 1);
  });
});
