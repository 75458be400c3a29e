import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures of a run belong to. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  /** the one that runs the pickle recipe; nothing where there is none */
  readonly python: string | undefined;
  /** processes that wanted to run during the minute before, on average: other work makes all figures worse */
  readonly load: number;
}

export function thisMachine(python: string | undefined): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryBytes: totalmem(),
    kernel: `Linux ${release()}`,
    node: process.version.slice(1),
    python,
    load: loadavg()[0] ?? 0,
  };
}
