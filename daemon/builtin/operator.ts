import { z } from "zod";
import { type Method, method, param, RpcFault, type Service } from "../../service/engine.ts";
import { CallContext } from "../run/call-context.ts";
import type { SessionsNamed } from "../session/operator.ts";

const AFTER = param("after", z.string().default(""));

const operatorMethods = {
  health: method({
    doc: "Says whether all is well with the daemon, and if not, what to do.",
    params: [],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: (_args, context) => CallContext.sessionOf(context).operator.health(),
  }),
  stats: method({
    doc: "Says what the daemon is doing, and what it has done since it began; the methods a page at a time.",
    params: [AFTER],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ after }, context) => CallContext.sessionOf(context).operator.stats(after),
  }),
} satisfies Record<string, Method>;

const sessionMethods = {
  list: method({
    doc: "Lists who is logged in, a page at a time.",
    params: [AFTER],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ after }, context) => CallContext.sessionOf(context).operator.sessions(after),
  }),
  end: method({
    doc: "Ends a session, by its connection, or all sessions of a principal. Either may log in again.",
    params: [param("connection", z.string().default("")), param("principal", z.string().default(""))],
    returns: z.int(),
    effect: "write",
    reserved: true,
    run: async (args, context) => {
      const { operator, principal, connection } = CallContext.sessionOf(context);
      const ended = await operator.endSessions(namedBy(args), principal.name, connection);
      if (ended === undefined)
        throw new RpcFault("not_found", "there is no session of this connection: rpcd.sessions.list has all");
      return ended;
    },
  }),
} satisfies Record<string, Method>;

/** The daemon's own methods for whoever watches over it: each needs a grant that names it exactly. */
export const OPERATOR_SERVICE: Pick<Service, "name" | "methods"> = { name: "rpcd", methods: operatorMethods };
export const SESSIONS_SERVICE: Pick<Service, "name" | "methods"> = {
  name: "rpcd.sessions",
  methods: sessionMethods,
};

/** @throws RpcFault `invalid_argument` */
function namedBy({
  connection,
  principal,
}: {
  readonly connection: string;
  readonly principal: string;
}): SessionsNamed {
  if ((connection === "") === (principal === ""))
    throw new RpcFault(
      "invalid_argument",
      "one of the two was expected: the connection, or the principal whose sessions are to be ended",
    );
  return connection === "" ? { principal } : { connection };
}
