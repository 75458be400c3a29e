import { assertNever } from "../../base/assert-never.ts";
import type { Rpc } from "../../client/index.ts";
import type { LiveJob, Timing } from "../jobs.ts";
import { LINE, PIECE_BYTES } from "../plan.ts";
import type { BenchService } from "./service.ts";

/** G, L and S, over one connection: what is passed by reference stays in this process. */
export async function runLive(rpc: Rpc, { workload, count }: LiveJob): Promise<Timing> {
  const service = rpc.service<BenchService>();
  let heard = 0;
  const hear = (): void => {
    heard++;
  };
  const startedAt = performance.now();
  switch (workload) {
    case "G":
      expect(await service.each(hear, count), count);
      expect(heard, count);
      break;
    case "L":
      expect(await service.countLines(lines(count), hear), count);
      expect(heard, count);
      break;
    case "S":
      expect(await service.size(pieces(count)), count * PIECE_BYTES);
      break;
    default:
      assertNever(workload, "a workload");
  }
  return { count, seconds: (performance.now() - startedAt) / 1000, serverCpuSeconds: 0 };
}

function* lines(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield LINE;
}

function* pieces(count: number): Generator<Uint8Array<ArrayBuffer>> {
  // As from a file: each piece is its own.
  for (let i = 0; i < count; i++) yield new Uint8Array(PIECE_BYTES);
}

function expect(found: number, expected: number): void {
  if (found !== expected) throw new Error(`a wrong answer: ${found} instead of ${expected}`);
}
