import { PrivateKey } from "../../certs/ed25519.ts";
import { connect, RpcError } from "../../client/index.ts";

/*
 * A program that calls `m` at a daemon and says what came of it, and the most memory that it ever had, in KiB. It reads one
 * item of a stream and no more, and never answers a callback.
 *
 *     node hostile-client.js ADDRESS FINGERPRINT
 */
const [address = "", fingerprint = ""] = process.argv.slice(2);

async function outcome(): Promise<string> {
  const identity = new PrivateKey(new Uint8Array(32).fill(2));
  const rpc = await connect(address, { identity, hostKeyFingerprints: [fingerprint] });
  try {
    const value = await rpc.call("m", [() => new Promise(() => undefined)]);
    if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return typeof value;
    const items = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    await items.next();
    await rpc.closed;
    for (;;) if ((await items.next()).done === true) return "the end of a stream";
  } catch (error) {
    if (error instanceof RpcError) return error.code;
    throw error;
  } finally {
    await rpc.close();
  }
}

const said = await outcome();
process.stdout.write(JSON.stringify({ said, peakKib: process.resourceUsage().maxRSS }));
