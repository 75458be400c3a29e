import type { Via } from "../base/via.ts";
import { includesAddress, type Network } from "../syntax/cidr.ts";
import type { GrantTree, SubjectTree } from "../syntax/tree.ts";
import type { Principal } from "./principals.ts";

/** Where a call comes from: what the transport says, never what a message does. */
export interface Peer {
  readonly via: Via;
  /** As {@link addressOf} gives it; nothing where the channel has none. */
  readonly address: bigint | undefined;
}

/** Grants that hold for a principal and its peer whatever it calls, and whenever. */
export interface Sort {
  /** The same for all who have the same grants. */
  readonly key: string;
  /** Each once. */
  readonly grants: () => readonly GrantTree[];
}

/** The grants of a policy by whom they are for. */
export class GrantIndex {
  readonly #bySubject = new Map<string, GrantTree[]>();
  /** The networks of `from`, each list once: most grants that have one share it. */
  readonly #networks = new Map<string, readonly Network[]>();

  constructor(grants: Iterable<GrantTree>) {
    for (const grant of grants) {
      for (const subject of new Set(grant.to.map(subjectWord))) {
        const known = this.#bySubject.get(subject);
        if (known === undefined) this.#bySubject.set(subject, [grant]);
        else known.push(grant);
      }
      if (grant.from !== undefined) this.#networks.set(networksKey(grant.from), grant.from);
    }
  }

  sortOf({ name, roles }: Principal, { via, address }: Peer): Sort {
    const named = ["everyone", name, ...roles.map((role) => `role:${role}`)];
    const subjects = [...new Set(named)].filter((subject) => this.#bySubject.has(subject)).toSorted();
    const at = new Set<string>();
    for (const [key, networks] of this.#networks) if (includesAddress(networks, address)) at.add(key);
    return {
      // The names have neither spaces nor bars; what stands in a list of networks has neither.
      key: `${subjects.join(" ")}|${via}|${[...at].join("|")}`,
      grants: () => {
        const all = new Set(subjects.flatMap((subject) => this.#bySubject.get(subject) ?? []));
        return [...all].filter(
          (grant) =>
            (grant.via?.includes(via) ?? true) &&
            (grant.from === undefined || at.has(networksKey(grant.from))),
        );
      },
    };
  }
}

/** What of a principal a grant names: `everyone`, `id:NAME`, `role:NAME`. */
function subjectWord({ kind, name }: SubjectTree): string {
  if (kind === "everyone") return kind;
  return kind === "role" ? `role:${name}` : `id:${name}`;
}

function networksKey(networks: readonly Network[]): string {
  return networks.map(({ first, last }) => `${first.toString(36)}-${last.toString(36)}`).join(" ");
}
