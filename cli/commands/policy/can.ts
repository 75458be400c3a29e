import { canAnswer, findPrincipal } from "../../../policy/engine.ts";
import { Failure, usage } from "../../io/failure.ts";
import { askDaemon, printAnswer } from "../../policy/answer.ts";
import { readCatalogueFile, readPolicyFile } from "../../policy/file.ts";
import { CIRCUMSTANCES, POLICY_FILE, readMoment, readPeer } from "../../policy/options.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy can alice", "all that alice may call, as the running daemon sees it"],
    ["rpcctl policy can --file policy.yaml alice", "as a file says it: patterns, for want of a catalogue"],
  ],
  options: {
    who: { kind: "word", describe: "an identity, or AUTHORITY/NAME" },
    ...CIRCUMSTANCES,
    ...POLICY_FILE,
    ...CONNECTION,
  },

  run: async ({ who, role, via, from, at, file, catalogue: methods, ...options }, io) => {
    const peer = readPeer(via, from);
    const nowMs = readMoment(at);
    if (file === undefined) {
      if (methods !== undefined) throw usage("--catalogue belongs to --file: the daemon knows its methods");
      const moment = at === undefined ? null : new Date(nowMs);
      const named = { who, roles: role, via: peer.via, from: from ?? "", at: moment };
      return askDaemon(options, { method: "can", named }, io);
    }
    const catalogue = await readCatalogueFile(methods, io);
    const policy = await readPolicyFile({ file, nowMs, timeout: options.timeout }, catalogue, io);
    const found = findPrincipal(policy, who, role);
    if (!found.ok) throw new Failure("not_found", found.reason);
    const { principal } = found;
    printAnswer(canAnswer(policy, { principal, peer, nowMs }, catalogue), options.json, io);
    return "ok";
  },
});
