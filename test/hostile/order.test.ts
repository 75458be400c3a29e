import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";

const GRANTS: readonly string[] = [
  "  one:\n    to: caller\n    call: add\n    args: {a: {int: 0..10}, b: {int: 0..10}}\n",
  "  two:\n    to: caller\n    call: [add, echo]\n    except: echo\n    args: {a: {int: 5..20}, b: {int: 0..5}}\n",
  "  three:\n    to: everyone\n    call: '**'\n    except: [secret, add, fail]\n    args: any\n",
];
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
] as const;

describe("42: the order in which a policy is written", () => {
  test("changes no verdict: neither do grants that overlap, nor what is taken away from one of them", async () => {
    const verdicts: string[] = [];
    for (const order of ORDERS) {
      const grants = `\ngrants:\n${order.map((i) => GRANTS[i]).join("")}`;
      const daemon = await TestDaemon.start({ grants });
      const rpc = await daemon.connect();
      const asked: boolean[] = [];
      for (const [method, ...positional] of [
        ["add", 10, 10],
        ["add", 20, 5],
        ["add", 20, 6],
        ["add", 0, 0],
        ["add", 21, 0],
        ["echo", 1],
        ["secret", 1],
        ["fail"],
      ] as const)
        asked.push((await rpc.call("rpcd.can", [method, positional])) as boolean);
      verdicts.push(asked.join(" "));
      await rpc.close();
      await daemon.stop();
    }
    assert.deepEqual(new Set(verdicts), new Set(["true true false true false true false false"]));
  });
});
