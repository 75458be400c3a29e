import { createHash } from "node:crypto";
import { sameBytes } from "../../base/bytes.ts";
import { systemClock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { type CataloguePage, readCataloguePage } from "../../catalogue/data.ts";
import { encodeSorted } from "../../wire/cbor.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { checkCallOptions } from "../calls/check-options.ts";
import type { CallOptions, Request } from "../calls/options.ts";
import { errorOfConnection, RpcError } from "../errors/rpc-error.ts";
import { CatalogueCache } from "./cache.ts";

/** Where it is asked for. */
interface CatalogueSource {
  readonly welcome: { readonly digest: Uint8Array };
  call(request: Request): Promise<unknown>;
}

export interface CatalogueOptions extends CallOptions {
  /**
   * A folder for catalogues that were read before, made if it is not there: one that the daemon has named by its
   * digest is not asked for again. Without it nothing is kept.
   */
  readonly cacheFolder?: string | undefined;
}

/** As many methods may a daemon have: a hostile one must not fill its client's memory. */
const CATALOGUE_METHODS_MAX = 20_000;
/** And as much may they come to, in bytes. */
const CATALOGUE_MAX_BYTES = 32 * 1024 * 1024;

/**
 * What a client may call: out of the cache if it is there, else page by page from the daemon.
 *
 * @throws RpcError
 */
export async function readCatalogue(
  connection: CatalogueSource,
  { cacheFolder, ...options }: CatalogueOptions,
): Promise<Catalogue> {
  checkCallOptions(options, ["cacheFolder"]);
  const { digest } = connection.welcome;
  const cache = cacheFolder === undefined ? undefined : new CatalogueCache(cacheFolder);
  const kept = cache?.find(digest);
  // What has the digest is what the daemon means, wherever it came from.
  if (kept !== undefined && isOfDigest(kept, digest)) return catalogueOf(kept);
  const methods = await fetchMethods(connection, options);
  if (isOfDigest(methods, digest)) cache?.keep(digest, methods);
  return catalogueOf(methods);
}

function isOfDigest(methods: readonly unknown[], digest: Uint8Array): boolean {
  try {
    return sameBytes(digestOf(methods), digest);
  } catch (error) {
    // A file may hold what no daemon sends: then it has no digest.
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** SHA-256 over the sorted CBOR of each method, one after the other (docs/protocol.md, section 4). */
function digestOf(methods: readonly unknown[]): Uint8Array {
  const hash = createHash("sha256");
  for (const method of methods) hash.update(encodeSorted(method));
  return hash.digest();
}

function catalogueOf(methods: readonly unknown[]): Catalogue {
  const page = readPage({ methods, next: null });
  return new Map(page.methods.map((method) => [method.name, method]));
}

/** All methods as the daemon sent them: a later one may say more of them than this client reads. */
async function fetchMethods(
  connection: CatalogueSource,
  { timeoutMs = CALL_DEADLINE_MS, signal, trace }: CallOptions,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  const until = systemClock.monotonicMs() + timeoutMs;
  let after = "";
  let bytes = 0;
  for (;;) {
    const left = { timeoutMs: until - systemClock.monotonicMs(), signal, trace };
    const found = await connection.call({
      target: 0,
      method: "rpcd.catalogue",
      positional: [after],
      named: {},
      options: left,
    });
    const page = readPage(found);
    checkLeadsOn(page, after);
    for (const method of rawMethods(found)) {
      all.push(method);
      bytes += encodeSorted(method).length;
      if (bytes > CATALOGUE_MAX_BYTES) throw unreadable(`more than ${CATALOGUE_MAX_BYTES} bytes`);
    }
    if (all.length > CATALOGUE_METHODS_MAX) throw unreadable(`more than ${CATALOGUE_METHODS_MAX} methods`);
    if (page.next === undefined) return all;
    after = page.next;
  }
}

function rawMethods(page: unknown): readonly unknown[] {
  const methods: unknown = typeof page === "object" && page !== null && "methods" in page && page.methods;
  if (!Array.isArray(methods)) throw new Error("a page that was read has no methods");
  return methods;
}

function readPage(found: unknown): CataloguePage {
  try {
    return readCataloguePage(found);
  } catch (error) {
    throw errorOfConnection(error, "done");
  }
}

/** A page leads on: each name, and the next page's, comes after all before it. */
function checkLeadsOn(page: CataloguePage, after: string): void {
  const names = [after, ...page.methods.map(({ name }) => name)];
  const last = names.at(-1) ?? after;
  const inOrder = names.every((name, i) => i === 0 || name > (names[i - 1] ?? name));
  if (inOrder && (page.next === undefined || (page.next === last && page.next !== after))) return;
  throw unreadable("it does not lead on");
}

function unreadable(why: string): RpcError {
  return new RpcError("protocol_error", `the daemon's catalogue cannot be read: ${why}`, {
    origin: "channel",
  });
}
