import assert from "node:assert/strict";
import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { polkitRule } from "../../../daemon/systemd/unit-files.ts";
import { NODE_FLAGS, PACKAGE, RPCD } from "../../support/daemon.ts";
import { inFolder } from "../../support/temp-folder.ts";

/** Where the package lies for these tests: a service cannot see what lies under /home or /tmp, and the tests may lie there. */
const SEEN = "/mnt/rpcd";
const SCRIPT = `
mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir ${SEEN} && mount --bind "$0" ${SEEN} || exit 99
exec "$@"
`;
/** Words in front of a command: with mounts of its own, of which nothing is left when it has ended. */
const MOUNTED = ["unshare", "--mount", "/bin/sh", "-c", SCRIPT, PACKAGE];
/** A Node that somebody has in their home is none for a service, and is refused. */
const HIDDEN_NODE = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//.test(realpathSync(process.execPath));
const CANNOT_MOUNT =
  !HIDDEN_NODE &&
  spawnSync(MOUNTED[0] ?? "", [...MOUNTED.slice(1), "/bin/true"]).status === 0 &&
  existsSync("/usr/bin/systemd-sysusers")
    ? false
    : "this user may mount nothing, there is no systemd, or Node lies where no service sees it";

function install(
  root: string,
  ...words: readonly string[]
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const main = join(SEEN, "dist/daemon/main.js");
  const command = [process.execPath, ...NODE_FLAGS, main, "install-units", "--root", root, ...words];
  const [program = "", ...rest] = [...MOUNTED, ...command];
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

function analyze(...words: readonly string[]): SpawnSyncReturns<string> {
  const [program = "", ...rest] = [...MOUNTED, "systemd-analyze", ...words];
  return spawnSync(program, rest, { encoding: "utf8" });
}

/** Every file and link below a folder, with its mode. */
function listing(folder: string, at = ""): readonly string[] {
  return readdirSync(join(folder, at), { withFileTypes: true }).flatMap((entry) => {
    const path = `${at}/${entry.name}`;
    if (entry.isDirectory()) return listing(folder, path);
    return [`${path} ${(lstatSync(join(folder, path)).mode & 0o7777).toString(8)}`];
  });
}

/** What systemd-sysusers makes beside ours. */
const OF_SYSUSERS = /^\/etc\/(\.pwd\.lock|(passwd|shadow|group|gshadow)-?) /;

const POLKIT = "/etc/polkit-1/rules.d/50-rpcd-restart.rules";
const UNITS = [
  "/etc/logrotate.d/rpcd 644",
  "/etc/systemd/system/rpcd.service 644",
  "/etc/systemd/system/rpcd.socket 644",
  "/etc/sysusers.d/rpcd.conf 644",
  "/etc/tmpfiles.d/rpcd.conf 644",
];
const OWN = [
  "/etc/rpcd/host_key 600",
  "/etc/rpcd/host_key.pub 644",
  "/etc/rpcd/known_daemons 644",
  "/etc/rpcd/node_modules/rpcd 777",
  "/etc/rpcd/package.json 644",
  "/etc/rpcd/policy.yaml 640",
  "/etc/rpcd/rpcd.yaml 640",
  "/etc/rpcd/services/example.mjs 644",
];

describe("rpcd install-units --root", { skip: CANNOT_MOUNT }, () => {
  test("fills an empty folder, changes nothing the second time, and takes away what it put there and no more", () =>
    inFolder((root) => {
      const wouldBe = install(root, "--dry-run");
      assert.deepEqual([wouldBe.status, listing(root)], [0, []], wouldBe.err);
      assert.deepEqual(
        wouldBe.out.trimEnd().split("\n").toSorted(),
        [
          ...UNITS.map((line) => `would write ${root}${line.split(" ")[0]}`),
          ...OWN.map((line) => `would make ${root}${line.split(" ")[0]}`),
        ].toSorted(),
      );
      const first = install(root);
      assert.equal(first.status, 0, first.err);
      assert.equal(install(root, "--dry-run").out, "nothing to do\n");
      const found = listing(root).filter((line) => !OF_SYSUSERS.test(line));
      assert.deepEqual(found.toSorted(), [...UNITS, ...OWN].toSorted());
      for (const line of UNITS)
        assert.ok(first.out.includes(`wrote ${root}${line.split(" ")[0]}\n`), first.out);
      assert.match(readFileSync(join(root, "etc/passwd"), "utf8"), /^rpcd:/m);
      assert.equal(statSync(join(root, "run/rpcd")).mode & 0o7777, 0o755);
      const key = readFileSync(join(root, "etc/rpcd/host_key"), "utf8");
      writeFileSync(join(root, "etc/systemd/system/rpcd.socket"), "[Socket]\n");
      const rotation = join(root, "etc/logrotate.d/rpcd");
      writeFileSync(rotation, readFileSync(rotation, "utf8").replace("rotate 400", "rotate 30"));
      const second = install(root);
      assert.match(readFileSync(rotation, "utf8"), /rotate 30\n/, "how long records are kept is the host's");
      assert.equal(second.status, 0, second.err);
      assert.match(
        second.out,
        new RegExp(`^wrote ${root}/etc/systemd/system/rpcd\\.socket\n\nNext, on the host`),
      );
      assert.equal(readFileSync(join(root, "etc/rpcd/host_key"), "utf8"), key, "the host key is kept");
      // What a first run did not come to, or what has moved since, the next one mends.
      const [pins, link] = ["known_daemons", "node_modules/rpcd"].map((name) => join(root, "etc/rpcd", name));
      const pinned = readFileSync(String(pins), "utf8");
      rmSync(String(pins));
      rmSync(String(link));
      symlinkSync("/nowhere/rpcd", String(link));
      const third = install(root);
      assert.match(third.out, new RegExp(`^made ${pins}\nmade ${link}\n\nNext, on the host`));
      assert.deepEqual([readFileSync(String(pins), "utf8"), readlinkSync(String(link))], [pinned, SEEN]);
      const rule = install(root, "--allow-restart", "nginx,web@1.service");
      assert.match(rule.out, new RegExp(`^wrote ${root}${POLKIT}\n`));
      assert.match(readFileSync(join(root, POLKIT), "utf8"), /\["nginx\.service","web@1\.service"\]/);
      const removed = install(root, "--remove");
      assert.deepEqual(
        [removed.status, removed.out.split("\n").filter((line) => line.startsWith("removed ")).length],
        [0, UNITS.length + 1],
      );
      const left = listing(root).filter((line) => !OF_SYSUSERS.test(line));
      assert.deepEqual(left.toSorted(), OWN.toSorted());
    }));

  test("writes nothing out of an image, or into a folder of somebody else, and takes nothing away there", () =>
    inFolder((folder) => {
      const [outside, image] = [join(folder, "outside"), join(folder, "image")];
      mkdirSync(join(outside, "system"), { recursive: true });
      writeFileSync(join(outside, "system/rpcd.service"), "mine");
      mkdirSync(join(image, "etc"), { recursive: true });
      const refuses = (said: RegExp, ...words: readonly string[]): void => {
        const { status, err } = install(image, ...words);
        assert.equal(status, 78, err);
        assert.match(err, said);
      };
      for (const name of ["systemd", "rpcd", "sysusers.d"]) {
        const link = join(image, "etc", name);
        symlinkSync(outside, link);
        refuses(/is a link, which would lead out of the image\n {2}mend: put a folder there/);
        if (name !== "rpcd") refuses(/is a link/, "--remove");
        rmSync(link);
      }
      mkdirSync(join(image, "etc/systemd"));
      chownSync(join(image, "etc/systemd"), 65_534, 65_534);
      refuses(/belongs to user 65534/);
      refuses(/belongs to user 65534/, "--remove");
      assert.deepEqual(readdirSync(join(image, "etc")), ["systemd"]);
      assert.deepEqual(listing(outside), ["/system/rpcd.service 644"]);
    }));

  test("says of an image that is not there that there is nothing to take away", () =>
    inFolder((folder) => {
      const { status, err } = install(join(folder, "nowhere"), "--remove");
      assert.equal(status, 78);
      assert.match(err, /nowhere: there is no such folder/);
    }));

  test("makes folders that the service can read, whatever the umask is", () =>
    inFolder((root) => {
      const before = process.umask(0o077);
      try {
        assert.equal(install(root).status, 0);
      } finally {
        process.umask(before);
      }
      for (const name of ["rpcd/services", "rpcd/node_modules", "systemd/system", "tmpfiles.d"])
        assert.equal(statSync(join(root, "etc", name)).mode & 0o777, 0o755, name);
    }));

  test("refuses a package whose path a unit would read as something else, or that somebody else may change", () =>
    inFolder((root) => {
      const at = (place: string, change: string): string => {
        const script = `mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir "${place}" && cp -r "$0/dist" "$0/systemd" "$0/package.json" "${place}" && ln -s "$0/node_modules" "${place}/node_modules" && ${change} || exit 99\nexec "$@"`;
        const command = [
          process.execPath,
          ...NODE_FLAGS,
          `${place}/dist/daemon/main.js`,
          "install-units",
          "--root",
          root,
        ];
        const { status, stderr } = spawnSync(
          MOUNTED[0] ?? "",
          ["--mount", "/bin/sh", "-c", script, PACKAGE, ...command],
          {
            encoding: "utf8",
          },
        );
        assert.equal(status, 78, stderr);
        return stderr;
      };
      assert.match(at("/mnt/rp cd", "true"), /has characters that mean something else in a unit/);
      assert.match(
        at("/mnt/rpcd", "chmod go+w /mnt/rpcd/dist/daemon/main.js"),
        /main\.js: the file has mode 0\d\d\d, so others may write to it/,
      );
      assert.match(at("/mnt/rpcd", "chown 65534 /mnt/rpcd"), /belongs to user 65534/);
      assert.deepEqual(readdirSync(root), []);
    }));

  test("writes the units of systemd/ with the paths of this host; systemd-analyze finds them clean, and exposed by 0.5 at most", (t) =>
    inFolder((root) => {
      assert.equal(install(root).status, 0);
      const flags = process.allowedNodeEnvironmentFlags.has("--disable-sigusr1") ? " --disable-sigusr1" : "";
      for (const [name, path] of [
        ["rpcd.service", "etc/systemd/system/rpcd.service"],
        ["rpcd.socket", "etc/systemd/system/rpcd.socket"],
        ["rpcd.sysusers.conf", "etc/sysusers.d/rpcd.conf"],
        ["rpcd.tmpfiles.conf", "etc/tmpfiles.d/rpcd.conf"],
        ["rpcd.logrotate", "etc/logrotate.d/rpcd"],
      ] as const) {
        const node = execFileSync("realpath", [process.execPath], { encoding: "utf8" }).trim();
        const written = readFileSync(join(root, path), "utf8")
          .replaceAll(`${node}${flags}`, "/usr/bin/node")
          .replaceAll(SEEN, "/usr/lib/node_modules/rpcd");
        assert.equal(written, readFileSync(join(PACKAGE, "systemd", name), "utf8"), name);
      }
      const unit = join(root, "etc/systemd/system/rpcd.service");
      const { stdout } = analyze("security", "--offline=true", "--no-pager", unit);
      const [, exposure] = /Overall exposure level for rpcd\.service: ([0-9.]+)/.exec(stdout) ?? [];
      t.diagnostic(`exposure: ${exposure}`);
      assert.ok(Number(exposure) <= 0.5, stdout);
      const said = analyze("verify", "--man=no", unit, join(root, "etc/systemd/system/rpcd.socket"));
      const about = (said.stdout + said.stderr).split("\n").filter((line) => line.includes("rpcd"));
      assert.deepEqual([said.status, about], [0, []]);
    }));
});

describe("rpcd install-units", () => {
  test("refuses a node or a package that the service could not see, with what mends it, and writes nothing", () =>
    inFolder(async (folder) => {
      const root = join(folder, "root");
      mkdirSync(root, { mode: 0o700 });
      // The whole of it lies under /tmp, also where the tests do not.
      const copy = join(folder, "node");
      execFileSync("cp", [process.execPath, copy]);
      const { status, stderr } = spawnSync(copy, [...NODE_FLAGS, RPCD, "install-units", "--root", root], {
        encoding: "utf8",
      });
      assert.equal(status, 78, stderr);
      assert.match(
        stderr,
        /node: the service cannot see it there: homes and \/tmp are hidden from it\n {2}mend: install node/,
      );
      assert.deepEqual(readdirSync(root), []);
    }));

  test("without --root is for root alone", { skip: CANNOT_MOUNT }, () => {
    // Where everybody reaches it: the package may lie in a home of root's.
    const command = [process.execPath, ...NODE_FLAGS, join(SEEN, "dist/daemon/main.js"), "install-units"];
    const user = process.geteuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];
    const [program = "", ...rest] = [...MOUNTED, ...user, ...command];
    const { status, stderr } = spawnSync(program, rest, { encoding: "utf8" });
    assert.equal(status, 78, stderr);
    assert.match(stderr, /only root can put units in place\n {2}mend: sudo rpcd install-units/);
  });

  test("--allow-restart takes names of services, and nothing that could end a text or a path", () => {
    for (const name of [
      "",
      "a b",
      "a.timer",
      "a.socket",
      'a"b',
      "a'b",
      "a\\b",
      "a/b",
      "../a",
      "a\nb",
      "a\u2028b",
      "-a",
      ".a",
      "a;b",
      "é",
      "x".repeat(202),
    ])
      assert.throws(() => polkitRule(["nginx", name]), { kind: "malformed" }, JSON.stringify(name));
    const { text } = polkitRule(["nginx", "web@1.service", "x".repeat(201)]);
    assert.match(text, /const units = \["nginx\.service","web@1\.service","x{201}\.service"\];/);
  });
});
