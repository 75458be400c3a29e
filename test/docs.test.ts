import assert from "node:assert/strict";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { connect, KnownDaemons } from "../client/index.ts";
import { createServer, type EmbeddedDaemon } from "../daemon/index.ts";
import { isService } from "../service/service.ts";
import { PACKAGE, TestDaemon } from "./support/daemon.ts";
import { TRACE, TRACE_ID } from "./support/traces.ts";

const run = promisify(execFile);

const PAGE = readFileSync(join(PACKAGE, "docs/services.md"), "utf8");

/** The code blocks of one part of the page, in their order. */
function blocks(heading: string, language: string): readonly string[] {
  const [, text = assert.fail(`no part '${heading}'`)] = PAGE.split(`\n${heading}\n`);
  const [own = ""] = text.split(/\n##+ /);
  return [...own.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    ([, code = ""]) => code,
  );
}

function only(heading: string, language: string): string {
  const [code = assert.fail(`'${heading}' shows nothing`), ...others] = blocks(heading, language);
  assert.equal(others.length, 0);
  return code;
}

/** The same text with a part of it replaced, which has to be there. */
function put(text: string, part: string, other: string): string {
  assert.ok(text.includes(part), `the page has no '${part}'`);
  return text.replace(part, other);
}

const GRANTS = `
grants:
  data: {to: caller, call: [math.add, add, cursor.next, text.open, shop.price, stock.price], args: any, returns: cursor}
  count: {to: caller, call: text.countLines, args: {lines: stream, on_line: callback}}
  upper: {to: caller, call: text.upper, args: {lines: stream}, returns: stream}
  write: {to: caller, call: text.write, args: {sink: {object: {methods: [write, close]}}}}
`;
const CONFIG = "services: []\naudit: doc.jsonl\nlog_level: error\n";

describe("docs/services.md", () => {
  let state: TestDaemon;
  let daemon: EmbeddedDaemon;
  let file: (name: string) => string;
  const write = (name: string, text: string): void => writeFileSync(file(name), text, { mode: 0o600 });
  before(async () => {
    state = await TestDaemon.start({ grants: GRANTS });
    file = (name) => join(state.folder, name);
    mkdirSync(file("services"), { mode: 0o700 });
    const server = createServer();
    for (const [name, part] of [
      ["math", "## A service"],
      ["text", "### What is passed by reference"],
    ] as const) {
      const code = only(part, "js");
      write(`services/${name}.mts`, code);
      write(`${name}.mjs`, code);
      const loaded: unknown = await import(pathToFileURL(file(`${name}.mjs`)).href);
      const service: unknown = Reflect.get(Object(loaded), "default");
      assert.ok(isService(service));
      server.register(service);
    }
    write("doc.yaml", `listen: [unix:doc.sock]\n${CONFIG}`);
    daemon = await server.serve(file("doc.yaml"));
  });
  after(async () => {
    await daemon.stop();
    assert.equal(await state.stop(), 0);
  });

  test("its services serve its client, which its own command compiles", async () => {
    const [address = assert.fail()] = daemon.addresses;
    KnownDaemons.pin(file("known_daemons"), address, [state.hostKey]);
    write("testfile.txt", "Simple\nis\nbetter\nthan\ncomplex.\n");
    const [plain = assert.fail(), live = assert.fail(), ...others] = blocks("## A client", "ts");
    assert.equal(others.length, 0);
    // Only three words differ from the page, and the connection is closed at the end of both parts.
    let program = put(plain, "unix:/run/rpcd/rpcd.sock", address);
    program = put(program, "/home/alice/.config/rpcctl/id_ed25519", file("client_key"));
    program = put(program, "/etc/rpcd/known_daemons", file("known_daemons"));
    const closing = /^await rpc\.close\(\);.*\n/m;
    assert.match(program, closing);
    write("client.mts", `${program.replace(closing, "")}\n${live}\nawait rpc.close();\n`);
    symlinkSync(join(PACKAGE, "node_modules/@types"), file("node_modules/@types"));
    const [, words = assert.fail()] = /^npx (tsc .*)services\/math\.mts$/m.exec(PAGE) ?? [];
    await run(
      join(PACKAGE, "node_modules/.bin", words.split(" ")[0] ?? ""),
      [...words.split(" ").slice(1, -1), "client.mts"],
      {
        cwd: state.folder,
      },
    );
    const { stdout, stderr } = await run(process.execPath, [file("services/dist/client.mjs")], {
      cwd: state.folder,
    });
    const noisy = ["Simple", "is", "better", "than", "complex."].map((line) => `Noisy: ${line}\n\n`);
    const expected = ["9007199254740991\n", ...noisy, "A\nB\n", "one\n", "sink: one\n"];
    assert.deepEqual({ stdout, stderr }, { stdout: expected.join(""), stderr: "" });
  });

  test("its handler that asks another daemon hands the trace on", async () => {
    const stockService = `
import { defineService, method, param, z } from "rpcd/service";
export default defineService("stock", { price: method({ params: [param("item", z.string())], run: () => 7 }) });
`;
    const stock = await TestDaemon.start({ service: stockService, grants: GRANTS });
    const asked = await stock.connect();
    // What the page leaves to the reader.
    Reflect.set(globalThis, "stockOfTheTest", asked);
    write("stock.mjs", "export const stock = globalThis.stockOfTheTest;\n");
    write("shop.mjs", only("### Traces", "js"));
    const loaded: unknown = await import(pathToFileURL(file("shop.mjs")).href);
    const service: unknown = Reflect.get(Object(loaded), "default");
    assert.ok(isService(service));
    write("shop.yaml", `listen: [unix:shop.sock]\n${CONFIG.replace("doc.jsonl", "shop.jsonl")}`);
    const shop = await createServer().register(service).serve(file("shop.yaml"));
    const [address = assert.fail()] = shop.addresses;
    const rpc = await connect(address, { identity: state.identity, hostKeyFingerprints: [state.hostKey] });
    assert.equal(await rpc.call("shop.price", ["a hat"], {}, { trace: TRACE }), 7);
    assert.equal(await rpc.call("shop.price", ["a hat"]), 7);
    const traces = (lines: readonly Readonly<Record<string, unknown>>[], name: string): readonly unknown[] =>
      lines.filter(({ method }) => method === name).map(({ trace }) => trace);
    assert.deepEqual(traces(stock.audit, "stock.price"), [TRACE_ID, undefined]);
    const own = readFileSync(file("shop.jsonl"), "utf8").trimEnd().split("\n");
    assert.deepEqual(
      traces(
        own.map((line) => JSON.parse(line)),
        "shop.price",
      ),
      [TRACE_ID, undefined],
    );
    await rpc.close();
    await asked.close();
    await shop.stop();
    assert.equal(await stock.stop(), 0);
  });

  test("its functions without ceremony are served", async () => {
    const config = put(CONFIG, "doc.jsonl", "plain.jsonl");
    write("rpcd.yaml", `listen: [unix:plain.sock]\n${config}`);
    const ending = `process.on("disconnect", () => daemon.stop()); process.send(daemon.addresses[0]);`;
    write("plain.mjs", `${only("### Functions without ceremony", "js")}${ending}\n`);
    const child = fork(file("plain.mjs"), { cwd: state.folder });
    const exit = once(child, "exit");
    const [address] = await once(child, "message");
    const rpc = await connect(String(address), {
      identity: state.identity,
      hostKeyFingerprints: [state.hostKey],
    });
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    child.disconnect();
    assert.deepEqual(await exit, [0, null]);
  });
});
