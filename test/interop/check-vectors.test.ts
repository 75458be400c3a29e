import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PACKAGE } from "../support/daemon.ts";
import { python } from "./python.ts";

const FOLDER = join(PACKAGE, "test/vectors");

describe("the client in Python", () => {
  test("agrees with every test vector", async () => {
    const { code, out, err } = await python("check_vectors.py", [FOLDER]);
    assert.deepEqual({ code, err }, { code: 0, err: "" });
    const vectors = JSON.parse(readFileSync(join(FOLDER, "messages.json"), "utf8"));
    const refused = (violates: string): number =>
      vectors.refused.filter((one: { violates: string }) => one.violates === violates).length;
    assert.deepEqual(JSON.parse(out), {
      logins: 3,
      messages: vectors.messages.length,
      other_forms: vectors.other_forms.length,
      at_limits: vectors.at_limits.length,
      refused_profile: refused("profile"),
      refused_shape: refused("shape"),
      refused_bound: refused("bound"),
    });
  });
});
