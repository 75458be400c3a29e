import { generateKeyPairSync } from "node:crypto";
import { memoryUsage } from "node:process";
import { loadPolicy } from "rpcd/policy";
import { type Call, callsOf, isAllowed, tablesOf } from "./calls.ts";
import { casbinOf } from "./casbin.ts";
import type { Decisions, Rotation } from "./found.ts";
import { NaiveScan } from "./naive.ts";
import { timed } from "./timing.ts";
import { catalogue, grantsOf, policyText, principalsOf, type Size } from "./world.ts";

/*
 * A process of its own: `main.js GRANTS ROLES DECISIONS`. It prints one line of JSON and ends. A decision that is not as the
 * naive scan has it is a failure, not a figure.
 */

/** So many calls are held against the naive scan; of casbin, which is slower by far, fewer. */
const COMPARED = 500;
const CASBIN_COMPARED = 12;
const ALLOCATED_OVER = 1_000_000;
/** So long a slow one is timed, in milliseconds, or three decisions. */
const SLOW_MS = 500;

const [grantCount = Number.NaN, roles = Number.NaN, decisions = Number.NaN] = process.argv
  .slice(2)
  .map(Number);
console.log(JSON.stringify(await measure({ grants: grantCount, roles }, decisions)));

async function measure(size: Size, count: number): Promise<Decisions> {
  const grants = grantsOf(size);
  const principals = principalsOf(size);
  const methods = catalogue();
  const text = Buffer.from(policyText(size, grants, principals, openSshLine));
  const began = performance.now();
  const { policy, problems } = loadPolicy(text, methods);
  const loadMs = performance.now() - began;
  if (policy === undefined)
    throw new Error(`the policy does not load: ${JSON.stringify(problems.slice(0, 3))}`);
  const beforeTables = performance.now();
  const tables = tablesOf(policy, principals.keys(), methods);
  const tableMs = (performance.now() - beforeTables) / principals.size;
  const naive = new NaiveScan(grants, principals);
  const rotate = (different: number): readonly Call[] => callsOf(different, tables, different);
  const [hot, some, many] = [rotate(1), rotate(1_000), rotate(20_000)];
  const allowed = compare(many, naive);
  const rotations = [hot, some, many].map((calls): Rotation => {
    const decide = (i: number): void => void isAllowed(at(calls, i));
    // What is compiled while it runs is compiled now.
    timed(decide, calls.length, Math.min(count, 20_000));
    return { different: calls.length, ...timed(decide, calls.length, count) };
  });
  return {
    ...size,
    loadMs,
    tableMs,
    allowed,
    rotations,
    allocatedBytes: allocated(many.filter(isAllowed)),
    naiveUs: await slowly(some, (call) => naive.isAllowed(call)),
    casbinUs: await besideCasbin(some),
  };

  async function besideCasbin(calls: readonly Call[]): Promise<number> {
    const enforcer = await casbinOf(grants, principals);
    for (const { principal, method } of calls.slice(0, CASBIN_COMPARED))
      if ((await enforcer.enforce(principal, method)) !== naive.isCovered(principal, method))
        throw new Error(`casbin decides otherwise of ${method} by ${principal}`);
    return slowly(calls, ({ principal, method }) => enforcer.enforce(principal, method));
  }
}

/** @returns the part of the calls that is allowed */
function compare(calls: readonly Call[], naive: NaiveScan): number {
  for (const call of calls.slice(0, COMPARED))
    if (isAllowed(call) !== naive.isAllowed(call))
      throw new Error(`the naive scan decides otherwise: ${call.method} ${JSON.stringify(call.args)}`);
  return calls.filter(isAllowed).length / calls.length;
}

/** What one allowed decision leaves for the collector, in bytes: the room for new objects is large enough for all of them. */
function allocated(calls: readonly Call[]): number {
  let i = 0;
  const round = (): number => {
    const before = memoryUsage().heapUsed;
    for (let n = 0; n < ALLOCATED_OVER; n++) {
      isAllowed(at(calls, i));
      i = i + 1 === calls.length ? 0 : i + 1;
    }
    return (memoryUsage().heapUsed - before) / ALLOCATED_OVER;
  };
  round();
  return Math.max(0, round());
}

/** The median of a few decisions, each timed by itself, in microseconds: for what takes a millisecond or a hundred. */
async function slowly(calls: readonly Call[], decide: (call: Call) => unknown): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + SLOW_MS;
  for (let i = 0; times.length < 3 || (performance.now() < until && times.length < 2_000); i++) {
    const from = performance.now();
    await decide(at(calls, i % calls.length));
    times.push((performance.now() - from) * 1_000);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** A key that nobody has the private half of, as an OpenSSH line (RFC 8709, section 4). */
function openSshLine(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const blob = [Buffer.from("ssh-ed25519"), point].flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return `ssh-ed25519 ${Buffer.concat(blob).toString("base64")}`;
}

function at(calls: readonly Call[], i: number): Call {
  const call = calls[i];
  if (call === undefined) throw new Error(`there are ${calls.length} calls, and no call ${i}`);
  return call;
}
