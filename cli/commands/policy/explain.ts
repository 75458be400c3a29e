import {
  type CallLiteral,
  explain,
  explainAnswer,
  findPrincipal,
  LiteralFlaw,
  parseCall,
} from "../../../policy/engine.ts";
import type { Ending } from "../../io/exit.ts";
import { Failure, usage } from "../../io/failure.ts";
import { type Answer, askDaemon, printAnswer } from "../../policy/answer.ts";
import { readCatalogueFile, readPolicyFile } from "../../policy/file.ts";
import { CIRCUMSTANCES, POLICY_FILE, readMoment, readPeer } from "../../policy/options.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy explain alice 'add(2, 3)'", "what the running daemon decides, and why"],
    [
      "rpcctl policy explain --file policy.yaml --via tls --from 10.20.3.4 ci-runner 'service.deploy(unit=\"db\")'",
      "what a file says of it",
    ],
    ["rpcctl policy explain --role viewer fleet-ca/web-7 'add(2, 3)'", "for whoever shows a certificate"],
  ],
  options: {
    who: { kind: "word", describe: "an identity, or AUTHORITY/NAME" },
    call: { kind: "word", describe: 'the call: METHOD(2, unit="web", file=<stream>)' },
    bytes: { kind: "text", value: "BYTES", describe: "the size of its message; 0 where nothing is said" },
    ...CIRCUMSTANCES,
    ...POLICY_FILE,
    ...CONNECTION,
  },
  notes: `Values are written as RFC 8949, section 8, does: 3, 0.5, "text", true, null, h'00ff', [1, 2], {"a": 1},
1(1767225600) for a time; <callback>, <stream> and <object> stand for what is passed live. Limits are not asked.

It ends with 0 for allowed, 1 for denied or undecided, 5 if the daemon would refuse the file (rpcctl help exit-codes).`,

  run: async ({ who, call, bytes, role, via, from, at, file, catalogue: methods, ...options }, io) => {
    const literal = readCall(call);
    const size = readSize(bytes);
    const peer = readPeer(via, from);
    const nowMs = readMoment(at);
    if (file === undefined) {
      if (methods !== undefined) throw usage("--catalogue belongs to --file: the daemon knows its methods");
      const moment = at === undefined ? null : new Date(nowMs);
      const named = { who, call, roles: role, via: peer.via, from: from ?? "", at: moment, bytes: size };
      return askDaemon(options, { method: "explain", named }, io, endingOf);
    }
    const catalogue = await readCatalogueFile(methods, io);
    const policy = await readPolicyFile({ file, nowMs, timeout: options.timeout }, catalogue, io);
    const found = findPrincipal(policy, who, role);
    if (!found.ok) throw new Failure("not_found", found.reason);
    const { principal } = found;
    const answer = explainAnswer(
      explain(policy, literal, { principal, peer, nowMs, bytes: size }, catalogue),
    );
    printAnswer(answer, options.json, io);
    return endingOf(answer);
  },
});

function endingOf({ decision }: Answer): Ending {
  return decision === "allow" ? "ok" : "findings";
}

function readCall(text: string): CallLiteral {
  try {
    return parseCall(text);
  } catch (error) {
    if (!(error instanceof LiteralFlaw)) throw error;
    throw usage(`CALL: ${error.message} (character ${error.at + 1} of '${text}')`);
  }
}

function readSize(bytes: string | undefined): number {
  const size = Number(bytes ?? 0);
  if (/^\d{1,12}$/.test(bytes ?? "0")) return size;
  throw usage(`--bytes: a whole number from 0 was expected, not '${bytes}'`);
}
