import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { FAULT_TEXT, isFaultCode } from "../../base/fault.ts";
import { faultWords } from "../../cli/connect/fault-words.ts";
import { exitCode } from "../../cli/io/exit.ts";
import { RpcError } from "../../client/index.ts";

const PAGE = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

describe("docs/errors.md", () => {
  test("says for each code with what rpcctl ends that meets it", () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z_]+)` \| [^|]* \| (\d+)/gm)];
    assert.equal(rows.length, Object.keys(FAULT_TEXT).length);
    for (const [, code = "", written] of rows) {
      assert.ok(isFaultCode(code), code);
      const { ending } = faultWords(new RpcError(code, "m", { id: "sent-1" }));
      assert.equal(String(exitCode(ending)), written, code);
    }
  });
});
