import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { PACKAGE } from "../support/daemon.ts";
import { inFolder } from "../support/temp-folder.ts";

/*
 * A package of a user's, with declarations as composite projects need them: each type that TypeScript infers has to have a name that
 * the package may import. What must not compile says so by `@ts-expect-error`.
 */

const NOTES = `import { callback, defineInterface, defineService, method, object, param, signature, stream, z } from "rpcd/service";
export const cursor = defineInterface("cursor", {
  next: signature({ params: [param("n", z.int().optional())], returns: z.array(z.string()), errors: { closed: z.object({ at: z.date() }) } }),
  all: signature({ params: [], returns: stream(z.string()) }),
});
export const title = z.string().min(1);
export const note = z.object({ id: z.int(), title, tags: z.array(z.enum(["a", "b"])).default([]) });
export const f = callback({ args: [z.string()], returns: z.int() });
export const o = object({ methods: { close: callback() } });
export const s = stream("bytes");
export const p = param("f", f, { optional: true });
export const read = method({
  params: [param("id", z.int()), param("heard", f, { optional: true }), param("lines", stream(z.string()))],
  returns: note,
  errors: { no_note: z.object({ id: z.int() }) },
  run: async ({ id, heard, lines }) => { await heard?.("x"); for await (const l of lines) void l; return { id, title: "t", tags: [] }; },
});
export const notes = defineService("notes", {
  read,
  open: method({ params: [], returns: cursor, run: () => cursor.make({ next: () => ["x"], all: () => ["a"].values() }) }),
  plain: method({ params: [param("o", o)], run: async ({ o }) => { await o.close(); return 1; } }),
});
export const top = defineService({ add: method({ params: [param("a", z.int()), param("b", z.int())], returns: z.int(), run: ({ a, b }) => a + b }) });
export default notes;
`;

const CLIENT = `import { connect, loadKey, withNamed, withOptions, pipelined, release, RpcError, type Rpc } from "rpcd/client";
import type { cursor, notes, top } from "./notes.js";
export const open = async (): Promise<Rpc> => connect("unix:/x", { identity: await loadKey("k"), hostKeyFingerprints: [] });
export const proxyOf = (rpc: Rpc) => rpc.service<typeof notes>("notes");
export const topOf = (rpc: Rpc) => rpc.service<typeof top>();
export const cursorOf = (rpc: Rpc) => proxyOf(rpc).open();
export const quick = (rpc: Rpc) => withOptions(proxyOf(rpc).read, { timeoutMs: 5 });
export const byName = (rpc: Rpc) => withNamed(proxyOf(rpc).read);
export const piped = (rpc: Rpc) => pipelined(proxyOf(rpc).open());
export const settled = (rpc: Rpc) => rpc.batch([]);
export async function use(rpc: Rpc) {
  const n = proxyOf(rpc);
  const r = await n.read(1, undefined, ["a"].values());
  await n.read(1, (text: string) => text.length, new Set(["x"]));
  await byName(rpc)({ id: 1, lines: (async function* () { yield "x"; })() });
  // @ts-expect-error a list is data
  await n.read(1, undefined, ["a"]);
  // @ts-expect-error a text is data
  await n.read(1, undefined, "abc");
  // @ts-expect-error no such service
  rpc.service<typeof notes>("noets");
  // @ts-expect-error it has a name
  rpc.service<typeof notes>();
  // @ts-expect-error it has none
  rpc.service<typeof top>("top");
  release(await cursorOf(rpc));
  return r.title satisfies string;
}
export function why(error: unknown): number | Date {
  if (!(error instanceof RpcError)) throw error;
  if (error.is<typeof notes>("notes.no_note")) return error.data.id;
  if (error.is<typeof cursor>("cursor.closed")) return error.data.at;
  // @ts-expect-error a typing mistake
  if (error.is<typeof notes>("notes.no_noet")) return 1;
  // @ts-expect-error no reason of a service that declares none
  if (error.is<typeof top>("top.x")) return 1;
  // @ts-expect-error the service is not named
  if (error.is("notes.no_note")) return 2;
  return 0;
}
`;

const OPTIONS = {
  composite: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "esnext.disposable"],
  types: ["node"],
  typeRoots: [join(PACKAGE, "node_modules/@types")],
  outDir: "out",
};

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "lib/tsc.js");

test("services and clients of a user's compile with declarations, and their mistakes do not", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(PACKAGE, join(folder, "node_modules/rpcd"));
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    writeFileSync(join(folder, "notes.ts"), NOTES);
    writeFileSync(join(folder, "client.ts"), CLIENT);
    const project = { compilerOptions: OPTIONS, files: ["notes.ts", "client.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const run = promisify(execFile)(process.execPath, [TSC, "-p", folder]);
    const said = await run.then(
      ({ stdout }) => stdout,
      ({ stdout }: { readonly stdout: string }) => stdout,
    );
    assert.equal(said, "");
  }));
