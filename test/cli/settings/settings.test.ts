import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readSettings, type SettingOptions, Settings } from "../../../cli/settings/settings.ts";
import { readSettingsFile } from "../../../cli/settings/settings-file.ts";
import { inFolder } from "../../support/temp-folder.ts";
import { fakeIo } from "../fake-io.ts";

const FILE = {
  path: "/cfg/rpcctl.yaml",
  address: "unix:/file",
  identity: "/file/key",
  known_daemons: "/file/known",
  owner: ["file"],
  timeout: "3s",
};

const ENV = {
  HOME: "/home/a",
  RPCCTL_ADDRESS: "unix:/env",
  RPCCTL_IDENTITY: "/env/key",
  RPCCTL_KNOWN_DAEMONS: "/env/known",
  RPCCTL_OWNER: "env,other",
  RPCCTL_TIMEOUT: "2s",
};

const OPTIONS: SettingOptions = {
  address: "unix:/option",
  identity: "/option/key",
  "known-daemons": "/option/known",
  owner: ["option"],
  timeout: "1s",
};

const all = (settings: Settings): readonly unknown[] => [
  settings.address,
  settings.identity,
  settings.knownDaemons.write,
  settings.owners,
  settings.timeoutMs,
];

const nothing = (): boolean => false;

describe("Settings", () => {
  test("prefer an option to the environment, that to the file, and that to the default", () => {
    assert.deepEqual(all(new Settings(OPTIONS, ENV, FILE, nothing)), [
      "unix:/option",
      "/option/key",
      "/option/known",
      ["option"],
      1000,
    ]);
    assert.deepEqual(all(new Settings({}, ENV, FILE, nothing)), [
      "unix:/env",
      "/env/key",
      "/env/known",
      ["env", "other"],
      2000,
    ]);
    assert.deepEqual(all(new Settings({}, { HOME: "/home/a" }, FILE, nothing)), [
      "unix:/file",
      "/file/key",
      "/file/known",
      ["file"],
      3000,
    ]);
    assert.deepEqual(all(new Settings({}, { HOME: "/home/a" }, undefined, nothing)), [
      "unix:/home/a/.local/state/rpcd/rpcd.sock",
      "/home/a/.config/rpcctl/id_ed25519",
      "/home/a/.local/state/rpcctl/known_daemons",
      undefined,
      undefined,
    ]);
  });

  test("take the system's socket where there is one", () => {
    const settings = new Settings(
      {},
      { HOME: "/home/a" },
      undefined,
      (path) => path === "/run/rpcd/rpcd.sock",
    );
    assert.equal(settings.address, "unix:/run/rpcd/rpcd.sock");
  });

  test("read the system's known daemons before the user's, and a named file alone", () => {
    assert.deepEqual(new Settings({}, { HOME: "/home/a" }, undefined).knownDaemons.read, [
      "/etc/rpcd/known_daemons",
      "/home/a/.local/state/rpcctl/known_daemons",
    ]);
    assert.deepEqual(new Settings({ "known-daemons": "k" }, {}, undefined).knownDaemons, {
      read: ["k"],
      write: "k",
    });
    assert.deepEqual(new Settings({}, {}, undefined).knownDaemons, {
      read: ["/etc/rpcd/known_daemons"],
      write: undefined,
    });
  });

  test("follow the XDG folders, and take no notice of relative and empty ones", () => {
    const env = { HOME: "/h", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" };
    assert.equal(new Settings({}, env, undefined, nothing).identity, "/c/rpcctl/id_ed25519");
    assert.equal(new Settings({}, env, undefined, nothing).address, "unix:/s/rpcd/rpcd.sock");
    for (const folder of ["", "relative"]) {
      const other = new Settings({}, { HOME: "/h", XDG_CONFIG_HOME: folder }, undefined, nothing);
      assert.equal(other.identity, "/h/.config/rpcctl/id_ed25519");
    }
  });

  test("say what to give where there is no home", () => {
    for (const env of [{}, { HOME: "" }, { HOME: "relative" }]) {
      const settings = new Settings({}, env, undefined, nothing);
      assert.throws(() => settings.address, { ending: "usage", hints: ["give --address or RPCCTL_ADDRESS"] });
      assert.throws(() => settings.identity, {
        ending: "usage",
        hints: ["give --identity or RPCCTL_IDENTITY"],
      });
    }
  });

  test("take an empty variable for none", () => {
    assert.equal(new Settings({}, { RPCCTL_ADDRESS: "", HOME: "/h" }, FILE, nothing).address, "unix:/file");
  });

  test("read every length of time that the policy reads", () => {
    for (const [timeout, ms] of [
      ["500ms", 500],
      ["5s", 5_000],
      ["2m", 120_000],
      ["1h", 3_600_000],
      ["1d", 86_400_000],
    ] as const)
      assert.equal(new Settings({ timeout }, {}, undefined).timeoutMs, ms, timeout);
  });

  test("say where a timeout that is none stands", () => {
    assert.throws(() => new Settings({ timeout: "5" }, {}, undefined).timeoutMs, {
      message: "--timeout: a length of time was expected, like 500ms, 30s, 10m, 2h or 1d, not '5'",
      hints: ["a number needs its unit: 5s"],
    });
    assert.throws(() => new Settings({ timeout: "25h" }, {}, undefined).timeoutMs, /at most a day/);
    assert.throws(() => new Settings({}, { RPCCTL_TIMEOUT: "x" }, undefined).timeoutMs, /RPCCTL_TIMEOUT/);
    assert.throws(() => new Settings({}, {}, { path: "/f", timeout: "-1s" }).timeoutMs, /timeout in \/f/);
  });
});

const inFile = <T>(text: string, call: (path: string) => T): Promise<T> =>
  inFolder((folder) => {
    const path = join(folder, "rpcctl.yaml");
    writeFileSync(path, text, { mode: 0o600 });
    return call(path);
  });

describe("readSettingsFile", () => {
  test("reads every setting, with paths from the file's folder", async () => {
    const text =
      "address: unix:/a\nidentity: keys/me\nknown_daemons: /k\nowner: [rpcd, x]\ntimeout: 5s\ndoctor_ignore: node-line\n";
    await inFile(text, (path) => {
      assert.deepEqual(readSettingsFile(path), {
        path,
        address: "unix:/a",
        identity: join(path, "..", "keys/me"),
        known_daemons: "/k",
        owner: ["rpcd", "x"],
        timeout: "5s",
        doctor_ignore: ["node-line"],
      });
    });
    await inFile("owner: rpcd\n", (path) => assert.deepEqual(readSettingsFile(path).owner, ["rpcd"]));
    await inFile("# nothing\n", (path) => assert.equal(readSettingsFile(path).address, undefined));
  });

  test("refuses unknown fields and wrong values, all at once and with their places", async () => {
    await inFile("adress: unix:/a\ntimeout: 5\nowner: []\n", (path) => {
      assert.throws(
        () => readSettingsFile(path),
        (error: { ending: string; detail: string }) => {
          assert.equal(error.ending, "usage");
          assert.match(error.detail, /did you mean 'address'\?/);
          assert.match(error.detail, /:2:10\n/);
          assert.match(error.detail, /:3:8\n/);
          return true;
        },
      );
    });
    await inFile("- a\n", (path) => assert.throws(() => readSettingsFile(path), { ending: "usage" }));
  });

  test("refuses a file that others may write", async () => {
    await inFile("address: unix:/a\n", (path) => {
      chmodSync(path, 0o666);
      assert.throws(() => readSettingsFile(path), { name: "FileProblem", kind: "unsafe" });
    });
  });
});

describe("readSettings", () => {
  test("finds the configuration by option, variable and folder, in this order", async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, "rpcctl"));
      const write = (name: string): string => {
        const path = join(folder, "rpcctl", `${name}.yaml`);
        writeFileSync(path, `address: unix:/${name}\n`, { mode: 0o600 });
        return path;
      };
      write("rpcctl");
      const [option, variable] = [write("option"), write("variable")];
      const address = async (
        options: SettingOptions,
        env: Readonly<Record<string, string>>,
      ): Promise<string> =>
        (await readSettings(options, fakeIo({ env: { XDG_CONFIG_HOME: folder, ...env } }))).address;
      assert.equal(await address({ config: option }, { RPCCTL_CONFIG: variable }), "unix:/option");
      assert.equal(await address({}, { RPCCTL_CONFIG: variable }), "unix:/variable");
      assert.equal(await address({}, {}), "unix:/rpcctl");
    });
  });

  test("does without one, but not without one that was named", async () => {
    const settings = await readSettings({}, fakeIo({ env: { HOME: "/nowhere", RPCCTL_ADDRESS: "unix:/a" } }));
    assert.equal(settings.address, "unix:/a");
    await assert.rejects(readSettings({ config: "/nowhere/x.yaml" }, fakeIo()), { kind: "not_found" });
  });
});
