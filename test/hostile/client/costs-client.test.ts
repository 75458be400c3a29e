import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createKeyFiles } from "../../../certs/private-key-file.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { SESSION_DATA, SESSION_FRAME_MAX_BYTES } from "../../../wire/limits.ts";
import { encodeMessage } from "../../../wire/message.ts";
import { startRpcctl } from "../../cli/run-cli.ts";
import { WORST_MESSAGES } from "../../memory/worst-messages.ts";
import { peakMemoryKib } from "../../support/memory.ts";
import {
  afterLogin,
  framed,
  HOST_FINGERPRINT,
  HostileDaemon,
  type Peer,
} from "../../support/peers/hostile-daemon.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { readWhole } from "../../support/whole-message.ts";
import { arrayItem, head, joined, mapItem, textItem } from "../../wire/cbor-items.ts";
import { itemOfCostIn } from "../../wire/costly-item.ts";

const CLIENT = fileURLToPath(new URL("../../memory/hostile-client.js", import.meta.url));

/** The most that a client may have in memory, in MiB, node's own 57 included: 96 were measured on Node 20, 136 on Node 26. */
const MOST_MIB = 192;

const BYTES = WORST_MESSAGES["empty byte strings"]?.() ?? assert.fail();
const [VALUE, FAULT, ITEM, CALL] = [17, 18, 20, 16].map((kind) => head(0, kind)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const ONE = head(0, 1);

/** The catalogue has the id 1, and is asked for first. */
const ID = head(0, 2);
const PAGE = {
  methods: [
    {
      name: "m",
      doc: "",
      params: [
        {
          name: "f",
          optional: true,
          shape: { type: "callback", args: [{ type: "any" }], returns: { type: "null" } },
        },
      ],
      returns: { type: "any" },
      errors: {},
      effect: "read",
      idempotent: true,
      reserved: false,
    },
  ],
  next: null,
};

const valueOf = (cost: number): Uint8Array => itemOfCostIn((item) => arrayItem(VALUE, ID, item), cost);
const faultOf = (cost: number): Uint8Array =>
  itemOfCostIn(
    (item) =>
      arrayItem(
        FAULT,
        ID,
        mapItem(
          [textItem("code"), textItem("not_found")],
          [textItem("message"), textItem("m")],
          [textItem("id"), textItem("i")],
          [textItem("data"), item],
        ),
      ),
    cost,
  );

const items = (peer: Peer, bytes: number): void => {
  const frame = framed(arrayItem(ITEM, ONE, BYTES));
  for (let sent = 0; sent < bytes; sent += frame.length) peer.write(frame);
};

/** What the daemon says when it is called first, and what a client says of it. */
interface Case {
  readonly called: (peer: Peer) => void;
  readonly credited?: (peer: Peer) => void;
  readonly said: string;
  /** the exit code of rpcctl; nothing where it takes no part */
  readonly code?: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "a value at the limit": {
    called: (peer) => peer.write(framed(valueOf(SESSION_DATA.maxCost))),
    said: "object",
    code: 0,
  },
  "a value one past the limit": {
    called: (peer) => peer.write(framed(valueOf(SESSION_DATA.maxCost + 1))),
    said: "protocol_error",
    code: 10,
  },
  "a fault at the limit": {
    called: (peer) => peer.write(framed(faultOf(SESSION_DATA.maxCost))),
    said: "not_found",
    code: 1,
  },
  "a fault one past the limit": {
    called: (peer) => peer.write(framed(faultOf(SESSION_DATA.maxCost + 1))),
    said: "protocol_error",
    code: 10,
  },
  "half a frame, and the end": {
    called: (peer) => {
      peer.write(joined(frameHeader(SESSION_FRAME_MAX_BYTES), new Uint8Array(SESSION_FRAME_MAX_BYTES - 1)));
      peer.socket.end();
    },
    said: "unavailable",
    code: 11,
  },
  "items that nobody reads, beyond the window": {
    called: (peer) => peer.write(framed(arrayItem(VALUE, ID, joined(head(6, 40_002), ONE)))),
    credited: (peer) => items(peer, 10_000_000),
    said: "protocol_error",
  },
  "256 callbacks with costly arguments, then the answer": {
    called: (peer) => {
      for (let id = 1; id <= 256; id++)
        peer.write(
          framed(arrayItem(CALL, head(0, id), ONE, textItem(""), arrayItem(BYTES), mapItem(), mapItem())),
        );
      peer.write(framed(arrayItem(VALUE, ID, textItem("done"))));
    },
    said: "string",
  },
};

function answer(peer: Peer, method: string, called: Case["called"]): void {
  if (method === "rpcd.catalogue") peer.write(framed(encodeMessage({ kind: "value", id: 1, value: PAGE })));
  else called(peer);
}

/** What comes is the same over each transport: over one of them, and over both where CI asks for it. */
const IN_FULL = process.env["RPCD_TRANSPORTS"] === "all";
const TRANSPORTS = IN_FULL ? (["unix", "tls"] as const) : (["tls"] as const);

for (const over of TRANSPORTS)
  describe(`what is costly, of a hostile daemon, over ${over}`, () => {
    let daemon: HostileDaemon;
    const { path: home, remove } = tempFolder();

    let env: Readonly<Record<string, string>> = {};

    before(async () => {
      daemon = await HostileDaemon.start(over);
      await createKeyFiles(join(home, "key"), "me");
      writeFileSync(join(home, "known"), `${daemon.address} ${HOST_FINGERPRINT}\n`, { mode: 0o600 });
      env = {
        HOME: home,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(home, "key"),
        RPCCTL_KNOWN_DAEMONS: join(home, "known"),
        RPCCTL_TIMEOUT: "1m",
      };
    });
    after(() => {
      daemon.stop();
      remove();
    });

    for (const [what, { called, credited, said }] of Object.entries(CASES))
      test(`${what}: the library says so, within its memory`, async (t) => {
        daemon.script = afterLogin((frame, peer) => {
          const message = readWhole(frame);
          if (message.kind === "credit") credited?.(peer);
          else if (message.kind === "call") answer(peer, message.method, called);
        });
        const { stdout } = await promisify(execFile)(process.execPath, [
          CLIENT,
          daemon.address,
          HOST_FINGERPRINT,
        ]);
        const found = JSON.parse(stdout) as { said: string; peakKib: number };
        t.diagnostic(`at most ${(found.peakKib / 1024).toFixed(0)} MiB`);
        assert.equal(found.said, said);
        assert.ok(found.peakKib / 1024 <= MOST_MIB, `${found.peakKib} KiB`);
      });

    for (const [what, { called, code }] of Object.entries(CASES)) {
      // Where the library has refused a message, its program has only to say so.
      if (code === undefined || (!IN_FULL && what.includes("past"))) continue;
      test(`${what}: rpcctl says so, within its memory`, async (t) => {
        daemon.script = afterLogin((frame, peer) => {
          const message = readWhole(frame);
          if (message.kind === "call") answer(peer, message.method, called);
        });
        const child = startRpcctl(["call", "m"], { env });
        let peakKib = 0;
        const watching = setInterval(() => {
          peakKib = Math.max(peakKib, peakOf(child.pid ?? 0));
        }, 5);
        const [[ended], out, err] = await Promise.all([
          once(child, "close"),
          text(child.stdout),
          text(child.stderr),
        ]);
        clearInterval(watching);
        t.diagnostic(`at most ${(peakKib / 1024).toFixed(0)} MiB`);
        assert.equal(ended, code, err);
        assert.notEqual(code === 0 ? out : err, "");
        // A stack would be a mistake of its own.
        assert.doesNotMatch(err, /\n +at /);
        assert.ok(peakKib / 1024 <= MOST_MIB, `${peakKib} KiB`);
      });
    }
  });

/** A process that has just ended has no memory any more. */
function peakOf(pid: number): number {
  try {
    return peakMemoryKib(pid);
  } catch {
    return 0;
  }
}
