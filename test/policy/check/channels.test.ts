import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorsOf } from "../findings.ts";
import { assertFound, assertNotFound, found, granting } from "../found.ts";

const where = (conditions: string, more = ""): string =>
  granting(`call: a, args: {v?: {int: 1..10}}, ${conditions}`, more);
const NET = "10.0.0.0/8";

describe("a channel that makes a condition impossible", () => {
  test("P501: a grant for Unix sockets that asks for an address is an error, at its 'from'", () => {
    for (const via of ["unix", "[unix]", "[unix, unix]"]) {
      const { severity, at } = assertFound(
        where(`via: ${via}, from: ${NET}`),
        "P501",
        /allows nothing: it asks for an address.*remove 'from'; or write via: tls/,
      );
      assert.deepEqual([severity, at.line], ["error", 7]);
    }
    for (const conditions of [
      "via: unix",
      `via: tls, from: ${NET}`,
      `via: stream, from: ${NET}`,
      `from: ${NET}`,
    ])
      assertNotFound(where(conditions), /^P5(?:01|11)$/);
  });

  test("P501: of a shadow grant as well", () => {
    assertFound(where(`via: unix, from: ${NET}`).replace("grants:", "shadow:"), "P501", /'g' allows nothing/);
  });

  test("P511: of several channels the one without addresses is told", () => {
    assertFound(
      where(`via: [unix, tls], from: ${NET}`),
      "P511",
      /'g' allows nothing over unix: .*another grant for unix/,
    );
    assertNotFound(where(`via: [stream, tls], from: ${NET}`), /^P511$/);
  });
});

describe("P419: all addresses of one family", () => {
  for (const [from, says] of [
    ["0.0.0.0/0", /every peer with an address of IPv4, and none with one of IPv6: add ::\/0/],
    ["'::/0'", /every peer with an address of IPv6, and none with one of IPv4: add 0\.0\.0\.0\/0/],
    [`[0.0.0.0/0, ${NET}]`, /IPv4, and none with one of IPv6/],
  ] as const)
    test(`is told of ${from}`, () => {
      assertFound(where(`from: ${from}`), "P419", says);
    });
  for (const from of [
    "[0.0.0.0/0, '::/0']",
    "[0.0.0.0/0, '2001:db8::/32']",
    NET,
    "0.0.0.0/1",
    "'2001:db8::/32'",
  ])
    test(`is not told of ${from}`, () => assertNotFound(where(`from: ${from}`), /^P419$/));
});

const tested = (fields: string, conditions = `via: tls, from: ${NET}`): string =>
  where(conditions, `tests:\n  - {as: alice, ${fields}}\n`);

describe("a test about a peer", () => {
  test("P214: that there cannot be is an error, at its address", () => {
    for (const [peer, says] of [
      ["from: 10.1.2.3", /names an address and no channel, so it is over unix.*write via: tls beside it/],
      ["via: unix, from: 10.1.2.3", /is over unix, and no peer on a Unix socket has an address/],
    ] as const) {
      const problem = assertFound(tested(`${peer}, deny: [a(v=5)]`), "P214", says);
      assert.equal(problem.severity, "error");
    }
    for (const peer of ["via: tls, from: 10.1.2.3", "via: stream, from: 10.1.2.3", "via: tls", "via: unix"])
      assert.deepEqual(errorsOf(tested(`${peer}, deny: [b()]`)), []);
  });

  test("P605: that names no channel is vacuous where every grant is for another one", () => {
    const text = tested("deny: ['a(v=11)', 'a(v=5)']");
    const all = found(text, /^P605$/);
    assert.equal(all.length, 2);
    for (const { text: says, hint } of all) {
      assert.match(
        says,
        /whatever its arguments are: no grant for it holds over a Unix socket, and the test names no channel/,
      );
      assert.match(hint ?? "", /via: tls, from: 10\.20\.3\.4; or via: unix/);
    }
    assertFound(tested("deny: ['a(v=5)']", "via: tls"), "P605", /names no channel/);
    assertFound(tested("deny: ['a(v=5)']", `from: ${NET}`), "P605", /names no channel/);
  });

  test("P605: that names a channel and no address is vacuous where every grant asks for one", () => {
    assertFound(
      tested("via: tls, deny: ['a(v=11)']"),
      "P605",
      /asks for an address, and the test names none/,
    );
  });

  test("P605: is not told of where the peer is what is tested, or another grant is asked", () => {
    for (const text of [
      tested("via: unix, deny: ['a(v=5)']"),
      tested("via: stream, from: 11.0.0.1, deny: ['a(v=5)']"),
      tested("via: tls, from: 10.1.1.1, deny: ['a(v=11)']"),
      tested("deny: ['a(v=11)']", "via: [tls, unix]"),
      tested("via: tls, deny: ['a(v=5)']", "via: unix"),
      // Nobody grants it: the channel is not why.
      tested("deny: [b()]"),
    ])
      assertNotFound(text, /^P605$/);
  });
});
