import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { listenAt, type SocketFile } from "../../../daemon/listen/socket-file.ts";
import { inFolder } from "../../support/temp-folder.ts";

interface Door {
  readonly server: Server;
  readonly file: SocketFile;
}

/** A server that says its name to whoever connects. */
async function open(path: string, name = "it"): Promise<Door> {
  const server = createServer();
  const file = await listenAt(server, path, 0o640);
  server.on("connection", (socket) => {
    // Who only wants to know whether somebody answers does not read it.
    socket.on("error", () => undefined);
    socket.end(name);
  });
  return { server, file };
}

async function close({ server, file }: Door): Promise<void> {
  file.remove();
  await new Promise((resolve) => server.close(resolve));
}

/** The name of who answers there. */
async function asked(path: string): Promise<string> {
  const socket = createConnection({ path }).setEncoding("utf8");
  return (await socket.toArray()).join("");
}

/** A socket that nobody listens on, as a killed daemon leaves it. */
async function dead(path: string): Promise<void> {
  const server = createServer().listen({ path: `${path}-bound` });
  await once(server, "listening");
  renameSync(`${path}-bound`, path);
  server.close();
  await once(server, "close");
}

/** A path of so many bytes, in a folder of its own. */
function pathOf(folder: string, bytes: number, name: string): string {
  const room = bytes - Buffer.byteLength(`${folder}//${name}`);
  const deep = join(folder, "d".repeat(room));
  mkdirSync(deep, { mode: 0o700 });
  return join(deep, name);
}

describe("a socket at a path", () => {
  test("has its mode and no second name, and an orderly end takes it away", () =>
    inFolder(async (folder) => {
      const path = join(folder, "s");
      const door = await open(path);
      assert.deepEqual([readdirSync(folder), lstatSync(path).mode & 0o777], [["s"], 0o640]);
      assert.equal(await asked(path), "it");
      await close(door);
      assert.deepEqual(readdirSync(folder), []);
    }));

  for (const [bytes, name] of [
    [107, "s"],
    [107, "n".repeat(60)],
    [90, "s"],
    [89, "s"],
  ] as const)
    test(`may have ${bytes} bytes, with a name of ${name.length}`, () =>
      inFolder(async (folder) => {
        const path = pathOf(folder, bytes, name);
        assert.equal(Buffer.byteLength(path), bytes);
        await dead(join(folder, "d"));
        renameSync(join(folder, "d"), path);
        renameSync(path, `${path}.0123456789ab`);
        const door = await open(path);
        assert.equal(await asked(path), "it");
        assert.deepEqual(readdirSync(dirname(path)), [name]);
        await assert.rejects(open(path), /listening there already/);
        await close(door);
        assert.deepEqual(readdirSync(dirname(path)), []);
      }));

  test("is not taken for ours when another has come to the path: the end leaves that one alone", () =>
    inFolder(async (folder) => {
      const path = join(folder, "s");
      const first = await open(path, "first");
      rmSync(path);
      assert.equal(first.file.isInPlace, false);
      const second = await open(path, "second");
      await close(first);
      assert.equal(await asked(path), "second");
      await close(second);
      const third = await open(path);
      rmSync(path);
      writeFileSync(path, "mine");
      await close(third);
      assert.equal(readFileSync(path, "utf8"), "mine");
    }));

  test("what killed daemons have left beside it is taken away, and nothing else", () =>
    inFolder(async (folder) => {
      const path = join(folder, "s");
      const left = ["s", "s.0123456789ab", "s.0123456789ab.new", ".0123456789ab.new"];
      for (const name of left) await dead(join(folder, name));
      const kept = ["s.0123456789ax", "s.file", "t.0123456789ab", ".0123456789ab"];
      for (const name of kept) await dead(join(folder, name));
      writeFileSync(join(folder, "s.ba9876543210"), "a file");
      const door = await open(path);
      assert.deepEqual(readdirSync(folder).toSorted(), [...kept, "s", "s.ba9876543210"].toSorted());
      await close(door);
    }));

  test("a live one that was put aside by mistake gets its path back from whoever took it", () =>
    inFolder(async (folder) => {
      const path = join(folder, "s");
      const first = await open(path, "first");
      renameSync(path, `${path}.0123456789ab`);
      await assert.rejects(open(path, "second"), /listening there already/);
      assert.equal(await asked(path), "first");
      assert.deepEqual([readdirSync(folder), first.file.isInPlace], [["s"], true]);
      await close(first);
    }));

  test("of many that begin at the same moment, on a dead one or on nothing, one has it and no other", () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 20; round++) {
        const path = join(folder, "s");
        if (round % 2 === 0) await dead(path);
        const ends = await Promise.allSettled(Array.from({ length: 8 }, (_one, i) => open(path, `${i}`)));
        const won = ends.flatMap((end, i) =>
          end.status === "fulfilled" ? [{ ...end.value, name: `${i}` }] : [],
        );
        assert.equal(won.length, 1);
        const [winner = assert.fail()] = won;
        assert.deepEqual([await asked(path), readdirSync(folder)], [winner.name, ["s"]]);
        await close(winner);
        assert.equal(existsSync(path), false);
      }
    }));
});
