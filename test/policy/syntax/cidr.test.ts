import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { addressOf, includesAddress, type Network, parseNetwork } from "../../../policy/syntax/cidr.ts";
import { isInside } from "../decide/naive-peer.ts";
import { assertSays } from "../findings.ts";

const networkOf = (text: string): Network => {
  const network = parseNetwork(text);
  if ("flaw" in network) throw new Error(`${text}: ${network.flaw}`);
  return network;
};

const has = (cidr: string, address: string): boolean =>
  includesAddress([networkOf(cidr)], addressOf(address));

describe("addressOf", () => {
  test("gives the same number to every form of one address", () => {
    const forms: readonly (readonly string[])[] = [
      ["10.20.3.4", "::ffff:10.20.3.4", "::FFFF:a14:304", "0:0:0:0:0:ffff:a14:0304"],
      ["::", "0::0", "0:0:0:0:0:0:0:0", "::0.0.0.0", "::0"],
      ["::1", "0:0:0:0:0:0:0:1", "::0001", "::0.0.0.1", "::1%lo"],
      ["fe80::1", "FE80:0::0:1", "fe80::1%eth0", "fe80::1%2", "fe80::0.0.0.1"],
      ["2001:db8::8:800:200c:417a", "2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:32.12.65.122"],
      ["255.255.255.255", "::ffff:ffff:ffff"],
      ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:0.7.0.8"],
      ["1::", "1:0:0:0:0:0:0:0"],
    ];
    const numbers = forms.map(([first = "", ...rest]) => {
      const number = addressOf(first);
      assert.notEqual(number, undefined, first);
      for (const form of rest) assert.equal(addressOf(form), number, form);
      return number;
    });
    assert.equal(new Set(numbers).size, forms.length);
  });

  test("counts as RFC 4291 does", () => {
    assert.equal(addressOf("::"), 0n);
    assert.equal(addressOf("::1"), 1n);
    assert.equal(addressOf("0.0.0.0"), 0xffff_0000_0000n);
    assert.equal(addressOf("255.255.255.255"), 0xffff_ffff_ffffn);
    assert.equal(addressOf("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), (1n << 128n) - 1n);
  });

  test("gives nothing to what is no address", () => {
    const v4 = [
      "10.0.0",
      "10.0.0.0.0",
      "10.0.0.256",
      "010.0.0.1",
      "10.0.0.1 ",
      "0x0a.0.0.1",
      "167772161",
      "10.0.0.1%x",
    ];
    const v6 = [
      "",
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "::g",
      "::12345",
      "[::1]",
      "%eth0",
    ];
    const others = ["localhost", "::1/128", "10.0.0.0/8", "::ffff:10.0.0.256", "::1%", "１0.0.0.1"];
    for (const text of [...v4, ...v6, ...others]) assert.equal(addressOf(text), undefined, text);
  });
});

describe("parseNetwork", () => {
  test("takes prefixes from the whole of a family to one address", () => {
    const ends: readonly (readonly [cidr: string, first: string, last: string])[] = [
      ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
      ["128.0.0.0/1", "128.0.0.0", "255.255.255.255"],
      ["10.20.0.0/15", "10.20.0.0", "10.21.255.255"],
      ["10.20.3.4/31", "10.20.3.4", "10.20.3.5"],
      ["10.20.3.4/32", "10.20.3.4", "10.20.3.4"],
      ["::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
      ["8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
      ["2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
      ["2001:db8::2/127", "2001:db8::2", "2001:db8::3"],
      ["::1/128", "::1", "::1"],
      ["::0.0.0.0/96", "::", "::255.255.255.255"],
    ];
    for (const [cidr, first, last] of ends) {
      const network = networkOf(cidr);
      assert.deepEqual([network.first, network.last], [addressOf(first), addressOf(last)], cidr);
      assert.deepEqual([network.text, network.isIPv4], [cidr, !cidr.includes(":")]);
    }
  });

  const like = "a network was expected, like 10.20.0.0/16 or 2001:db8::/32";
  const v4 = "the length of the prefix is a whole number from 0 to 32, and";
  const v6 = "the length of the prefix is a whole number from 0 to 128, and";
  const mapped = "an IPv4 network in the form of IPv6 … such peers count as IPv4: write";
  const flaws: readonly (readonly [text: string, says: string])[] = [
    ["", like],
    ["/", like],
    ["/8", like],
    ["localhost/8", like],
    ["10.0.0/8", like],
    ["010.0.0.0/8", like],
    [" 10.0.0.0/8", like],
    ["[::]/0", like],
    ["10.0.0.0", "'10.0.0.0' has no length of its prefix … for that address alone write 10.0.0.0/32"],
    ["::1", "'::1' has no length of its prefix … write ::1/128"],
    ["10.0.0.0/", `${v4} '' is not`],
    ["10.0.0.0/33", `${v4} '33' is not`],
    ["10.0.0.0/128", `${v4} '128' is not`],
    ["10.0.0.0/-1", `${v4} '-1' is not`],
    ["10.0.0.0/+8", `${v4} '+8' is not`],
    ["10.0.0.0/08", `${v4} '08' is not`],
    ["10.0.0.0/8.0", `${v4} '8.0' is not`],
    ["10.0.0.0/8 ", `${v4} '8 ' is not`],
    ["10.0.0.0/8/8", `${v4} '8/8' is not`],
    ["10.0.0.0/255.0.0.0", `${v4} '255.0.0.0' is not`],
    ["::/129", `${v6} '129' is not`],
    ["::/1e1", `${v6} '1e1' is not`],
    ["10.20.3.4/16", "bits beyond the prefix of 16 … write 10.20.0.0/16"],
    ["10.20.3.5/31", "bits beyond the prefix of 31 … write 10.20.3.4/31"],
    ["10.0.0.0/0", "bits beyond the prefix of 0 … write 0.0.0.0/0"],
    ["2001:db8::1/64", "bits beyond the prefix of 64 … write 2001:db8::/64"],
    ["2001:db8:0:1:2::/64", "bits beyond the prefix of 64 … write 2001:db8:0:1::/64"],
    ["::1/0", "bits beyond the prefix of 0 … write ::/0"],
    ["::ffff:10.0.0.0/104", `${mapped} 10.0.0.0/8`],
    ["::ffff:10.20.3.4/112", `${mapped} 10.20.0.0/16`],
    ["::ffff:a14:304/128", `${mapped} 10.20.3.4/32`],
    ["::ffff:0:0/96", `${mapped} 0.0.0.0/0`],
    ["fe80::%eth0/64", "'fe80::%eth0' has a zone, and a network has none … remove the zone"],
    ["fe80::1%1", "'fe80::1%1' has a zone"],
  ];
  for (const [text, says] of flaws) {
    test(`says what is wrong with ${JSON.stringify(text)}`, () => {
      const found = parseNetwork(text);
      assert.ok("flaw" in found);
      assertSays(`${found.flaw}: ${found.hint ?? ""}`, says);
    });
  }

  test("takes what it says is to be written", () => {
    for (const [text] of flaws) {
      const found = parseNetwork(text);
      const hinted = "flaw" in found ? /write (\S+)$/.exec(found.hint ?? "")?.[1] : undefined;
      const choices = "flaw" in found ? (found.choices ?? []).map(({ text: choice }) => choice) : [];
      for (const meant of [...choices, ...(hinted === undefined ? [] : [hinted])])
        assert.equal("flaw" in parseNetwork(meant), false, meant);
    }
  });
});

describe("a network has", () => {
  test("a mapped peer as one of IPv4, and none of IPv4 where it is of IPv6", () => {
    assert.equal(has("10.20.0.0/16", "::ffff:10.20.3.4"), true);
    assert.equal(has("10.20.0.0/16", "::ffff:10.21.3.4"), false);
    assert.equal(has("::/0", "10.20.3.4"), false);
    assert.equal(has("::/0", "::ffff:10.20.3.4"), false);
    assert.equal(has("::/0", "::10.20.3.4"), true);
    assert.equal(has("0.0.0.0/0", "::10.20.3.4"), false);
    assert.equal(has("0.0.0.0/0", "::"), false);
    assert.equal(has("fe80::/64", "fe80::1%eth0"), true);
  });

  test("no peer without an address, and none where there is no network", () => {
    assert.equal(includesAddress([networkOf("0.0.0.0/0"), networkOf("::/0")], undefined), false);
    assert.equal(includesAddress([], addressOf("10.0.0.1")), false);
  });

  test("exactly the addresses that begin as it does, bit by bit", () => {
    const groups = fc.array(fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff)), {
      minLength: 8,
      maxLength: 8,
    });
    const v6 = groups.map((all) => all.map((group) => group.toString(16)).join(":"));
    const v4 = fc
      .array(fc.oneof(fc.constantFrom(0, 255), fc.nat(255)), { minLength: 4, maxLength: 4 })
      .map((all) => all.join("."));
    const address = fc.oneof(
      v4,
      v6,
      v4.map((text) => `::ffff:${text}`),
    );
    let inside = 0;
    fc.assert(
      fc.property(
        address,
        fc.nat(128),
        address,
        fc.integer({ min: -1, max: 1 }),
        (of, drawn, other, step) => {
          const cidr = cidrOf(of, drawn);
          if (cidr === undefined) return;
          const { first, last } = networkOf(cidr);
          const near = [first, last]
            .map((end) => textOf(end + BigInt(step)))
            .filter((text) => text !== undefined);
          for (const peer of [of, other, ...near]) {
            const expected = isInside(peer, cidr);
            assert.equal(has(cidr, peer), expected, `${peer} in ${cidr}`);
            if (expected) inside++;
          }
        },
      ),
      { seed: 7, numRuns: 3000 },
    );
    assert.ok(inside > 3000, `${inside} inside`);
  });
});

/** A network of that many bits around the address; nothing where it would be one of mapped addresses. */
function cidrOf(address: string, drawn: number): string | undefined {
  const isV4 = !address.includes(":");
  const bits = isV4 ? 32 : 128;
  const length = isV4 ? Math.min(drawn, 32) : drawn;
  const size = 1n << BigInt(bits - length);
  const value = addressOf(address) ?? 0n;
  const first = textOf(value - (value % size));
  return first === undefined || first.includes(":") === isV4 ? undefined : `${first}/${length}`;
}

/** The address of a number, nothing where there is none: IPv4 where it is mapped. */
function textOf(value: bigint): string | undefined {
  if (value < 0n || value >> 128n !== 0n) return undefined;
  if (value >> 32n === 0xffffn) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ":",
  );
}
