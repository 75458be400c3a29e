import { bytesOf } from "../wire/cbor-samples.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { dataLimits } from "./read-frame.ts";
import { costlyHello } from "./refused-logins.ts";
import { costlyValue } from "./refused-profile.ts";
import type { AtLimitVector } from "./stored-vectors.ts";

/** The field `at_limits` of the file. None of it is made by the encoders. */
export function atLimitVectors(): object {
  const bodyCost = 64 * 1024;
  return {
    at_limits: [
      vectorOf("after", "cost 8 MiB", costlyValue(8 * 1024 * 1024)),
      {
        ...vectorOf("before", "hello: a body of the cost 64 KiB", costlyHello(bodyCost)),
        body_cost: bodyCost,
      },
    ],
  };
}

function vectorOf(when: AtLimitVector["when"], rule: string, body: string): AtLimitVector {
  const bytes = bytesOf(body);
  const verdict = referenceDecode(bytes, dataLimits({ when, body: bytes }));
  if ("refused" in verdict) throw new Error(`${rule}: ${verdict.refused}`);
  return { when, rule, cost: verdict.cost, body };
}
