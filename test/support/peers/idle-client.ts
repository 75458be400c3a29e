import { loadPrivateKeyFile } from "../../../certs/private-key-file.ts";
import { connect } from "../../../client/index.ts";

/*
 * A program that logs in, says so, and waits for its end; a test stops it, or takes its network away.
 *
 *     node idle-client.js ADDRESS KEY_FILE HOST_KEY
 */
const [address = "", keyFile = "", hostKey = ""] = process.argv.slice(2);
const rpc = await connect(address, {
  identity: loadPrivateKeyFile(keyFile).key,
  hostKeyFingerprints: [hostKey],
});
process.stdout.write("ready\n");
await rpc.closed;
process.stdout.write("closed\n");
