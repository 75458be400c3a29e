/** A service that looks at the sandbox from within, and misbehaves on demand. */
export const PROBE_SERVICE = `
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { promisify } from "node:util";
import { defineService, method, param, z } from "rpcd/service";
const attempt = (work) => { try { return String(work()); } catch (error) { return error.code ?? error.message; } };
let running = 0;
let children = 0;
export default defineService("probe", {
  read: method({ params: [param("path", z.string())], run: ({ path }) => attempt(() => readFileSync(path).length) }),
  write: method({ params: [param("path", z.string())], run: ({ path }) => attempt(() => writeFileSync(path, "x")) }),
  processes: method({ params: [], run: () => readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length }),
  variables: method({ params: [], run: () => Object.keys(process.env).filter((name) => /NOTIFY|LISTEN|WATCHDOG/.test(name)) }),
  descriptors: method({ params: [], run: async () => (await promisify(execFile)("/bin/ls", ["/proc/self/fd"])).stdout.trim().split(/\\s+/) }),
  dial: method({ params: [param("host", z.string()), param("port", z.int())], run: ({ host, port }) => new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on("connect", () => { socket.destroy(); resolve("connected"); });
    socket.on("error", (error) => resolve(error.code));
  }) }),
  restart: method({ params: [param("unit", z.string())], run: async ({ unit }) => {
    try { await promisify(execFile)("/usr/bin/systemctl", ["--no-ask-password", "restart", unit]); return "restarted"; }
    catch (error) { return error.stderr; }
  } }),
  children: method({ params: [param("count", z.int()), param("seconds", z.int())], run: async ({ count, seconds }) => {
    children += count;
    await Promise.all(Array.from({ length: count }, () => promisify(execFile)("/bin/sleep", [String(seconds)])));
    return "done";
  } }),
  started: method({ params: [], run: () => children }),
  spin: method({ params: [], run: () => { for (;;); } }),
  slow: method({ params: [param("ms", z.int())], run: async ({ ms }) => { running++; await new Promise((done) => setTimeout(done, ms)); running--; return "done"; } }),
  running: method({ params: [], run: () => running }),
  pid: method({ params: [], run: () => process.pid }),
});
`;

export const PROBE_GRANTS = `
  probing: {to: caller, call: "probe.*", args: any}
`;
