import { z } from "zod";
import { sortedMethods } from "../../catalogue/data.ts";
import {
  addressOf,
  canAnswer,
  explain,
  explainAnswer,
  findPrincipal,
  LiteralFlaw,
  type Peer,
  type Principal,
  parseCall,
  showAnswer,
} from "../../policy/engine.ts";
import {
  type Context,
  type Method,
  method,
  onlyChecks,
  param,
  RpcFault,
  type Service,
} from "../../service/engine.ts";
import { statusAnswer } from "../policy/status.ts";
import { CallContext } from "../run/call-context.ts";
import type { Session } from "../session/session.ts";
import { cataloguePage } from "./catalogue-page.ts";

/** Beyond so many grants the policy does not go into one answer. */
const SHOWN_GRANTS_MAX = 200;

const WHO = param("who", z.string());
/** Roles that a certificate gives; those of an identity stand in the policy. */
const ROLES = param("roles", onlyChecks(z.array(z.string()).default([])));
const VIA = param("via", z.enum(["unix", "tls", "stream"]).default("unix"));
const FROM = param("from", z.string().default(""));
const AT = param("at", z.union([z.date(), z.null()]).default(null), {
  shape: { type: "one_of", shapes: [{ type: "time" }, { type: "null" }] },
});

const methods = {
  explain: method({
    doc: "Says what the policy decides of a call by somebody, and why.",
    params: [WHO, param("call", z.string()), ROLES, VIA, FROM, AT, param("bytes", z.int().min(0).default(0))],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ who, call, roles, via, from, at, bytes }, context) => {
      const { policy, catalogue } = sessionOf(context);
      const principal = principalOf(context, who, roles);
      const circumstances = { principal, peer: peerOf(via, from), nowMs: momentOf(at), bytes };
      return explainAnswer(explain(policy, callOf(call), circumstances, catalogue));
    },
  }),
  can: method({
    doc: "Lists what somebody may call.",
    params: [WHO, ROLES, VIA, FROM, AT],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ who, roles, via, from, at }, context) => {
      const { policy, catalogue } = sessionOf(context);
      const principal = principalOf(context, who, roles);
      return canAnswer(policy, { principal, peer: peerOf(via, from), nowMs: momentOf(at) }, catalogue);
    },
  }),
  show: method({
    doc: "Shows the policy that is in force.",
    params: [],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: (_args, context) => {
      const { policy } = sessionOf(context);
      if (policy.tree.grants.size > SHOWN_GRANTS_MAX)
        throw new RpcFault(
          "out_of_range",
          `more than ${SHOWN_GRANTS_MAX} grants: read the policy file itself`,
        );
      return showAnswer(policy);
    },
  }),
  methods: method({
    doc: "Lists every method of the daemon, a page at a time, for whoever holds a policy against them.",
    params: [param("after", z.string().default(""))],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ after }, context) => cataloguePage(sortedMethods(sessionOf(context).catalogue), after),
  }),
  status: method({
    doc: "Says which policy is in force, and whether the last reload was refused.",
    params: [],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: (_args, context) => statusAnswer(sessionOf(context).keeper),
  }),
  reload: method({
    doc: "Reads the configuration and the policy again. A bad file changes nothing.",
    params: [],
    effect: "write",
    idempotent: true,
    reserved: true,
    errors: { refused: z.object({ hash: z.union([z.string(), z.null()]), problems: z.array(z.string()) }) },
    run: async (_args, context) => {
      const session = sessionOf(context);
      const refused = await session.keeper.reload();
      if (refused === undefined) return statusAnswer(session.keeper);
      const data = { hash: refused.hash ?? null, problems: [...refused.problems] };
      const text = "a file is refused; what was in force stays in force";
      throw new RpcFault("failed_precondition", text, { reason: "refused", data });
    },
  }),
} satisfies Record<string, Method>;

/** The daemon's own methods about its policy: each needs a grant that names it exactly. */
export const POLICY_SERVICE: Pick<Service, "name" | "methods"> = { name: "rpcd.policy", methods };

function sessionOf(context: Context): Session {
  return CallContext.sessionOf(context);
}

/** @throws Fault `not_found` */
function principalOf(context: Context, who: string, roles: readonly string[]): Principal {
  const found = findPrincipal(sessionOf(context).policy, who, roles);
  if (!found.ok) throw new RpcFault("not_found", found.reason);
  return found.principal;
}

function peerOf(via: Peer["via"], from: string): Peer & { readonly text: string | undefined } {
  if (from === "") return { via, address: undefined, text: undefined };
  const address = addressOf(from);
  if (address === undefined)
    throw new RpcFault("invalid_argument", "from: an address was expected, like 10.20.3.4");
  if (via === "unix")
    throw new RpcFault(
      "invalid_argument",
      'from: no peer on a Unix socket has an address; pass via="tls" too',
    );
  return { via, address, text: from };
}

function momentOf(at: Date | null): number {
  return at === null ? Date.now() : at.getTime();
}

function callOf(text: string): ReturnType<typeof parseCall> {
  try {
    return parseCall(text);
  } catch (error) {
    if (!(error instanceof LiteralFlaw)) throw error;
    throw new RpcFault("invalid_argument", `call: ${error.message} (character ${error.at + 1})`);
  }
}
