import { dirname } from "node:path";
import { systemClock } from "../../base/clock.ts";
import type { PrivateKey } from "../../certs/ed25519.ts";
import { loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { compile, type Policy } from "../../policy/engine.ts";
import type { Service } from "../../service/engine.ts";
import type { Problem } from "../../yaml/problem.ts";
import { withoutNotes } from "../../yaml/problem.ts";
import { problemLine, renderProblem, renderSummary } from "../../yaml/render.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { readPolicy } from "../policy/read.ts";
import type { Registry } from "../services/registry.ts";
import { checkPlaces } from "./check-places.ts";
import { loadServices } from "./load-services.ts";

/** The largest configuration, in bytes; the gate has the same bound. */
const TEXT_MAX_BYTES = 8 * 1024 * 1024;

/** All that a daemon needs before it listens: read, checked, loaded. */
export interface Prepared {
  /** of the configuration: a reload reads it again */
  readonly configPath: string;
  readonly hostKey: PrivateKey;
  readonly otherHostKeys: readonly PrivateKey[];
  readonly policy: Policy;
  /** how many warnings there are about it */
  readonly policyWarnings: number;
  readonly registry: Registry;
}

/** What is wrong, as it is printed: everything that could be found in one go. */
class NotReady extends Error {
  override readonly name = "NotReady";
  /** Each as one text, which may have several lines. */
  readonly reports: readonly string[];
  /** Each in one line, without excerpts. */
  readonly lines: readonly string[];

  constructor(reports: readonly string[], lines: readonly string[] = reports) {
    super(reports.join("\n"));
    this.reports = reports;
    this.lines = lines;
  }
}

/** What was found besides, which keeps nothing from running. */
export interface CheckedConfig<T> {
  readonly value: T;
  readonly remarks: readonly string[];
}

/** Reads the configuration file. @throws {@link NotReady} */
export function readConfig(path: string): CheckedConfig<Config> {
  const bytes = attempt(() =>
    readTrustedFile(path, {
      what: "a configuration",
      missing: "rpcd init makes one, with all that it names; or say where it is: --config FILE",
      mayBeEmpty: true,
      maxBytes: TEXT_MAX_BYTES,
      secret: false,
      mayBeLink: true,
    }),
  );
  const { config, problems, source } = loadConfig(bytes, dirname(path));
  return settled(config, problems, path, source);
}

/**
 * Reads and checks what the configuration names: host key, services, and the policy against their methods.
 *
 * @param services - that are loaded already
 * @throws {@link NotReady}, with everything that is wrong
 */
export async function prepare(
  config: Config,
  configPath: string,
  services: readonly Service[] = [],
): Promise<CheckedConfig<Prepared>> {
  const places = checkPlaces(config, configPath);
  const reports = places.problems.flatMap(reportOf);
  const gather = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      reports.push(...reportOf(error));
      return undefined;
    }
  };
  const hostKey = await gather(() => loadPrivateKeyFile(config.hostKey).key);
  const otherHostKeys = await gather(() => config.otherHostKeys.map((path) => loadPrivateKeyFile(path).key));
  const registry = await gather(() => loadServices(config.services, services));
  const policy = await gather(() => checkedPolicy(config.policy, registry));
  if (
    hostKey === undefined ||
    otherHostKeys === undefined ||
    registry === undefined ||
    policy === undefined ||
    reports.length > 0
  ) {
    throw new NotReady(reports);
  }
  return {
    value: {
      configPath,
      hostKey,
      otherHostKeys,
      registry,
      policy: policy.value,
      policyWarnings: policy.remarks.length,
    },
    remarks: [...policy.remarks, ...untyped(registry), ...places.remarks],
  };
}

function checkedPolicy(path: string, registry: Registry | undefined): CheckedConfig<Policy> {
  const { tree, problems, source, hash } = readPolicy(path, registry?.catalogue, systemClock.wallMs());
  const reported = withoutNotes(problems);
  return settled(tree === undefined ? undefined : compile(tree, hash), reported, path, source);
}

/**
 * Parameters of which nothing is known: neither the command line nor the linter can help with them. Whoever writes
 * `{ shape: "any" }` has said that it is meant.
 */
function untyped(registry: Registry): readonly string[] {
  return [...registry.catalogue.values()]
    .filter(({ reserved }) => !reserved)
    .flatMap(({ name, params }) =>
      params
        .filter(
          ({ shape }, i) => shape.type === "any" && registry.get(name)?.method.params[i]?.shape === undefined,
        )
        .map(
          (param) =>
            `note: ${name}: parameter '${param.name}' is 'any'; give it a shape: param("${param.name}", schema, { shape: … })`,
        ),
    );
}

function settled<T>(
  value: T | undefined,
  problems: readonly Problem[],
  path: string,
  source: string,
): CheckedConfig<T> {
  const rendered = problems.map((problem) => renderProblem(problem, path, source));
  if (value !== undefined) return { value, remarks: rendered };
  const lines = problems.map((problem) => problemLine(problem, path));
  throw new NotReady([...rendered, renderSummary(problems, path)], lines);
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new NotReady(reportOf(error), linesOf(error));
  }
}

/** The same in lines, for a log. */
export function linesOf(error: unknown): readonly string[] {
  if (error instanceof NotReady) return error.lines;
  if (!(error instanceof FileProblem)) throw error;
  return error.lines;
}

/** What an operator is told of a failure of theirs. What is not theirs is thrown on. */
export function reportOf(error: unknown): readonly string[] {
  if (error instanceof NotReady) return error.reports;
  if (!(error instanceof FileProblem)) throw error;
  return [`error: ${error.message}${error.mend === undefined ? "" : `\n  mend: ${error.mend}`}`];
}
