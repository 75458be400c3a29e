import { Fault } from "../../base/fault.ts";
import type { Catalogue, MethodEntry } from "../../catalogue/catalogue.ts";
import { readCataloguePage } from "../../catalogue/data.ts";
import { Failure } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import type { SettingOptions } from "../settings/settings.ts";
import { callLimits, withRpc } from "./connection.ts";
import { deniedReserved } from "./reserved-method.ts";

/** More pages than that are no catalogue: a page has thousands of values. */
const PAGES_MAX = 1_000;

const METHODS = "rpcd.policy.methods";

/** Every method of the running daemon, which needs a grant of `rpcd.policy.methods`. @throws Failure, RpcError */
export async function readLiveCatalogue(options: SettingOptions, io: Io): Promise<Catalogue> {
  const catalogue = new Map<string, MethodEntry>();
  await withRpc(options, io, async (session) => {
    let after: string | undefined = "";
    for (let page = 0; after !== undefined; page++) {
      const limits = callLimits(session, io);
      const answer = await session.rpc.call(METHODS, [after], {}, limits).catch((error: unknown) => {
        throw deniedReserved(
          error,
          METHODS,
          "rpcd --catalogue > FILE, and --catalogue FILE in place of --live",
        );
      });
      const found = readPage(answer);
      for (const entry of found.methods) catalogue.set(entry.name, entry);
      // Each page has to lead on, and there is an end: a daemon may be hostile.
      if (page === PAGES_MAX || (found.next !== undefined && found.next <= after))
        throw new Failure("protocol", `${METHODS}: the pages have no end`);
      after = found.next;
    }
    return "ok";
  });
  return catalogue;
}

function readPage(found: unknown): ReturnType<typeof readCataloguePage> {
  try {
    return readCataloguePage(found);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Failure("protocol", `${METHODS}: ${error.detail}`, { cause: error });
  }
}
