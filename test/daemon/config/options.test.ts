import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FAULT_TEXT } from "../../../base/fault.ts";
import { loadConfig } from "../../../daemon/config/config.ts";
import { OPTIONS, type Option } from "../../../daemon/config/options.ts";
import { PACKAGE } from "../../support/daemon.ts";

const doc = (name: string): string => readFileSync(join(PACKAGE, "docs", name), "utf8");

function valueWords(option: Option): string {
  if (option.type === "word") return option.words.map((word) => `\`${word}\``).join(", ");
  if (option.type === "whole") return `${option.min} to ${option.max} ${option.unit}`;
  return {
    path: "a path",
    paths: "paths, a list or one",
    addresses: "addresses, a list or one",
    startups: "START:PERCENT:FULL, between quotes",
    mode: "a mode, between quotes",
    metrics_address: "`unix:/path`, `http://127.0.0.1:PORT` or `http://[::1]:PORT`",
  }[option.type];
}

/** The rows of the table in docs/configuration.md. */
export function optionRows(): string {
  return OPTIONS.map((option) => {
    const fallback = typeof option.default === "object" ? option.default.join(", ") : String(option.default);
    const name = option.reloads === true ? `\`${option.name}\` ↻` : `\`${option.name}\``;
    return `| ${name} | ${valueWords(option)} | ${fallback === "" ? "none" : `\`${fallback}\``} | ${option.meaning} |`;
  }).join("\n");
}

describe("the options", () => {
  test("stand in docs/configuration.md as they stand in the table", () => {
    assert.equal(
      doc("configuration.md").includes(optionRows()),
      true,
      `the table should be:\n${optionRows()}`,
    );
  });

  test("have defaults that the checks accept", () => {
    const { config, problems } = loadConfig(Buffer.from(""), "/srv/rpcd");
    assert.deepEqual(problems, []);
    assert.deepEqual(config, {
      listen: [{ kind: "unix", path: "/srv/rpcd/rpcd.sock" }],
      socketMode: 0o600,
      hostKey: "/srv/rpcd/host_key",
      otherHostKeys: [],
      policy: "/srv/rpcd/policy.yaml",
      services: [],
      audit: "/srv/rpcd/audit.jsonl",
      auditReserve: 64 * 1024 * 1024,
      logLevel: "info",
      logFormat: "auto",
      loginTimeoutMs: 10_000,
      admission: {
        network: { start: 10, percent: 30, full: 100 },
        local: { start: 100, percent: 30, full: 200 },
        perSource: 10,
      },
      connectionsPerPrincipal: 16,
      heldMax: 96 * 1024 * 1024,
      liveness: { silentMs: 30_000, answerMs: 15_000 },
      deniedCalls: { burst: 100, perSecond: 10 },
      referenceIdleMs: 300_000,
      drainTimeoutMs: 10_000,
      statusFile: "/srv/rpcd/rpcd.status.json",
      metrics: undefined,
    });
  });

  test("take one value where a list may stand", () => {
    const { config } = loadConfig(Buffer.from("services: a.mjs\nlisten: unix:/run/x.sock\n"), "/srv");
    assert.deepEqual(
      [config?.services, config?.listen],
      [["/srv/a.mjs"], [{ kind: "unix", path: "/run/x.sock" }]],
    );
  });

  test("cannot be reached by a key that JavaScript gives a meaning", () => {
    for (const key of ["__proto__", "constructor", "toString"]) {
      const { config, problems } = loadConfig(Buffer.from(`${key}: 1\n`), "/srv");
      assert.deepEqual([config, problems[0]?.code], [undefined, "C201"], key);
    }
  });
});

describe("the codes of faults", () => {
  test("stand in docs/errors.md, each once, and no other", () => {
    const listed = [...doc("errors.md").matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    assert.deepEqual(listed, Object.keys(FAULT_TEXT));
  });

  test("stand in docs/protocol.cddl, and no other", () => {
    const [, rule = ""] = /fault-code = ([^;]*)/.exec(doc("protocol.cddl")) ?? [];
    assert.deepEqual(
      [...rule.matchAll(/"([a-z_]+)"/g)].map(([, code]) => code),
      Object.keys(FAULT_TEXT),
    );
  });
});
