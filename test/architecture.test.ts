import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** An attacker speaks the protocol by hand, with keys of its own. */
const SIEGE: readonly string[] = [
  "base/clock.ts",
  "certs/ed25519.ts",
  "certs/public-key.ts",
  "client/connect/dial.ts",
  "client/connect/login.ts",
  "link/address.ts",
  "types of link",
];

/**
 * Which room may import which (ARCHITECTURE.md, "Rooms"): a room, one file of it, or `types of` a room for imports that
 * leave nothing behind.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  files: ["base"],
  catalogue: ["base"],
  certs: ["base", "files"],
  yaml: ["base"],
  wire: ["base", "certs"],
  policy: ["base", "catalogue", "certs", "yaml"],
  session: ["base", "certs", "wire"],
  link: ["base", "files", "wire", "session"],
  audit: ["base"],
  service: ["base", "catalogue"],
  daemon: [
    "base",
    "files",
    "catalogue",
    "certs",
    "yaml",
    "wire",
    "policy",
    "session",
    "link",
    "audit",
    "service",
  ],
  client: ["base", "files", "catalogue", "certs", "wire", "session", "link", "types of service"],
  cli: ["base", "files", "catalogue", "certs", "yaml", "policy", "client"],
  bench: [
    "base/assert-never.ts",
    "client/index.ts",
    "service/index.ts",
    "link/certificate.ts",
    "wire/cbor.ts",
    "wire/limits.ts",
  ],
};

/** The sub-rooms of each room: each may import those before it. The files of the room itself may import all of them. */
const SUB_ROOMS: Readonly<Record<string, readonly string[]>> = {
  policy: [
    "base",
    "patterns",
    "syntax",
    "decide",
    "explain",
    "check",
    "rules",
    "load",
    "lint",
    // Of what is parsed, as JSON Schema for editors.
    "json-schema",
  ],
  session: ["login", "calls", "references"],
  daemon: [
    "base",
    "log",
    "audit",
    "limits",
    "config",
    "services",
    "policy",
    "session",
    "faults",
    "gate",
    "run",
    "references",
    "calls",
    "login",
    "builtin",
    "listen",
    "metrics",
    "systemd",
    "start",
  ],
  client: ["errors", "calls", "catalogue", "references", "connect"],
  cli: [
    "io",
    "print",
    "settings",
    "values",
    "words",
    "connect",
    "live",
    "policy",
    "methods",
    "lint",
    "doctor",
    "top",
    "commands",
  ],
};

/** Rooms that other rooms enter through their doors only. */
const ROOM_DOORS: Readonly<Record<string, readonly string[]>> = {
  policy: ["index.ts", "engine.ts", "linter.ts"],
  service: ["index.ts", "engine.ts"],
  daemon: ["index.ts"],
  client: ["index.ts"],
};

/** Files that others may import past the door. `rpcctl` reads a file in the pieces in which the library passes it. */
const PAST_DOORS: ReadonlySet<string> = new Set([...SIEGE, "client/references/file-stream.ts"]);

/** No folder has more files. */
const FOLDER_MAX_FILES = 25;

/** The one file that may import each of these, or the folders and files where it may be met. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  tweetnacl: ["certs/ed25519.ts"],
  "cbor-x": ["wire/cbor.ts"],
  pino: ["daemon/log/log.ts"],
  "prom-client": ["daemon/metrics/page.ts"],
  yaml: ["yaml/package.ts"],
  yargs: ["cli/words/", "daemon/command-line.ts"],
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
  /** loaded on use, when the importing file is whole */
  readonly dynamic: boolean;
}

const files = Object.keys(MAY_IMPORT).flatMap((room) => sources(room));
const imports = files.flatMap(importsOf);

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/** Every static, dynamic and type import, and every export from elsewhere. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|^import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm,
  );
  return [...found].map(([, typeOnly, from, bare, dynamic]) => ({
    file,
    target: from ?? bare ?? dynamic ?? "",
    typeOnly: typeOnly !== undefined,
    dynamic: dynamic !== undefined,
  }));
}

const room = (file: string): string => file.split("/")[0] ?? "";
/** Its sub-room; nothing for a file of the room itself. */
const subRoom = (file: string): string | undefined => file.split("/").slice(1, -1)[0];
const isRelative = ({ target }: Import): boolean => target.startsWith(".");
const resolved = ({ file, target }: Import): string => relative(ROOT, resolve(ROOT, dirname(file), target));

describe("the walls", () => {
  test("every room is found, with imports in it", () => {
    assert.deepEqual(new Set(files.map(room)), new Set(Object.keys(MAY_IMPORT)));
    assert.equal(imports.filter(isRelative).length > 100, true);
  });

  test("every import between rooms leads downwards, as the table says", () => {
    for (const one of imports.filter(isRelative)) {
      const [from, to] = [room(one.file), room(resolved(one))];
      if (from === to) continue;
      const allowed = [...(MAY_IMPORT[from] ?? []), ...(one.file.startsWith("bench/siege/") ? SIEGE : [])];
      const fits =
        allowed.includes(to) ||
        allowed.includes(resolved(one)) ||
        (one.typeOnly && allowed.includes(`types of ${to}`));
      assert.equal(fits, true, `${one.file} imports ${one.target}: ${from} may import ${allowed.join(", ")}`);
    }
  });

  test("ARCHITECTURE.md lists the rooms and sub-rooms of these tables, and names no file that does not exist", () => {
    const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    for (const name of Object.keys(MAY_IMPORT))
      assert.match(page, new RegExp(`^\\| \`${name}/\` \\|`, "m"), name);
    for (const [name, subs] of Object.entries(SUB_ROOMS)) {
      const [, listed = ""] = new RegExp(`^\\| \`${name}/\` \\| (.* · .*) \\|$`, "m").exec(page) ?? [];
      assert.deepEqual(listed.replaceAll(/ \([^)]*\)/g, "").split(" · "), subs, name);
    }
    const all = [...files, ...sources("test"), ...sources("bench")];
    for (const [name] of page.matchAll(/[a-z0-9-]+(?:\/[a-z0-9-]+)*\.ts\b/g))
      assert.ok(
        all.some((file) => file === name || file.endsWith(`/${name}`)),
        `${name} does not exist`,
      );
  });

  test("every sub-room is in the table", () => {
    for (const file of files) {
      const sub = subRoom(file);
      if (sub === undefined || room(file) === "bench") continue;
      assert.equal(SUB_ROOMS[room(file)]?.includes(sub), true, `${file}: no sub-room '${sub}'`);
    }
  });

  test("every import between sub-rooms leads downwards, types and imports on use included", () => {
    for (const one of imports.filter(isRelative)) {
      const target = resolved(one);
      const order = SUB_ROOMS[room(one.file)];
      const [from, to] = [subRoom(one.file), subRoom(target)];
      if (order === undefined || room(target) !== room(one.file) || from === undefined || from === to)
        continue;
      const fits = to !== undefined && order.indexOf(to) < order.indexOf(from);
      assert.equal(
        fits,
        true,
        `${one.file} imports ${one.target}: ${from} may not import ${to ?? "the room"}`,
      );
    }
  });

  test("a room with doors is entered through one of them", () => {
    for (const one of imports.filter(isRelative)) {
      const target = resolved(one);
      const doors = ROOM_DOORS[room(target)];
      if (doors === undefined || room(target) === room(one.file) || PAST_DOORS.has(target)) continue;
      // The types of a service tell the client what its proxies have.
      if (one.typeOnly && MAY_IMPORT[room(one.file)]?.includes(`types of ${room(target)}`) === true) continue;
      const fits = doors.some((door) => target === `${room(target)}/${door}`);
      assert.equal(fits, true, `${one.file} imports ${one.target}: the doors are ${doors.join(", ")}`);
    }
  });

  test("no folder has more files than one can look over", () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    for (const [folder, count] of counts)
      assert.equal(count <= FOLDER_MAX_FILES, true, `${folder}: ${count}`);
  });

  test("every import names the file, with its ending", () => {
    for (const one of imports.filter(isRelative)) assert.match(one.target, /\.ts$/, one.file);
  });

  test("no file imports itself by a circle, not even for types or on use", () => {
    const next = new Map<string, string[]>();
    for (const one of imports.filter(isRelative))
      next.set(one.file, [...(next.get(one.file) ?? []), resolved(one)]);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.equal(path.includes(file), false, `a circle: ${[...path, file].join(" → ")}`);
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  test("each package that touches bytes, keys or text from outside has one door", () => {
    for (const [name, doors] of Object.entries(DOORS)) {
      const users = imports
        .filter(({ target }) => target === name || target.startsWith(`${name}/`))
        .map(({ file }) => file);
      assert.notEqual(users.length, 0, `${name} is used`);
      for (const file of users)
        assert.equal(
          doors.some((door) => file.startsWith(door)),
          true,
          `${file} imports ${name}`,
        );
    }
  });

  test("only the gate makes a permitted call", () => {
    for (const file of files) {
      const makes = readFileSync(join(ROOT, file), "utf8").includes("new Permitted(");
      assert.equal(makes, file === "daemon/gate/gate.ts", file);
    }
  });

  test("no file is called utils, and nothing is left to do", () => {
    for (const file of files) {
      assert.doesNotMatch(file, /util|helper|misc|common/);
      assert.doesNotMatch(readFileSync(join(ROOT, file), "utf8"), /\b(TODO|FIXME|XXX)\b/, file);
    }
  });

  test("after the login only the outbox of a connection encodes messages, and nothing but it and the login sends", () => {
    // A default of a method is held against what could be sent.
    const encoding = ["session/outbox.ts", "daemon/services/registry.ts"];
    const sending = ["session/outbox.ts", "daemon/login/connection.ts", "client/connect/login.ts"];
    const users = (name: RegExp): readonly string[] =>
      files.filter(
        (file) =>
          /^(?:session|daemon|client)\//.test(file) && name.test(readFileSync(join(ROOT, file), "utf8")),
      );
    assert.deepEqual(users(/\bencodeMessage\(/).toSorted(), encoding.toSorted());
    assert.deepEqual(users(/(?:[lL]ink|#line)\.send\(/).toSorted(), sending.toSorted());
  });

  test("both programs begin with the flags that close what they do not need", () => {
    const closing = "#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete";
    // The daemon collects its garbage in short pieces, too.
    const lines = { "daemon/main.ts": `${closing} --max-semi-space-size=2`, "cli/main.ts": closing };
    for (const [file, line] of Object.entries(lines))
      assert.equal(readFileSync(join(ROOT, file), "utf8").split("\n", 1)[0], line, file);
  });
});
