import { z } from "zod";
import { isLive, type MethodEntry } from "../../catalogue/catalogue.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { admit } from "../../policy/engine.ts";
import { type Method, method, onlyChecks, param, type Service } from "../../service/engine.ts";
import { CallContext } from "../run/call-context.ts";
import { cataloguePage } from "./catalogue-page.ts";

const methods = {
  catalogue: method({
    doc: "Lists the methods that the caller may call, a page at a time.",
    params: [param("after", z.string().default(""))],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ after }, context) =>
      cataloguePage(CallContext.sessionOf(context).table(Date.now()).methods, after),
  }),
  can: method({
    doc: "Says whether the caller may make a call, without making it. What the method needs by reference counts as given.",
    params: [
      param("method", z.string()),
      param("positional", onlyChecks(z.array(z.unknown()).default([]))),
      param("named", onlyChecks(z.record(z.string(), z.unknown()).default({}))),
    ],
    returns: z.boolean(),
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ method: name, positional, named }, context) => {
      const { rows } = CallContext.sessionOf(context).table(Date.now());
      const row = rows.get(name);
      const values = { positional, named: { ...(row && liveUnsaid(row.entry, positional)), ...named } };
      return admit(rows, { message: { method: name, args: { values } }, bytes: 0 }).allowed;
    },
  }),
  whoami: method({
    doc: "Says who the caller is to this daemon.",
    params: [],
    returns: z.object({
      principal: z.string(),
      roles: z.array(z.string()),
      key: z.string(),
      via: z.enum(["unix", "tls", "stream"]),
      connection: z.string(),
    }),
    effect: "read",
    idempotent: true,
    reserved: true,
    run: (_args, context) => {
      const { principal, key, peer, connection } = CallContext.sessionOf(context);
      return { principal: principal.name, roles: [...principal.roles], key, via: peer.via, connection };
    },
  }),
} satisfies Record<string, Method>;

/**
 * What is passed by reference cannot be named in a question, which is data: where the method needs it, it is there. No policy looks
 * further than at its kind.
 */
function liveUnsaid(
  { params }: MethodEntry,
  positional: readonly unknown[],
): Readonly<Record<string, LiveReference>> {
  const needed = params
    .slice(positional.length)
    .flatMap(({ name, shape, optional }) =>
      isLive(shape) && !optional ? [[name, new LiveReference(shape.type)] as const] : [],
    );
  return Object.fromEntries(needed);
}

/**
 * The daemon's own methods. They are open to every authenticated principal, since they tell nobody more than
 * their own rights.
 */
export const BUILT_IN_SERVICE: Pick<Service, "name" | "methods"> = { name: "rpcd", methods };
