import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { networkSource, type Source } from "../../../daemon/base/source.ts";
import { Admission, type StartupPlace } from "../../../daemon/limits/admission.ts";

const LIMITS = {
  network: { start: 10, percent: 30, full: 100 },
  local: { start: 20, percent: 50, full: 40 },
  perSource: 3,
};
const NEVER = (): number => 0.999_999;
const ALWAYS = (): number => 0;
const net = (i: number): Source => `net 10.0.${i >> 8}.${i & 255}`;

function fill(admission: Admission, sources: readonly Source[]): (StartupPlace | undefined)[] {
  return sources.map((source) => admission.enter(source));
}

describe("admission before the login", () => {
  test("one source has as many places as it may, and one more is dropped whatever the chance", () => {
    const admission = new Admission(LIMITS, NEVER);
    const places = fill(admission, [net(1), net(1), net(1), net(1)]);
    assert.deepEqual(
      places.map((place) => place !== undefined),
      [true, true, true, false],
    );
    places[0]?.leave();
    assert.notEqual(admission.enter(net(1)), undefined, "a place that was left is free");
  });

  test("nobody is dropped below the start, chance decides from there on, all are dropped at the end", () => {
    const unlucky = new Admission(LIMITS, ALWAYS);
    const sources = Array.from({ length: 11 }, (_one, i) => net(i));
    assert.deepEqual(
      fill(unlucky, sources).map((place) => place !== undefined),
      [...Array<boolean>(10).fill(true), false],
    );
    const lucky = new Admission(LIMITS, NEVER);
    const many = Array.from({ length: 101 }, (_one, i) => net(i));
    const let100 = fill(lucky, many).map((place) => place !== undefined);
    assert.deepEqual([let100.indexOf(false), lucky.open], [100, 100]);
  });

  test("the chance grows evenly from the percentage to certainty", () => {
    for (const [open, percent] of [
      [10, 30],
      [55, 65],
      [99, 30 + (70 * 89) / 90],
    ] as const) {
      let drawn = 0.999_999;
      const admission = new Admission(LIMITS, () => drawn);
      fill(
        admission,
        Array.from({ length: open }, (_one, i) => net(i)),
      );
      drawn = percent / 100 - 0.000_1;
      assert.equal(admission.enter(net(1000)), undefined, `dropped just below ${percent} %`);
      drawn = percent / 100 + 0.000_1;
      assert.notEqual(admission.enter(net(1000)), undefined, `let in just above ${percent} %`);
    }
  });

  test("a source that has all its places drives no other away, nor a second connection of another", () => {
    const admission = new Admission({ ...LIMITS, perSource: 50 }, ALWAYS);
    // Its own further ones are dropped by chance, from the tenth on.
    assert.equal(fill(admission, Array<Source>(50).fill(net(1))).filter((place) => place).length, 10);
    for (let i = 1; i <= 4; i++) assert.notEqual(admission.enter(net(2)), undefined, `connection ${i}`);
  });

  test("there are never more than three times the last number, whatever the order in which they come", () => {
    const admission = new Admission({ ...LIMITS, perSource: 10 }, NEVER);
    for (let i = 0; i < 10_000; i++) admission.enter(net(i % 10));
    for (let i = 0; i < 10_000; i++) admission.enter(net(i % 500));
    assert.equal(admission.open, 190);
    // Rank by rank from the top, each time other sources: the most that the shares alone would let in is 291.
    const ranks = new Admission({ ...LIMITS, perSource: 1_000 }, NEVER);
    for (let rank = 1_000; rank > 0; rank--) {
      for (let i = 0; i < 200; i++) for (let k = 0; k < rank; k++) ranks.enter(net(rank * 256 + i));
      if (ranks.open >= 300) break;
    }
    assert.equal(ranks.open, 300);
  });

  test("what is opened on this host counts apart from the network, both ways", () => {
    const admission = new Admission(LIMITS, NEVER);
    fill(
      admission,
      Array.from({ length: 150 }, (_one, i) => net(i)),
    );
    assert.equal(admission.open, 100);
    const local = fill(admission, Array<Source>(41).fill("local")).map((place) => place !== undefined);
    assert.deepEqual([local.indexOf(false), admission.open], [40, 140]);
    const full = new Admission(LIMITS, NEVER);
    fill(full, Array<Source>(41).fill("local"));
    assert.notEqual(full.enter(net(1)), undefined);
  });

  test("leaving twice is leaving once, and when all have left nothing is counted", () => {
    const admission = new Admission(LIMITS, NEVER);
    const places = fill(admission, [net(1), net(1), "local", net(2)]);
    places[0]?.leave();
    places[0]?.leave();
    assert.equal(admission.open, 3);
    for (const place of places) place?.leave();
    assert.equal(admission.open, 0);
  });
});

describe("the source of a connection", () => {
  test("5: is the address for IPv4, also within IPv6, and the /64 for IPv6", () => {
    const sources = [
      ["10.1.2.3", "net 10.1.2.3"],
      ["::ffff:10.1.2.3", "net 10.1.2.3"],
      ["::FFFF:0a01:0203", "net 10.1.2.3"],
      ["2001:db8:1:2:3:4:5:6", "net 2001:db8:1:2::/64"],
      ["2001:db8:1:2::", "net 2001:db8:1:2::/64"],
      ["2001:DB8:1:2:ffff:ffff:ffff:ffff", "net 2001:db8:1:2::/64"],
      ["::1", "net 0:0:0:0::/64"],
      ["fe80::1%eth0", "net fe80:0:0:0::/64"],
      ["fe80::2%eth0", "net fe80:0:0:0::/64"],
      ["64:ff9b::10.0.0.1", "net 64:ff9b:0:0::/64"],
    ] as const;
    for (const [address, source] of sources) assert.equal(networkSource(address), source, address);
  });

  test("5: is another for the next /64, and some source for a peer that is gone", () => {
    assert.notEqual(networkSource("2001:db8:1:3::1"), networkSource("2001:db8:1:2::1"));
    assert.equal(networkSource(undefined), "net gone");
  });
});
