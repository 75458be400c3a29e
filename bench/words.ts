import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { sourcePath } from "./places.ts";
import { FULL, type Plan, QUICK } from "./plan.ts";
import { WORKLOADS, type Workload } from "./run.ts";

export const HELP = `npm run bench -- [OPTIONS]

  --quick          under a minute, with fewer calls and connections
  --only LETTERS   these workloads: --only AB; all are ${WORKLOADS.join("")}
  --only siege     what a good client notices of attackers; in no other run, since it takes some minutes
  --attack TEXT    of the siege, the attacks whose names contain this
  --other DIR      for the siege: the folder dist of another build, which is attacked in the same way
  --json FILE      where the figures are written as JSON (.bench/latest.json)
  --markdown       print the table as Markdown
  --write          put the table into docs/performance.md
  --profile DIR    write CPU profiles of the processes that run A to D (chrome://inspect opens them)
  --help`;

export interface Words {
  readonly plan: Plan;
  readonly workloads: readonly Workload[];
  readonly siege: boolean;
  readonly attack: string;
  readonly otherBuild: string | undefined;
  readonly json: string;
  readonly markdown: boolean;
  readonly write: boolean;
  readonly profile: string | undefined;
  readonly help: boolean;
}

/** Reads the words of the command line. @throws Error that says what is wrong with them */
export function readWords(argv: readonly string[]): Words {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: WORKLOADS.join("") },
      attack: { type: "string", default: "" },
      other: { type: "string" },
      json: { type: "string", default: sourcePath(".bench/latest.json") },
      markdown: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const siege = values.only === "siege";
  const only = siege ? "" : values.only;
  const unknown = only.split("").find((letter) => !WORKLOADS.some((workload) => workload === letter));
  if (unknown !== undefined)
    throw new Error(`there is no workload ${unknown}: they are ${WORKLOADS.join("")}, and siege`);
  return {
    ...values,
    plan: values.quick ? QUICK : FULL,
    workloads: WORKLOADS.filter((workload) => only.includes(workload)),
    siege,
    otherBuild: values.other === undefined ? undefined : resolve(values.other),
    json: resolve(values.json),
    profile: values.profile === undefined ? undefined : resolve(values.profile),
  };
}
