import assert from "node:assert/strict";

/** A metric as it stands on a page, with its samples by what stands before their values. */
export interface Exposed {
  readonly help: string;
  readonly type: string;
  readonly samples: ReadonlyMap<string, number>;
}

/** A value is what Go reads as a number: `Nan` is one, which prom-client writes. */
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?!\})|(?=\})))+\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|Na[nN])$/;

/**
 * Reads a page in the text format of Prometheus 0.0.4, strictly: HELP and TYPE stand before the samples, once for each metric;
 * no sample stands twice or under another's name; histograms rise, and their last bucket is their count.
 */
export function readExposition(page: string): ReadonlyMap<string, Exposed> {
  assert.equal(page.at(-1), "\n");
  const metrics = new Map<string, { help: string; type: string; samples: Map<string, number> }>();
  let help: readonly [string, string] | undefined;
  let current: { name: string; samples: Map<string, number>; type: string } | undefined;
  for (const line of page.split("\n").filter((one) => one !== "")) {
    const [, word, name = "", text = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === "HELP") {
      assert.equal(metrics.has(name), false, `${name} stands twice`);
      help = [name, text];
      continue;
    }
    if (word === "TYPE") {
      assert.equal(help?.[0], name, `${name} has no help before its type`);
      assert.match(text, /^(?:counter|gauge|histogram|summary)$/);
      const metric = { help: help?.[1] ?? "", type: text, samples: new Map<string, number>() };
      metrics.set(name, metric);
      current = { name, ...metric };
      continue;
    }
    const [, of = "", labels = "", value = ""] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
    assert.ok(current !== undefined, line);
    const endings = current.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    assert.ok(
      endings.some((ending) => of === `${current?.name}${ending}`),
      `${line} stands under ${current.name}`,
    );
    const key = `${of.slice(current.name.length)}${labels}`;
    assert.equal(current.samples.has(key), false, `${line} stands twice`);
    current.samples.set(key, value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value));
  }
  for (const [name, { type, samples }] of metrics) if (type === "histogram") checkHistogram(name, samples);
  return metrics;
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const series = new Map<string, { bounds: number[]; counts: number[] }>();
  for (const [key, count] of samples) {
    const [, before = "", bound = "", after = ""] = /^_bucket\{(.*?),?le="([^"]+)",?(.*)\}$/.exec(key) ?? [];
    if (bound === "") continue;
    const labels = [before, after].filter((one) => one !== "").join(",");
    const one = series.get(labels) ?? { bounds: [], counts: [] };
    one.bounds.push(bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound));
    one.counts.push(count);
    series.set(labels, one);
  }
  for (const [labels, { bounds, counts }] of series) {
    const rising = (all: readonly number[]): readonly number[] => all.toSorted((a, b) => a - b);
    assert.deepEqual(bounds, rising(bounds), name);
    assert.deepEqual(counts, rising(counts), name);
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY, name);
    assert.equal(counts.at(-1), samples.get(`_count${labels === "" ? "" : `{${labels}}`}`), name);
    assert.ok(samples.has(`_sum${labels === "" ? "" : `{${labels}}`}`), name);
  }
}
