import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Children } from "../../bench/children.ts";
import type { Decisions } from "../../bench/decisions/found.ts";
import { decisionRounds } from "../../bench/decisions/round.ts";
import { decisionCells, decisionWords } from "../../bench/decisions/table.ts";
import { QUICK } from "../../bench/plan.ts";

const found = (grants: number, p50: number, p99: number): Decisions => ({
  grants,
  roles: 1_000,
  loadMs: 2_000,
  tableMs: 0.7,
  allowed: 0.5,
  rotations: [
    { different: 1, p50: 0.02, p99: 0.03 },
    { different: 1_000, p50, p99 },
    { different: 20_000, p50: 1.5, p99: 5 },
  ],
  allocatedBytes: 0.02,
  naiveUs: 440,
  casbinUs: 60_000,
});

describe("the bench of decisions", () => {
  const children = new Children();
  after(() => children.endAll());

  test("measures the engine, a naive scan and casbin, which agree on what they decided", async () => {
    const plan = { ...QUICK, policies: [[40, 20]] as const, decisions: 200 };
    const [one, ...more] = await decisionRounds(children, plan);
    assert.equal(more.length, 0);
    assert.deepEqual([one?.grants, one?.roles, one?.rotations.length], [40, 20, 3]);
    assert.ok(
      (one?.allowed ?? 0) > 0.05 && (one?.allowed ?? 1) < 0.95,
      "some calls are allowed, and some are not",
    );
    for (const figure of [one?.loadMs, one?.tableMs, one?.naiveUs, one?.casbinUs])
      assert.ok((figure ?? 0) > 0);
  });

  test("says what was reached at ten thousand grants, at the edge and past it", () => {
    for (const [p50, p99, said] of [
      [0.3, 4, /goal reached/],
      [0.31, 4, /bar reached/],
      [1, 4, /bar reached/],
      [1.01, 4, /not reached/],
      [1, 4.01, /not reached/],
    ] as const)
      assert.match(decisionWords([found(10_000, p50, p99)]).join(" "), said, `${p50} ${p99}`);
    assert.deepEqual(decisionWords([found(1_000, 1, 1)]), []);
    assert.match(decisionWords([found(10_000, 0.5, 1), found(20_000, 0.55, 1)]).join(" "), /by 10 %/);
  });

  test("has a row for each policy", () => {
    assert.deepEqual(decisionCells([found(10_000, 0.46, 1.3)])[1], [
      "10,000 × 1,000",
      "0.02 µs",
      "0.46 µs",
      "1.30 µs",
      "1.50 µs",
      "5 µs",
      "440 µs",
      "60,000 µs",
      "0.0",
      "2,000 ms",
      "0.70 ms",
    ]);
  });
});
