// The RPC recipe, without what was dangerous in it:
//
//   node examples/recipe/main.mjs            over a Unix socket
//   node examples/recipe/main.mjs tls        over TCP and TLS 1.3
//   node examples/recipe/main.mjs memory     over a pair of streams in this process
import { duplexPair } from "node:stream";
import { makeState } from "../state.mjs";
import { GRANTS, server } from "./functions.mjs";

const kind = process.argv[2] ?? "unix";
const state = await makeState({
  grants: GRANTS,
  listen: kind === "tls" ? "'tls://127.0.0.1:0'" : "unix:rpcd.sock",
});
const daemon = await server.serve(state.config);

// The messaging layer is one line; what travels over it is the same.
const layers = {
  unix: () => state.connect(daemon.addresses[0]),
  tls: () => state.connect(daemon.addresses[0]),
  memory: async () => {
    const [near, far] = duplexPair();
    await daemon.serve(far);
    return state.connectOver(near);
  },
};
const rpc = await (layers[kind] ?? layers.unix)();

// The proxy's attributes are the functions of the server.
const proxy = rpc.service();
console.log("add(2, 3) =", await proxy.add(2, 3));
console.log("sub(2, 3) =", await proxy.sub(2, 3));
try {
  await proxy.sub([1, 2], 4);
} catch (error) {
  console.log(`sub([1, 2], 4): ${error.code}, argument ${error.issues[0].path}: ${error.issues[0].message}`);
}
console.log("and the server is well: add(20, 22) =", await proxy.add(20, 22));

await rpc.close();
await daemon.drain();
