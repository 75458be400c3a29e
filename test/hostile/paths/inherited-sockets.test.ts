import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Activation, activation, freePort } from "../../support/activation.ts";
import { TestDaemon } from "../../support/daemon.ts";

/** Each refusal is a start: CI has all of them, and a plain run of the tests one of each sort. */
const FEW = process.env["RPCD_REFUSALS"] === "all" ? false : "RPCD_REFUSALS=all runs it";

const UNIX = { kind: "unix", path: "rpcd.sock" } as const;
const OTHER = { kind: "unix", path: "other.sock" } as const;

/** It ends with 78 and one text: what is wrong and what mends it. No audit log, status file or socket of its own is there. */
async function refuses(
  what: Activation,
  listen: string,
  ...texts: readonly (string | RegExp)[]
): Promise<void> {
  const { code, said, left } = await TestDaemon.refused({ listen, launch: activation(what) });
  assert.equal(code, 78, said);
  for (const text of texts)
    if (typeof text === "string") assert.ok(said.includes(text), `${text}\nis not in\n${said}`);
    else assert.match(said, text);
  const [first = "", mend = "", ...rest] = said
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("{"));
  assert.match(first, /^error: /);
  assert.match(mend, /^ {2}mend: /);
  assert.deepEqual(rest, []);
  assert.doesNotMatch(said, /"msg":"(ready|listening)"/);
  const passed = what.sockets.flatMap((socket) => (socket.kind === "unix" ? [socket.path] : []));
  assert.deepEqual(
    left.filter((name) => /sock|status/.test(name)).toSorted(),
    passed.toSorted(),
    "what was passed is left, and nothing was made",
  );
}

describe("sockets that do not fit the configuration", () => {
  test("one that is configured and not passed is refused, with the line for the unit", async () => {
    const port = await freePort();
    await refuses(
      { sockets: [UNIX] },
      `[unix:rpcd.sock, "tls://127.0.0.1:${port}"]`,
      `tls://127.0.0.1:${port}: 'listen' has this address, and systemd passes no such socket`,
      `mend: ListenStream=127.0.0.1:${port} in the socket unit`,
    );
    await refuses(
      { sockets: [UNIX] },
      `[unix:rpcd.sock, "tls://[::1]:${port}"]`,
      `ListenStream=[::1]:${port} in`,
    );
    await refuses(
      { sockets: [UNIX], names: "rpcd.sock" },
      "[unix+tls:tls.sock, unix:rpcd.sock]",
      /unix\+tls:\S+tls\.sock: 'listen' has this address, and systemd passes no Unix socket named 'tls\.sock'/,
      /ListenStream=\S+tls\.sock and FileDescriptorName=tls\.sock in the socket unit/,
    );
  });

  test("one that is passed and not configured is refused: nobody would answer there", async () => {
    const port = await freePort();
    await refuses(
      { sockets: [UNIX, { kind: "tcp", host: "127.0.0.1", port }] },
      "unix:rpcd.sock",
      `tls://127.0.0.1:${port}: systemd passes descriptor 4 ('unknown'), and neither 'listen' nor 'metrics' has such an address`,
      "mend: name it in one of them",
    );
  });

  test("a port that listens on another address than the configured one is not taken for it", {
    skip: FEW,
  }, async () => {
    const port = await freePort();
    await refuses(
      { sockets: [{ kind: "tcp", host: "127.0.0.1", port }] },
      `"tls://127.0.0.2:${port}"`,
      "systemd passes no such socket",
    );
  });

  test("two Unix sockets without names, or with one name for both, are not guessed at", async () => {
    const sockets = [UNIX, OTHER];
    const listen = "[unix:rpcd.sock, unix:other.sock]";
    await refuses({ sockets }, listen, "no Unix socket named 'rpcd.sock'", "FileDescriptorName=rpcd.sock");
    await refuses(
      { sockets, names: "rpcd.sock:rpcd.sock" },
      listen,
      "several Unix sockets named 'rpcd.sock'",
      "FileDescriptorName= of its own",
    );
  });

  test("a path at which the passed socket is not to be found is refused", async () => {
    await refuses({ sockets: [OTHER] }, "unix:rpcd.sock", "there is none at this path", "name the same path");
  });
});

describe("variables and descriptors that no systemd would pass", () => {
  test("more descriptors than any unit passes are refused", { skip: FEW }, async () => {
    await refuses(
      { sockets: [UNIX], env: { LISTEN_FDS: "65" } },
      "unix:rpcd.sock",
      "up to 64 was expected, not '65'",
    );
  });

  test("an escape sequence in a name is shown, not sent to the terminal", { skip: FEW }, async () => {
    await refuses(
      { sockets: [UNIX, OTHER], names: "rpcd.sock:\u001b[2J\u009b\n" },
      "unix:rpcd.sock",
      "\\u{1b}",
    );
  });

  test("a descriptor that is closed, a file, a datagram socket or a connection is refused by its number", {
    skip: FEW,
  }, async () => {
    for (const [kind, said] of [
      // Node may have taken its number for something of its own by then.
      ["closed", /it is not open \(EBADF\)|a listening socket was expected/],
      ["file", "a listening socket was expected"],
      ["datagram", /nothing can be accepted from it \(E[A-Z]+\)|a listening socket was expected/],
      ["connected", /nothing can be accepted from it \(E[A-Z]+\)|a listening socket was expected/],
    ] as const)
      await refuses(
        { sockets: [UNIX, { kind }], names: "rpcd.sock:odd" },
        "unix:rpcd.sock",
        "descriptor 4 ('odd')",
        said,
        "mend: pass only ListenStream= sockets with Accept=no",
      );
  });
});
