import { TestDaemon } from "./daemon.ts";
import { RawPeer } from "./peers/raw-peer.ts";

/*
 * Within a network that has twenty addresses of one /64 and one of another: how many connections of the first are
 * let in, and whether one of the second is. Printed as JSON.
 */
const daemon = await TestDaemon.start({ listen: "'tls://[::]:0'", config: "login_timeout_ms: 5000" });
const port = /:(\d+)$/.exec(daemon.at("tls"))?.[1] ?? "0";

async function isLetIn(from: string): Promise<boolean> {
  const peer = await RawPeer.connect(`tls://[${from}]:${port}`, from).catch(() => undefined);
  return peer !== undefined;
}

let sameNetwork = 0;
for (let i = 1; i <= 20; i++) if (await isLetIn(`fd00:0:0:1::${i.toString(16)}`)) sameNetwork++;
const otherNetwork = await isLetIn("fd00:0:0:2::1");
console.log(JSON.stringify({ sameNetwork, otherNetwork }));
process.exitCode = 0;
daemon.signal("SIGKILL");
await daemon.exited();
process.exit();
