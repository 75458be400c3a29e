import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAULT_TEXT, type FaultCode, isFaultCode } from "../../../base/fault.ts";
import { type Report, report } from "../../../cli/connect/report.ts";
import { exitCode } from "../../../cli/io/exit.ts";
import { BrokenOff, Failure } from "../../../cli/io/failure.ts";
import { HostKeyError, RpcError } from "../../../client/index.ts";
import { FileProblem, type FileProblemKind } from "../../../files/file-problem.ts";

const code = ({ ending }: Report): number => exitCode(ending);

const CODES: Readonly<Record<FaultCode, number>> = {
  aborted: 1,
  already_exists: 1,
  cancelled: 1,
  data_loss: 1,
  deadline_exceeded: 8,
  failed_precondition: 1,
  internal: 13,
  invalid_argument: 1,
  not_found: 1,
  out_of_range: 1,
  permission_denied: 3,
  protocol_error: 10,
  reference_gone: 1,
  resource_exhausted: 9,
  unauthenticated: 4,
  unavailable: 7,
  unimplemented: 1,
};

const HOSTILE = "\u001b]52;c;eA==\u0007\u009b31m\u202e\n\u2028forged";

describe("report of a fault", () => {
  test("gives every code its exit code", () => {
    for (const fault of Object.keys(FAULT_TEXT).filter(isFaultCode)) {
      assert.equal(
        code(report(new RpcError(fault, FAULT_TEXT[fault], { id: "c-1" }), "m")),
        CODES[fault],
        fault,
      );
    }
  });

  test("says of a denial which method and which request, and how to go on", () => {
    const { text } = report(
      new RpcError("permission_denied", FAULT_TEXT.permission_denied, { id: "k3v9-1", origin: "policy" }),
      "service.restart",
    );
    assert.deepEqual(text.split("\n"), [
      "denied: service.restart (request k3v9-1)",
      "  → rpcctl ls lists what you may call",
      "  → rpcctl ping says as whom you are logged in",
    ]);
  });

  test("says of a stream that broke off that what is printed is not all, whatever broke it", () => {
    for (const cause of [
      new RpcError("deadline_exceeded", "late", { id: "k-1" }),
      new RpcError("internal", FAULT_TEXT.internal, { id: "k-1" }),
      new Failure("protocol", "no bytes"),
    ]) {
      const broken = report(new BrokenOff(cause), "numbers");
      assert.equal(code(broken), 11);
      assert.match(broken.text, /^broken off midway: /);
      assert.equal(JSON.parse(broken.json)["error"], "broken");
    }
  });

  test("lists what is wrong with the arguments", () => {
    const fault = new RpcError("invalid_argument", "the arguments do not fit the method", {
      id: "x-2",
      issues: [
        { path: "a", message: "too small" },
        { path: "tags[3]", message: "a text was expected" },
      ],
    });
    assert.deepEqual(report(fault, "add").text.split("\n").slice(0, 3), [
      "wrong arguments: add: the arguments do not fit the method (request x-2)",
      "  a: too small",
      "  tags[3]: a text was expected",
    ]);
  });

  test("shows the reason and the data of a declared failure, and when to try again", () => {
    const fault = new RpcError("failed_precondition", "the disk is full", {
      id: "x-3",
      reason: "disk.full",
      data: { free: 0 },
      retry: { ok: true, afterMs: 1500 },
    });
    assert.deepEqual(report(fault, "file.write").text.split("\n"), [
      "not possible now: file.write: disk.full: the disk is full (request x-3)",
      "  free: 0",
      "  → it may be tried again in 2 s",
    ]);
  });

  test("tells a daemon that is not there from one that was lost midway", () => {
    const gone = new RpcError("unavailable", "nobody answers", { origin: "channel", outcome: "not_started" });
    const lost = new RpcError("unavailable", "closed", { origin: "channel", outcome: "unknown" });
    assert.equal(code(report(gone, "add")), 7);
    assert.equal(code(report(lost, "add")), 11);
    assert.match(report(lost, "add").text, /may have been done/);
  });

  test("takes arguments that were refused before they were sent for wrong words", () => {
    const local = new RpcError("invalid_argument", "too long", {
      outcome: "not_started",
      origin: "arguments",
    });
    assert.equal(code(report(local, "add")), 2);
    const remote = new RpcError("invalid_argument", "no", {
      outcome: "not_started",
      origin: "arguments",
      id: "c-1",
    });
    assert.equal(code(report(remote, "add")), 1);
  });

  test("takes an unsafe socket and a wrong host for questions of identity", () => {
    const socket = new RpcError("unauthenticated", "the folder is writable", { origin: "channel" });
    assert.equal(code(report(socket, "add")), 4);
    assert.match(report(socket, "add").text, /^socket not trusted/);
    assert.equal(code(report(new HostKeyError("unix:/a", "SHA256:x", []), undefined)), 4);
  });

  test("prints one JSON object for machines, with all that the fault carries", () => {
    const fault = new RpcError("failed_precondition", "full", {
      id: "x-3",
      reason: "disk.full",
      data: { free: new Uint8Array([1]) },
      retry: { ok: false },
      outcome: "done",
      origin: "handler",
      issues: [{ path: "a", message: "b" }],
    });
    assert.deepEqual(JSON.parse(report(fault, "m").json), {
      error: "failed",
      message: "not possible now: m: disk.full: full (request x-3)",
      code: "failed_precondition",
      id: "x-3",
      reason: "disk.full",
      data: { free: { $bytes: "AQ==" } },
      retry: { ok: false },
      outcome: "done",
      origin: "handler",
      issues: [{ path: "a", message: "b" }],
      hints: [],
    });
  });

  test("lets nothing hostile of a daemon reach the terminal, nor forge a line", () => {
    const fault = new RpcError("failed_precondition", HOSTILE, {
      id: HOSTILE,
      reason: HOSTILE,
      data: { [HOSTILE]: HOSTILE },
      issues: [{ path: HOSTILE, message: HOSTILE }],
    });
    const { text, json } = report(fault, HOSTILE);
    // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/;
    assert.doesNotMatch(text, unsafe);
    assert.doesNotMatch(text, /^\s*forged/m);
    assert.doesNotMatch(json, unsafe);
    assert.doesNotMatch(json, /\n/);
  });
});

describe("report of anything else", () => {
  test("gives a problem with a file the code for its kind, and the step that mends it", () => {
    const codes: readonly (readonly [FileProblemKind, number])[] = [
      ["not_found", 6],
      ["unreadable", 6],
      ["unsafe", 4],
      ["malformed", 4],
      ["exists", 1],
      ["unwritable", 1],
    ];
    for (const [kind, expected] of codes) {
      const problem = new FileProblem(kind, "/k", "is bad", { mend: "chmod 600 /k" });
      assert.equal(code(report(problem, undefined)), expected, kind);
      assert.equal(report(problem, undefined).text, "/k: is bad\n  → chmod 600 /k");
    }
  });

  test("prints the hints of a failure, three at the most, and its detail between", () => {
    const failure = new Failure("usage", "a\u001b", {
      hints: ["1", undefined, "2", "3", "4"],
      detail: "  d\n",
    });
    assert.equal(report(failure, undefined).text, "a\\u{1b}\n  d\n  → 1\n  → 2\n  → 3");
  });

  test("calls what nobody meant to throw a mistake of rpcctl", () => {
    for (const error of [new TypeError("x is undefined"), "thrown", undefined, null, { code: "internal" }]) {
      const { ending, text } = report(error, undefined);
      assert.equal(ending, "internal");
      assert.match(text, /^rpcctl made a mistake: /);
    }
  });

  test("tells a failed system call in its own words", () => {
    const error = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: "EACCES" });
    assert.equal(report(error, undefined).ending, "failed");
    assert.equal(report(error, undefined).text, "EACCES: permission denied, mkdir '/x'");
  });
});
