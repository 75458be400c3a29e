import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TestDaemon } from "../../support/daemon.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("a client's cache of catalogues", () => {
  let daemon: TestDaemon;
  const { path, remove } = tempFolder();
  const cacheFolder = join(path, "new", "catalogues");
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon.stop();
    remove();
  });
  const asked = (): number => daemon.audit.filter(({ method }) => method === "rpcd.catalogue").length;
  const catalogue = async (folder = cacheFolder): Promise<string[]> => {
    const rpc = await daemon.connect();
    const found = await rpc.catalogue({ cacheFolder: folder });
    await rpc.close();
    return [...found.keys()];
  };
  const file = (): string => join(cacheFolder, readdirSync(cacheFolder)[0] ?? assert.fail("no file"));

  test("asks once for what has the same digest, and gives the same", async () => {
    const first = await catalogue();
    assert.equal(asked(), 1);
    assert.deepEqual(await catalogue(), first);
    assert.equal(asked(), 1);
    assert.match(file(), /[0-9a-f]{64}\.cbor$/);
  });

  test("a file that was changed, cut off or never was a catalogue is asked for anew and mended", async () => {
    const good = readFileSync(file());
    const bent = Buffer.from(good);
    bent[bent.indexOf("Adds.")] = 0x42;
    for (const bad of [
      bent,
      good.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.from("80", "hex"),
      Buffer.from("f6", "hex"),
    ]) {
      writeFileSync(file(), bad);
      const known = asked();
      assert.equal((await catalogue()).includes("add"), true);
      assert.equal(asked(), known + 1);
      assert.deepEqual(readFileSync(file()), good);
    }
  });

  test("a folder that cannot be used costs a message, and no call", async () => {
    const taken = join(path, "taken");
    writeFileSync(taken, "");
    for (const folder of [taken, "/proc/none", join(path, "x".repeat(300))])
      assert.equal((await catalogue(folder)).includes("add"), true);
  });

  test("keeps the thirty-two newest, and nothing of anybody else's", async () => {
    const folder = join(path, "many");
    mkdirSync(folder, { mode: 0o700 });
    for (let i = 0; i < 40; i++) writeFileSync(join(folder, `${i.toString(16).padStart(64, "0")}.cbor`), "x");
    writeFileSync(join(folder, "notes.txt"), "mine");
    await catalogue(folder);
    const left = readdirSync(folder);
    assert.deepEqual([left.length, left.includes("notes.txt")], [33, true]);
  });
});

describe("a catalogue of more text than a message holds", () => {
  test("is read, kept, and read again from where it was kept", async () => {
    const { path, remove } = tempFolder();
    const service = `
import { defineService, method } from "rpcd/service";
const doc = "d".repeat(2000);
export default defineService(Object.fromEntries(Array.from({ length: 600 }, (_one, i) => ["m" + i, method({ doc, params: [], run: () => i })])));
`;
    const daemon = await TestDaemon.start({ service });
    for (let i = 0; i < 2; i++) {
      const rpc = await daemon.connect();
      const found = await rpc.catalogue({ cacheFolder: join(path, "c") });
      assert.deepEqual([found.size, found.get("m599")?.doc.length], [603, 2_000]);
      await rpc.close();
    }
    const asked = daemon.audit.filter(({ method }) => method === "rpcd.catalogue").length;
    assert.equal(asked > 1 && asked < 10, true, `${asked} pages, all in the first round`);
    await daemon.stop();
    remove();
  });
});
