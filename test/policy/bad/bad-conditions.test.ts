import { describe } from "node:test";
import { type Mistake, refuses, withPeople } from "../findings.ts";

/** For the fields of a grant beside those that it must have. */
const whole = (field: string): string =>
  withPeople(`grants:\n  g: {to: user, call: a, args: none, ${field}}\n`);

describe("the channels and networks of a grant are refused for", () => {
  const channels = "unix, tls or stream was expected";
  const like = "a network was expected, like 10.20.0.0/16 or 2001:db8::/32";
  refuses(
    [
      ["an empty channel", "via: ▸", "P203", "a channel was expected, but nothing", "via: unix"],
      ["a channel that is null", "via: ▸~", "P203", "a channel was expected, but null"],
      ["a channel that is a number", "via: ▸7", "P203", "a channel was expected, but the number 7"],
      ["no channel in the list", "via: ▸[]", "P203", "at least one channel was expected", "via: [stream]"],
      ["a list in the list", "via: [▸[tls]]", "P203", "a channel was expected, but a list"],
      ["a map of channels", "via: ▸{tls: }", "P203", "a list of channels was expected, but a map"],
      ["a channel that there is not", "via: [tls, ▸ssh]", "P203", `'ssh' is no channel: ${channels}`],
      [
        "a channel in capitals",
        "via: ▸TLS",
        "P203",
        `'TLS' is no channel: ${channels} … did you mean 'tls'?`,
      ],
      ["channels in two places", "via: tls, ▸via: unix", "P102", "'via'", "via: [tls, unix]"],
      ["an empty network", "from: ▸", "P203", "a network was expected, but nothing", "from: 10.0.0.0/8"],
      ["a network that is null", "from: ▸~", "P203", "a network was expected, but null"],
      ["no network in the list", "from: ▸[]", "P203", "at least one network was expected"],
      ["a map of networks", "from: ▸{a: }", "P203", "a list of networks was expected, but a map"],
      ["a number in the list", "from: [10.0.0.0/8, ▸7]", "P203", "a network was expected, but the number 7"],
      ["a name of a host", "from: ▸localhost", "P210", like],
      ["a network of no characters", "from: ▸''", "P210", like],
      ["no length of the prefix", "from: ▸10.0.0.0", "P210", "'10.0.0.0' has no length … 10.0.0.0/32"],
      ["host bits", "from: ▸10.20.3.4/16", "P210", "bits beyond the prefix of 16 … write 10.20.0.0/16"],
      ["a length of 33", "from: ▸10.0.0.0/33", "P210", "from 0 to 32, and '33' is not", "from: 10.0.0.0/32"],
      ["a length of 129", "from: ▸'::/129'", "P210", "from 0 to 128, and '129' is not", "from: '::/128'"],
      ["the form that maps IPv4", "from: ▸'::ffff:10.0.0.0/104'", "P210", "in the form of IPv6 … 10.0.0.0/8"],
      ["a zone", "from: ▸'fe80::%eth0/64'", "P210", "'fe80::%eth0' has a zone", "from: 'fe80::/64'"],
      ["networks in two places", "from: 10.0.0.0/8, ▸from: '::/0'", "P102", "the key 'from'"],
    ],
    whole,
  );
});

describe("a window of time is refused for", () => {
  const map = "a window of time, a map with since and until, was expected, but";
  const offset = "has no offset from UTC, and would be another moment on another host";
  const hint = "write a time with its offset: 2026-12-31T00:00:00Z";
  const [first, last] = ["2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z"];
  const until = (written: string): string => `valid: {until: ${written}}`;
  const mistakes: readonly Mistake[] = [
    ["being empty", "valid: ▸", "P203", `${map} nothing`, until(last)],
    ["being null", "valid: ▸~", "P203", `${map} null`],
    ["being a time", `valid: ▸${last}`, "P203", `${map} the text '${last}'`],
    ["being a list", `valid: ▸[${first}, ${last}]`, "P203", `${map} a list`],
    ["having no end", "valid: ▸{}", "P203", "at least one end … write since, until or both"],
    ["a slip in until", `valid: {since: ${first}, ▸untill: ${last}}`, "P201", "'untill' … 'until'?"],
    ["another name of an end", `valid: ▸{▸from: ${first}}`, "P203 P201", "no field 'from' … since and until"],
    ["an empty end", until("▸"), "P211", `a time was expected, but nothing stands here … ${hint}`],
    ["an end that is null", until("▸~"), "P211", "a time was expected, but null stands here"],
    ["an end that is a number", until("▸1798675200"), "P211", "but the number 1798675200 stands here"],
    ["an end that is a list", until(`▸[${last}]`), "P211", "a time was expected, but a list"],
    ["an end in words", until("▸tomorrow"), "P211", "a time was expected, like … but 'tomorrow' came"],
    ["a day alone", until("▸2026-12-31"), "P211", `'2026-12-31' ${offset} … ${hint}`],
    ["a day in quotes", until("▸'2026-12-31'"), "P211", offset],
    ["a time without an offset", until("▸2026-12-31T00:00:00"), "P211", offset],
    [
      "a day that there is not",
      until("▸2026-02-29T00:00:00Z"),
      "P211",
      "no such time as 2026-02-29T00:00:00Z",
    ],
    [
      "ending as it begins",
      `valid: {since: ${first}, until: ▸${first}}`,
      "P211",
      "the window is empty … 'until' comes after 'since'",
      `valid: {since: ${first}, until: 2026-01-01T00:00:00.001Z}`,
    ],
    ["ending before it begins", `valid: {until: ▸${first}, since: ${last}}`, "P211", "the window is empty"],
    ["an end in two places", `valid: {until: ${last}, ▸until: ${first}}`, "P102", "the key 'until'"],
  ];
  describe("in a grant:", () => refuses(mistakes, whole));
  describe("in an identity:", () =>
    refuses(mistakes, (field) => {
      const people = withPeople("");
      return people.replace("roles: [user]}}\nauthorities", `roles: [user], ${field}}}\nauthorities`);
    }));
});

describe("the limits of a grant are refused for", () => {
  const map = "a set of limits, a map with rate, concurrent, timeout and request, was expected, but";
  const rate = "a rate was expected, like 5/s, 100/m, 6/h or 20/d, but";
  const time = "a length of time was expected, like 500ms, 30s, 10m, 2h or 1d, but";
  const size = "a size was expected, like 512B, 64KiB, 10MiB or 1GiB, but";
  const count = "concurrent: a whole number from 1 was expected, but";
  const most = Number.MAX_SAFE_INTEGER;
  const mistakes: readonly Mistake[] = [
    ["being empty", "▸", "P203", `${map} nothing`, "{rate: 1/s}"],
    ["being null", "▸~", "P203", `${map} null`],
    ["being a list", "▸[]", "P203", `${map} a list`],
    ["being a text", "▸6/h", "P203", `${map} the text '6/h'`],
    ["being none", "▸{}", "P203", "the limits are empty … name one, like {rate: 6/h}"],
    ["a slip in rate", "{▸rates: 1/s}", "P201", "a set of limits has no field 'rates' … 'rate'?"],
    ["a limit that there is not", "{▸memory: 1MiB}", "P201", "rate, concurrent, timeout and request"],
    ["an empty rate", "{rate: ▸}", "P212", `${rate} nothing`],
    ["a rate without a unit", "{rate: ▸6}", "P212", `${rate} the number 6`],
    ["a rate of another unit", "{rate: ▸6/fortnight}", "P212", `${rate} the text '6/fortnight'`],
    ["a rate of none", "{rate: ▸0/s}", "P212", `${rate} the text '0/s'`, "{rate: 1/d}"],
    ["a rate of nine digits", "{rate: ▸100000000/s}", "P212", rate, "{rate: 99999999/s}"],
    ["a rate that is a list", "{rate: ▸[1/s]}", "P212", `${rate} a list`],
    ["a rate in two places", "{rate: 1/s, ▸rate: 2/s}", "P102", "the key 'rate'"],
    ["empty concurrency", "{concurrent: ▸}", "P212", `${count} nothing`],
    ["none at once", "{concurrent: ▸0}", "P212", `${count} the number 0`, "{concurrent: 1}"],
    ["a half at once", "{concurrent: ▸1.5}", "P212", `${count} the number 1.5`],
    ["so many in quotes", "{concurrent: ▸'1'}", "P212", `${count} the text '1'`],
    ["more than can be counted", `{concurrent: ▸▸${most + 1}}`, "P109 P212", count, `{concurrent: ${most}}`],
    ["an empty timeout", "{timeout: ▸}", "P212", `${time} nothing`],
    ["a timeout without a unit", "{timeout: ▸10}", "P212", `${time} the number 10`],
    ["a timeout of none", "{timeout: ▸0s}", "P212", `${time} the text '0s'`, "{timeout: 1ms}"],
    ["a timeout beyond a day", "{timeout: ▸86400001ms}", "P212", "at most a day (1d)", "{timeout: 24h}"],
    ["a timeout that is a map", "{timeout: ▸{s: 1}}", "P212", `${time} a map`],
    ["an empty size", "{request: ▸}", "P212", `${size} nothing`],
    ["a size without a unit", "{request: ▸64}", "P212", `${size} the number 64`],
    ["a size in thousands", "{request: ▸64KB}", "P212", `${size} the text '64KB'`, "{request: 64KiB}"],
    ["a size of none", "{request: ▸0B}", "P212", `${size} the text '0B'`, "{request: 1B}"],
    ["a size beyond 2^53", "{request: ▸8388608GiB}", "P212", size, "{request: 8388607GiB}"],
  ];
  refuses(mistakes, (limits) => whole(`limits: ${limits}`));
});
