import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { formatPublicKey } from "../../certs/public-key.ts";
import type { Children } from "../children.ts";
import { programWords } from "../places.ts";
import { ATTACKERS, attackerKey } from "./keys.ts";

/**
 * The methods of a daemon under siege: what a good client calls, and what attackers have grants for. As text: a daemon of another
 * build takes it with its own library.
 */
const serviceText = (library: string): string => `
import { callback, defineInterface, defineService, method, object, param, stream, z } from ${JSON.stringify(library)};
const box = defineInterface("thing", { ping: { params: [] } });
let text = "";
const large = () => (text ||= "x".repeat(900_000));
const aborted = (ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
export default defineService({
  add: method({ params: [param("a", z.int()), param("b", z.int())], returns: z.int(), run: ({ a, b }) => a + b }),
  echo: method({ params: [param("value", z.any())], run: ({ value }) => value }),
  list: method({ params: [param("numbers", z.array(z.int()))], run: ({ numbers }) => numbers.length }),
  hold: method({ params: [param("value", z.any())], run: (_args, ctx) => aborted(ctx) }),
  never: method({ params: [], run: (_args, ctx) => aborted(ctx) }),
  compute: method({ params: [param("ms", z.int())], run: ({ ms }) => { for (const until = performance.now() + ms; performance.now() < until; ); } }),
  fail: method({ params: [], run: () => { throw new Error("it failed"); } }),
  large: method({ params: [], run: large }),
  largeSoon: method({ params: [], run: () => new Promise((resolve) => setTimeout(resolve, 200 - (Date.now() % 200))).then(large) }),
  box: method({ params: [param("value", z.any())], returns: callback({ args: [] }), run: ({ value }) => () => value }),
  read: method({ params: [param("items", stream(z.any()))], run: async ({ items }, ctx) => { await aborted(ctx); return items; } }),
  ask: method({ params: [param("f", callback({ returns: z.any() }))], run: ({ f }) => f() }),
  numbers: method({ params: [], returns: stream(z.int()), run: function* () { for (let i = 0; ; i++) yield i; } }),
});
`;

/** One tiny grant would do for most attacks; these are all that they use. */
const GRANTS = `grants:
  good: {to: good, call: add, args: {a: int, b: int}}
  hostile: {to: hostile, call: ["**"], except: [read, ask], args: any, returns: [callback, stream]}
  hostile-streams: {to: hostile, call: read, args: {items: stream}}
  hostile-callbacks: {to: hostile, call: ask, args: {f: callback}}
`;

/**
 * Makes the files of a daemon.
 *
 * @param build - the folder of the build whose daemon it is
 * @param folder - is made
 * @returns the words that start the daemon, behind node's
 */
export async function makeSiegeState(
  children: Children,
  build: string,
  folder: string,
): Promise<readonly string[]> {
  const daemon = join(build, "daemon/main.js");
  const init = children.start(process.execPath, [...programWords(daemon), "init", folder], {
    endsBy: "input",
  });
  const code = await init.ended;
  if (code !== 0) throw new Error(`rpcd init ended with ${code}`);
  const write = (path: string, text: string): void =>
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  write("services/siege.mjs", serviceText(pathToFileURL(join(build, "service/index.js")).href));
  write("policy.yaml", policyText(readFileSync(join(folder, "client", "id_ed25519.pub"), "utf8").trim()));
  write(
    "rpcd.yaml",
    'listen: [unix:rpcd.sock, "tls://127.0.0.1:0"]\nservices: [services/siege.mjs]\nlog_format: json\n',
  );
  return [...programWords(daemon), "--config", join(folder, "rpcd.yaml")];
}

function policyText(goodKey: string): string {
  const attackers = Array.from({ length: ATTACKERS }, (_, i) =>
    [true, false].map((isGranted) => {
      const key = formatPublicKey(attackerKey(isGranted, i).publicKey);
      const roles = isGranted ? "[hostile]" : "[]";
      return `  ${isGranted ? "h" : "n"}${i}: {keys: ["${key}"], roles: ${roles}}\n`;
    }),
  );
  return `policy: 1
roles:
  good:
  hostile:
identities:
  good: {keys: [${JSON.stringify(goodKey)}], roles: [good]}
${attackers.flat().join("")}${GRANTS}`;
}
