// The demonstration of RPyC: the client opens a file, and passes the open file and a function. The daemon iterates the one
// and calls the other; both run here.
import { open } from "node:fs/promises";
import { inspect } from "node:util";
import { createServer } from "rpcd/daemon";
import { makeState } from "../state.mjs";
import service, { GRANTS } from "./service.mjs";

const state = await makeState({ grants: GRANTS, listen: "unix:rpcd.sock" });
const daemon = await createServer().register(service).serve(state.config);
const rpc = await state.connect(daemon.addresses[0]);

const noisy = (line) => console.log("Noisy:", inspect(line));

const file = await open(new URL("testfile.txt", import.meta.url));
const text = rpc.service("text");
const count = await text.countLines(file, noisy);
console.log("The number of lines in the file was", count);

await file.close();
await rpc.close();
await daemon.drain();
