import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Children } from "../children.ts";
import { builtPath, programWords } from "../places.ts";
import { policyText } from "./policy.ts";

/** More than E opens, in any plan. */
const HELD_CONNECTIONS_MAX = 10_000;

/** The files of a daemon, as `rpcd init` made them: the bench has its own policy, service and configuration. */
export interface State {
  readonly folder: string;
  readonly config: string;
  /** the folder of the client's key, pins and settings */
  readonly client: string;
}

/** Makes the state of a daemon in a new folder. Two daemons may use it one after the other, not together. */
export async function makeState(children: Children, folder: string): Promise<State> {
  const init = children.start(
    process.execPath,
    [...programWords(builtPath("daemon/main.js")), "init", folder],
    {
      endsBy: "input",
    },
  );
  const code = await init.ended;
  if (code !== 0) throw new Error(`rpcd init ended with ${code}`);
  const client = join(folder, "client");
  const write = (path: string, text: string): void =>
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  const service = JSON.stringify(builtPath("bench/rpcd/service.js"));
  write("services/bench.mjs", `export { default } from ${service};\n`);
  write("policy.yaml", policyText(readFileSync(join(client, "id_ed25519.pub"), "utf8").trim()));
  write("rpcd.yaml", configurationText());
  return { folder, config: join(folder, "rpcd.yaml"), client };
}

/**
 * Everything is on, as in production: audit to a file, every limit. What differs from the defaults is said
 * here, with its reason, and nowhere else.
 */
function configurationText(): string {
  const options: Readonly<Record<string, string>> = {
    // The kernel chooses the port; the bench reads it from the log.
    listen: '[unix:rpcd.sock, "tls://127.0.0.1:0"]',
    services: "[services/bench.mjs]",
    log_format: "json",
    // E has one principal hold them all.
    max_connections_per_principal: String(HELD_CONNECTIONS_MAX),
  };
  return Object.entries(options)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}
