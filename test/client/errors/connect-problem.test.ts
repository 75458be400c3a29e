import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectProblem } from "../../../client/errors/connect-problem.ts";

const problem = (code: string, name = "tls://build.example.org:7370"): string =>
  connectProblem(name, Object.assign(new Error(code), { code }));

describe("connectProblem", () => {
  test("asks whether the daemon runs only where the host has said that nobody listens", () => {
    for (const code of ["ECONNREFUSED", "ENOENT"])
      assert.equal(
        problem(code),
        `nobody listens at tls://build.example.org:7370 (${code}): is the daemon running?`,
      );
    for (const code of ["ENOTFOUND", "EAI_AGAIN", "EACCES", "ETIMEDOUT", "EHOSTUNREACH", "EINVAL", "EOTHER"])
      assert.doesNotMatch(problem(code), /running/);
  });

  test("names the host that does not exist, and the zone that a link-local address lacks", () => {
    assert.equal(
      problem("ENOTFOUND"),
      "there is no such host: tls://build.example.org:7370 (ENOTFOUND): check the name",
    );
    assert.match(
      problem("EINVAL", "tls://[fe80::1]:7370"),
      /link-local address cannot be reached without a zone/,
    );
  });

  test("tells the code of what it does not know, and the words of what has none", () => {
    assert.equal(problem("EOTHER"), "no connection to tls://build.example.org:7370 came about (EOTHER)");
    assert.equal(
      connectProblem("unix:/x", new Error("given up")),
      "no connection to unix:/x came about (given up)",
    );
  });
});
