import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isWithin, MEASURES } from "../../bench/measures.ts";
import { QUICK } from "../../bench/plan.ts";
import { withSection } from "../../bench/publish.ts";
import { type Found, type Report, rowsOf } from "../../bench/report.ts";
import { markdownOf, textOf } from "../../bench/table.ts";

/** Three rounds of one figure. */
const found = (
  figure: Found["figure"],
  contender: Found["contender"],
  values: readonly number[],
  transport: Found["transport"] = "unix",
): Found[] => values.map((value, round) => ({ figure, contender, transport, round, value }));

const LATENCIES = [
  ...found("p50", "floor", [20, 25, 30]),
  ...found("p50", "rpcd", [24, 25, 33]),
  ...found("p50", "pickle", [28, 29, 30]),
];

const reportOf = (all: readonly Found[]): Report => ({
  date: "2026-01-02T03:04:05.000Z",
  machine: {
    cpu: "A CPU",
    cores: 2,
    memoryBytes: 4 * 1024 ** 3,
    kernel: "Linux 6.1",
    node: "20.19.0",
    python: undefined,
    load: 0.25,
  },
  plan: QUICK,
  remarks: ["no python"],
  rows: rowsOf(all),
  siege: [],
  checks: [],
  decisions: [],
  live: [],
});

describe("the rows of a report", () => {
  test("a row has what was found of each contender, and the ratio of the same rounds", () => {
    const [row, ...more] = rowsOf(LATENCIES.toReversed());
    assert.equal(more.length, 0);
    assert.deepEqual(row?.floor.rounds, [20, 25, 30]);
    assert.deepEqual(row?.rpcd.rounds, [24, 25, 33]);
    assert.equal(row?.pickle?.median, 29);
    assert.equal(row?.ratio.median, 1.1);
    assert.equal(row?.reached, "goal");
  });

  test("what was not measured has no row, and what nothing is asked of reaches nothing", () => {
    const rows = rowsOf([...found("p99", "floor", [40]), ...found("p99", "rpcd", [4000])]);
    assert.deepEqual(
      rows.map(({ figure, reached, pickle }) => [figure, reached, pickle]),
      [["p99", undefined, undefined]],
    );
  });

  test("a round without its floor is a mistake, not a row", () => {
    assert.throws(() => rowsOf(found("p50", "rpcd", [1, 2, 3])), /3 rounds against 0/);
  });

  test("transports have rows and targets of their own", () => {
    const visits = (transport: Found["transport"]): Found[] => [
      ...found("visits", "floor", [200], transport),
      ...found("visits", "rpcd", [190], transport),
    ];
    // Unix has to reach 2,000 a second; TLS to stay near its floor.
    assert.deepEqual(
      rowsOf([...visits("tls"), ...visits("unix")]).map(({ transport, reached }) => [transport, reached]),
      [
        ["unix", "neither"],
        ["tls", "goal"],
      ],
    );
  });

  test("a bound holds up to itself, and no further", () => {
    assert.equal(isWithin({ of: "ratio", to: "most", limit: 1.35 }, 99, 1.35), true);
    assert.equal(isWithin({ of: "ratio", to: "most", limit: 1.35 }, 0, 1.36), false);
    assert.equal(isWithin({ of: "value", to: "least", limit: 2000 }, 2000, 0), true);
    assert.equal(isWithin({ of: "value", to: "least", limit: 2000 }, 1999, 9), false);
  });

  test("no goal is easier than its bar", () => {
    for (const { title, unix, tls } of MEASURES) {
      for (const { bar, goal } of [unix, tls].filter((target) => target !== undefined)) {
        assert.deepEqual([goal.of, goal.to], [bar.of, bar.to], title);
        assert.equal(goal.to === "most" ? goal.limit <= bar.limit : goal.limit >= bar.limit, true, title);
      }
    }
  });
});

describe("the table", () => {
  test("shows the median with its bounds, the ratio, and how far it came", () => {
    const text = textOf(reportOf(LATENCIES));
    assert.match(text, /^2026-01-02, quick run: Node 20\.19\.0, Linux 6\.1, 2 cores of A CPU, 4 GiB\.$/m);
    assert.match(
      text,
      /^A +one call at a time, p50 +unix +25 µs \(20–30\) +25 µs \(24–33\) +1\.10 .* goal +29 µs \(28–30\)$/m,
    );
    assert.match(text, /^Every bar is reached\.$/m);
    assert.match(text, /^Note: no python\.$/m);
  });

  test("names what is missed, where nobody can overlook it", () => {
    const slow = [...found("p50", "floor", [20]), ...found("p50", "rpcd", [200])];
    assert.match(textOf(reportOf(slow)), /^Not reached: A \(one call at a time, p50, unix\)\.$/m);
  });

  test("all lines of the text are cut in the same columns", () => {
    const lines = textOf(
      reportOf([...LATENCIES, ...found("p99", "floor", [1.5]), ...found("p99", "rpcd", [4000])]),
    );
    const [, , , headings = "", , ...rows] = lines.split("\n");
    const column = headings.indexOf("over");
    for (const row of rows.slice(0, 2)) assert.equal(row.slice(column, column + 4), "unix");
  });

  test("as Markdown every row has as many cells as the headings", () => {
    const table = markdownOf(reportOf(LATENCIES))
      .split("\n")
      .filter((line) => line.startsWith("|"));
    assert.equal(table.length, 3);
    assert.equal(new Set(table.map((line) => line.split("|").length)).size, 1);
  });

  test("the section takes the place of the one before, and nothing else of the page changes", () => {
    const page =
      "# Page\n\n<!-- bench:begin, written by `npm run bench -- --write` -->\nold\n<!-- bench:end -->\n\nMore.\n";
    const first = withSection(page, "new\n");
    assert.match(first, /^# Page\n\n<!-- bench:begin[^\n]*-->\n\nnew\n\n<!-- bench:end -->\n\nMore\.\n$/);
    assert.equal(withSection(first, "new\n"), first);
    assert.throws(() => withSection("# Page\n", "new"), /marks/);
  });
});
