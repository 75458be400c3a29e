import { z } from "zod";
import { bindArguments } from "../base/bind.ts";
import { methodData } from "../base/catalogue-data.ts";
import { Fault } from "../base/fault.ts";
import { decide } from "../policy/index.ts";
import { type Method, method, param } from "../service/method.ts";
import type { Service } from "../service/service.ts";
import { CallContext } from "./call-context.ts";

/**
 * A page of the catalogue ends when it has so many items, or bytes of text: the message around one more method
 * would come near the limits. A single method is less than a message; the registry has seen to that.
 */
const PAGE_MAX_ITEMS = 4_000;
const PAGE_MAX_BYTES = 256 * 1024;

const methods = {
  catalogue: method({
    doc: "Lists the methods that the caller may call, a page at a time.",
    params: [param("after", z.string().default(""))],
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ after }, context) => {
      const all = CallContext.sessionOf(context)
        .table(Date.now())
        .methods.filter(({ name }) => name > after);
      const page: unknown[] = [];
      const size = { items: 0, bytes: 0 };
      for (const entry of all) {
        const data = methodData(entry);
        addSize(data, size);
        if (page.length > 0 && (size.items > PAGE_MAX_ITEMS || size.bytes > PAGE_MAX_BYTES)) break;
        page.push(data);
      }
      return { methods: page, next: page.length < all.length ? (all[page.length - 1]?.name ?? null) : null };
    },
  }),
  can: method({
    doc: "Says whether the caller may make a call, without making it.",
    params: [
      param("method", z.string()),
      param("positional", z.array(z.unknown()).default([])),
      param("named", z.record(z.string(), z.unknown()).default({})),
    ],
    returns: z.boolean(),
    effect: "read",
    idempotent: true,
    reserved: true,
    run: ({ method: name, positional, named }, context) => {
      const row = CallContext.sessionOf(context).table(Date.now()).rows.get(name);
      if (row === undefined) return false;
      const args = bindArguments(row.entry, positional, named);
      if (args instanceof Fault) return false;
      return row.grants === "open" || decide(row.grants, args).allowed;
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

/** Adds up the values and the text in something that is plain data. */
function addSize(data: unknown, size: { items: number; bytes: number }): void {
  size.items++;
  if (typeof data === "string") size.bytes += Buffer.byteLength(data);
  if (typeof data !== "object" || data === null || data instanceof Uint8Array) return;
  for (const inner of Object.values(data)) addSize(inner, size);
}

/**
 * The daemon's own methods. They are open to every authenticated principal, since they tell nobody more than
 * their own rights.
 */
export const BUILT_IN_SERVICE: Pick<Service, "name" | "methods"> = { name: "rpcd", methods };
