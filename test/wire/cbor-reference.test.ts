import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { decode, encode } from "../../wire/cbor.ts";
import { type DataLimits, LOGIN_DATA, SESSION_DATA } from "../../wire/limits.ts";
import {
  agreed,
  anyItem,
  arrayItem,
  assertPlain,
  bytesOf,
  doubleItem,
  FORBIDDEN_NAMES,
  head,
  headIn,
  hexOf,
  joined,
  mapItem,
  profileValue,
  textItem,
  textOf,
  timeItem,
} from "./cbor-samples.ts";

const accepts = (bytes: Uint8Array, value: unknown, limits: DataLimits = SESSION_DATA): void => {
  const verdict = agreed(bytes, limits);
  assert.ok("value" in verdict, `refused: ${hexOf(bytes)}`);
  assert.deepStrictEqual(verdict.value, value, hexOf(bytes));
};

const refuses = (bytes: Uint8Array, limits: DataLimits = SESSION_DATA): void => {
  assert.ok("refused" in agreed(bytes, limits), `accepted: ${hexOf(bytes)}`);
};

const accepted = (bytes: Uint8Array, limits: DataLimits = SESSION_DATA): boolean =>
  "value" in agreed(bytes, limits);

const ZERO = bytesOf("00");
const A = bytesOf("6161");

/** Every place in which an item can stand. */
const PLACES: Readonly<Record<string, (item: Uint8Array) => Uint8Array>> = {
  "at the top": (item) => item,
  "in an array": (item) => arrayItem(ZERO, item, ZERO),
  "last in an array": (item) => arrayItem(ZERO, item),
  "as a key": (item) => mapItem([item, ZERO]),
  "as a second key": (item) => mapItem([A, ZERO], [item, ZERO]),
  "as a value": (item) => mapItem([A, item]),
  "before another key": (item) => mapItem([A, item], [bytesOf("6162"), ZERO]),
  "behind tag 1": (item) => timeItem(item),
  "deep inside": (item) => arrayItem(mapItem([A, arrayItem(mapItem([A, item]))])),
};

const refusesEverywhere = (item: Uint8Array): void => {
  for (const place of Object.values(PLACES)) refuses(place(item));
};

const refusesAllEverywhere = (...items: string[]): void => {
  for (const item of items) refusesEverywhere(bytesOf(item));
};

/** RFC 8949, appendix A: the examples that are of the profile. */
const RFC_ACCEPTED: readonly (readonly [hex: string, value: unknown])[] = [
  ["00", 0],
  ["01", 1],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["1819", 25],
  ["1864", 100],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["29", -10],
  ["3863", -100],
  ["3903e7", -1000],
  ["f90000", 0],
  ["f98000", 0], // −0 there
  ["f93c00", 1],
  ["fb3ff199999999999a", 1.1],
  ["f93e00", 1.5],
  ["f97bff", 65_504],
  ["fa47c35000", 100_000],
  ["fa7f7fffff", 3.4028234663852886e38],
  ["fb7e37e43c8800759c", 1e300],
  ["f90001", 5.960464477539063e-8],
  ["f90400", 0.00006103515625],
  ["f9c400", -4],
  ["fbc010666666666666", -4.1],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["c11a514b67b0", new Date("2013-03-21T20:04:00Z")],
  ["c1fb41d452d9ec200000", new Date("2013-03-21T20:04:00.500Z")],
  ["40", new Uint8Array()],
  ["4401020304", new Uint8Array([1, 2, 3, 4])],
  ["60", ""],
  ["6161", "a"],
  ["6449455446", "IETF"],
  ["62225c", '"\\'],
  ["62c3bc", "\u00fc"],
  ["63e6b0b4", "\u6c34"],
  ["64f0908591", "\u{10151}"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", Array.from({ length: 25 }, (_, i) => i + 1)],
  ["a0", {}],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["826161a161626163", ["a", { b: "c" }]],
  ["a56161614161626142616361436164614461656145", { a: "A", b: "B", c: "C", d: "D", e: "E" }],
];

/** RFC 8949, appendix A: the examples that are not. */
const RFC_REFUSED: readonly string[] = [
  "1bffffffffffffffff",
  "c249010000000000000000",
  "3bffffffffffffffff",
  "c349010000000000000000",
  "f97c00",
  "f97e00",
  "f9fc00",
  "fa7f800000",
  "fa7fc00000",
  "faff800000",
  "fb7ff0000000000000",
  "fb7ff8000000000000",
  "fbfff0000000000000",
  "f7",
  "f0",
  "f8ff",
  "c074323031332d30332d32315432303a30343a30305a",
  "d74401020304",
  "d818456449455446",
  "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
  "a201020304",
  "5f42010243030405ff",
  "7f657374726561646d696e67ff",
  "9fff",
  "9f018202039f0405ffff",
  "9f01820203820405ff",
  "83018202039f0405ff",
  "83019f0203ff820405",
  "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
  "bf61610161629f0203ffff",
  "826161bf61626163ff",
  "bf6346756ef563416d7421ff",
];

/** RFC 8949, appendix F.1: examples of what is not well formed. */
const RFC_ILL_FORMED: readonly string[] = `
18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000
41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203
81 818181818181818181 8200 a1 a20102 a100 a2000000
c0
5f4100 7f6100 9f 9f0102 bf bf01020102 819f 9f8000 9f9f9f9f9fffffffff 9f819f819f9fffffff
1c 1d 1e 3c 3d 3e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe
f800 f801 f818 f81f
5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff
5f5f4100ffff 7f7f6100ffff
ff
81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff
bf00ff bf000000ff
1f 3f df`
  .trim()
  .split(/\s+/);

describe("the examples of RFC 8949", () => {
  test("that are of the profile have their values", () => {
    for (const [hex, value] of RFC_ACCEPTED) {
      accepts(bytesOf(hex), value);
      accepts(arrayItem(ZERO, bytesOf(hex)), [0, value]);
      accepts(mapItem([A, bytesOf(hex)]), { a: value });
    }
  });

  test("that are not are refused wherever they stand", () => {
    refusesAllEverywhere(...RFC_REFUSED);
  });

  test("that are not well formed are refused", () => {
    for (const hex of RFC_ILL_FORMED) refuses(bytesOf(hex));
  });

  test("are refused when they are cut short anywhere", () => {
    for (const [hex] of RFC_ACCEPTED) {
      for (const place of Object.values(PLACES)) {
        const whole = place(bytesOf(hex));
        for (let end = 0; end < whole.length; end++) refuses(whole.subarray(0, end));
      }
    }
  });

  test("are refused with anything behind them", () => {
    for (const [hex] of RFC_ACCEPTED) {
      for (const behind of ["00", "f6", "ff", "40", hex]) refuses(bytesOf(hex + behind));
    }
  });
});

describe("the head of an item", () => {
  const MAJORS_WITH_ARGUMENT = [0, 1, 2, 3, 4, 5, 6];

  test("is refused in a longer form than it needs", () => {
    const edges: readonly (readonly [bytes: 1 | 2 | 4 | 8, arguments: readonly bigint[]])[] = [
      [1, [0n, 1n, 2n, 23n]],
      [2, [0n, 1n, 23n, 24n, 255n]],
      [4, [0n, 1n, 255n, 256n, 65_535n]],
      [8, [0n, 1n, 65_535n, 65_536n, 2n ** 32n - 1n]],
    ];
    for (const [bytes, values] of edges) {
      for (const value of values) {
        for (const major of MAJORS_WITH_ARGUMENT) {
          // Enough behind it for whatever it claims, so that nothing else can be what is wrong.
          const filling = value > 70_000n || major < 2 ? 0 : Number(value) * (major === 5 ? 2 : 1);
          const content = major === 6 ? ZERO : new Uint8Array(filling);
          const item = joined(headIn(bytes, major, value), content);
          for (const place of Object.values(PLACES)) refuses(place(item));
        }
      }
    }
  });

  test("is accepted at each edge of its forms", () => {
    for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      accepts(joined(head(2, length), new Uint8Array(length)), new Uint8Array(length));
      accepts(joined(head(3, length), new Uint8Array(length).fill(0x61)), "a".repeat(length));
    }
    for (const length of [0, 23, 24, 255, 256, 9_999]) {
      accepts(joined(head(4, length), new Uint8Array(length)), Array(length).fill(0));
    }
    for (const value of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      accepts(head(0, value), value);
    }
    for (const value of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2]) {
      accepts(head(1, value), -1 - value);
    }
  });

  test("is refused where it is reserved, indefinite or a break", () => {
    for (let major = 0; major < 8; major++) {
      for (const info of [28, 29, 30, 31]) {
        const item = new Uint8Array([major * 32 + info]);
        refusesEverywhere(item);
        refusesEverywhere(joined(item, ZERO, ZERO, bytesOf("ff")));
        refusesEverywhere(joined(item, A, ZERO, bytesOf("ff")));
        refusesEverywhere(joined(item, A, bytesOf("ff")));
        refusesEverywhere(joined(item, bytesOf("ff")));
        refusesEverywhere(joined(item, new Uint8Array(16)));
      }
    }
  });

  test("may not claim more than is there", () => {
    const claims = [1n, 2n, 23n, 24n, 255n, 256n, 65_536n, 2n ** 31n, 2n ** 32n - 1n];
    const larger = [2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n];
    for (const claim of [...claims, ...larger]) {
      for (const major of [2, 3, 4, 5]) {
        refuses(head(major, claim));
        refuses(joined(head(major, claim), new Uint8Array(Math.min(Number(claim) - 1, 300))));
        refuses(arrayItem(head(major, claim)));
        refuses(mapItem([A, head(major, claim)]));
        refuses(mapItem([head(major, claim), ZERO]));
      }
    }
    refuses(joined(head(5, 2), A, ZERO, bytesOf("6162")));
  });
});

describe("an integer", () => {
  test("is accepted to ±(2^53−1) and refused beyond", () => {
    accepts(bytesOf("1b001fffffffffffff"), Number.MAX_SAFE_INTEGER);
    accepts(bytesOf("3b001ffffffffffffe"), Number.MIN_SAFE_INTEGER);
    const beyond = ["1b0020000000000000", "1b0020000000000001", "3b001fffffffffffff", "3b0020000000000000"];
    refusesAllEverywhere(...beyond, "1b7fffffffffffffff", "1b8000000000000000", "3b7fffffffffffffff");
  });
});

describe("a text", () => {
  test("is refused if it is not strict UTF-8", () => {
    const bad = `
      80 bf c0 c1 c080 c1bf c2 c220 c2c2 df e0 e080 e08080 e09fbf e0a0 e1 e180 e18020 e1bfc0
      eda080 edadbf edae80 edafbf edb080 edbfbf eda080edb080 ef ef80 f0 f080 f08080 f0808080 f08fbfbf f09080
      f4908080 f48fbf f5808080 f7bfbfbf f8 f888808080 fc fc8480808080 fe ff fffe`
      .trim()
      .split(/\s+/);
    for (const bytes of bad) {
      for (const around of [
        bytes,
        `61${bytes}`,
        `${bytes}61`,
        `c3bc${bytes}`,
        `${"61".repeat(70)}${bytes}`,
      ]) {
        refusesEverywhere(textOf(bytesOf(around)));
      }
    }
  });

  test("is accepted at the edges of UTF-8", () => {
    const edges = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfefe, 0xff00, 0xfffd, 0xffff, 0x10_ffff];
    for (const point of edges) {
      const one = String.fromCodePoint(point);
      accepts(textItem(one), one);
      accepts(mapItem([textItem(one), textItem(one)]), { [one]: one });
    }
  });

  test("is refused with a byte order mark in front, and only there", () => {
    for (const bytes of ["efbbbf", "efbbbf61", "efbbbfefbbbf"]) refusesEverywhere(textOf(bytesOf(bytes)));
    accepts(textOf(bytesOf("61efbbbf")), "a\ufeff");
    accepts(textOf(bytesOf("efbbbe")), "\ufefe");
    accepts(mapItem([textOf(bytesOf("61efbbbf")), ZERO]), { "a\ufeff": 0 });
  });

  test("of every length and script has its value", () => {
    const lengths = [...Array(70).keys(), 127, 255, 4095, 4096, 4097, 8192, 60_000];
    for (const unit of ["a", "\u00e4", "\u6c34", "\u{1f600}", "a\u00e4\u6c34\u{1f600}"]) {
      for (const length of lengths) {
        const one = unit.repeat(length);
        accepts(textItem(one), one);
        accepts(arrayItem(textItem(one), textItem(`${one}a`)), [one, `${one}a`]);
      }
    }
  });

  test("of two, three and four bytes is judged the same for all of them that are telling", () => {
    const telling = bytesOf("00 41 7f 80 8f 90 9f a0 bb bf c0 c1 c2 df e0 e1 ed ee ef f0 f1 f4 f5 ff");
    for (let both = 0; both < 0x1_0000; both++)
      agreed(new Uint8Array([0x62, both >> 8, both & 0xff]), LOGIN_DATA);
    for (const a of telling) {
      for (const b of telling) {
        for (const c of telling) {
          agreed(new Uint8Array([0x63, a, b, c]), LOGIN_DATA);
          for (const d of telling) if (a >= 0xf0) agreed(new Uint8Array([0x64, a, b, c, d]), LOGIN_DATA);
        }
      }
    }
  });
});

describe("a map", () => {
  test("is refused with a key that is no text", () => {
    const keys = `00 20 1864 40 4161 80 8100 a0 a1616100 f4 f5 f6 f7 f90000 fb3ff8000000000000
      c100 c16161 c06161 d9d9f76161 5f4161ff 7f6161ff ff`;
    for (const key of keys.trim().split(/\s+/)) {
      refuses(mapItem([bytesOf(key), ZERO]));
      refuses(mapItem([A, ZERO], [bytesOf(key), ZERO]));
      refuses(mapItem([A, mapItem([bytesOf(key), ZERO])]));
    }
  });

  test("is refused with a key twice, wherever the second one stands", () => {
    const b = bytesOf("6162");
    refuses(mapItem([A, ZERO], [A, ZERO]));
    refuses(mapItem([A, ZERO], [b, ZERO], [A, ZERO]));
    refuses(mapItem([A, mapItem([b, ZERO])], [A, ZERO]));
    refuses(mapItem([A, mapItem([b, ZERO])], [b, mapItem([A, ZERO])], [A, ZERO]));
    refuses(mapItem([A, mapItem([b, ZERO], [b, ZERO])]));
    refuses(mapItem([textItem(""), ZERO], [textItem(""), ZERO]));
    refuses(mapItem([textItem("\u00fc"), ZERO], [textItem("\u00fc"), ZERO]));
  });

  test("may have the key of the map around it, beside it or in it", () => {
    const inner = mapItem([A, ZERO]);
    accepts(mapItem([A, inner]), { a: { a: 0 } });
    accepts(arrayItem(inner, inner), [{ a: 0 }, { a: 0 }]);
    accepts(mapItem([A, inner], [bytesOf("6162"), inner]), { a: { a: 0 }, b: { a: 0 } });
  });

  test("tells keys apart that only look alike", () => {
    const keys = ["a", "A", "a ", "a\u0000", "\u00e4", "a\u0308", "0", "00", "-0", "1", "1.0", "", "length"];
    accepts(
      mapItem(...keys.map((key) => [textItem(key), ZERO] as const)),
      Object.fromEntries(keys.map((key) => [key, 0])),
    );
  });

  test("is refused with each forbidden key, wherever it stands", () => {
    assert.equal(FORBIDDEN_NAMES.length, 15);
    for (const name of FORBIDDEN_NAMES) {
      const bad = mapItem([textItem(name), ZERO]);
      for (const [where, place] of Object.entries(PLACES)) {
        refuses(place(bad));
        // The name is a text like any other, but for a key.
        if (!where.includes("key") && !where.includes("tag"))
          assert.ok(accepted(place(textItem(name))), where);
      }
      refuses(mapItem([A, ZERO], [textItem(name), ZERO]));
      refuses(mapItem([textItem(name), mapItem([A, ZERO])], [A, ZERO]));
      for (const other of [`${name} `, ` ${name}`, `${name}\u0000`, name.slice(1), name.toUpperCase()]) {
        assert.ok(accepted(mapItem([textItem(other), ZERO])), other);
      }
    }
  });
});

describe("a simple value or a float", () => {
  test("is refused if it is not false, true, null or a finite float", () => {
    for (let value = 0; value < 20; value++) refusesEverywhere(new Uint8Array([0xe0 + value]));
    refusesAllEverywhere("f7", "fc", "fd", "fe", "ff");
    for (let value = 0; value < 256; value++) refusesEverywhere(new Uint8Array([0xf8, value]));
    refusesAllEverywhere("f97c00", "f9fc00", "f97e00", "f97c01", "f97fff", "f9ffff", "f9fe00");
    refusesAllEverywhere("fa7f800000", "faff800000", "fa7fc00000", "fa7f800001", "faffffffff");
    refusesAllEverywhere("fb7ff0000000000000", "fbfff0000000000000", "fb7ff8000000000000");
    refusesAllEverywhere("fb7ff0000000000001", "fbffffffffffffffff");
  });

  test("of the value −0 is 0 in each width and place", () => {
    for (const hex of ["f98000", "fa80000000", "fb8000000000000000"]) {
      const zero = bytesOf(hex);
      accepts(zero, 0);
      accepts(arrayItem(zero, textItem("x"), bytesOf("43010203"), zero), [
        0,
        "x",
        new Uint8Array([1, 2, 3]),
        0,
      ]);
      accepts(mapItem([A, mapItem([A, zero])]), { a: { a: 0 } });
      accepts(arrayItem(timeItem(zero), zero), [new Date(0), 0]);
      accepts(timeItem(zero), new Date(0));
    }
  });

  test("of half width is judged the same for all 65,536, a time or not", () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      const item = new Uint8Array([0xf9, bits >> 8, bits & 0xff]);
      agreed(item, LOGIN_DATA);
      agreed(timeItem(item), LOGIN_DATA);
    }
  });
});

describe("a tag", () => {
  test("is refused if it is not 1, whatever is behind it", () => {
    const known = [
      0, 2, 3, 4, 5, 6, 14, 15, 16, 21, 22, 23, 24, 25, 27, 28, 29, 32, 36, 51, 55, 105, 256, 258, 259,
    ];
    const cborX = [
      0xdff9, 0xdffe, 0xdfff, 0xe000, 0xe001, 0x5368_7264, 55_799, 40_000, 40_001, 40_500, 0x7265,
    ];
    const typed = Array.from({ length: 24 }, (_, i) => 64 + i);
    const contents = `00 01 20 1a514b67b0 f4 f6 f7 f93c00 40 43010203 60 6161 80 820000 83196000816161 01
      8319e0008161610001 820183010203 a0 a1616100 c100 c000 d9dfff8319e00081616100`;
    for (const tag of [...known, ...cborX, ...typed, 2n ** 32n - 1n, 2n ** 32n, 2n ** 64n - 1n]) {
      for (const content of contents.trim().split(/\s+/)) {
        refusesEverywhere(joined(head(6, tag), bytesOf(content)));
      }
      refusesEverywhere(head(6, tag));
    }
  });

  test("is refused for every number of one and two bytes", () => {
    for (let tag = 0; tag < 0x1_0000; tag++) {
      if (tag !== 1) refuses(joined(head(6, tag), ZERO));
    }
  });

  test("1 is refused in front of anything but a number", () => {
    for (const content of ["", "f4", "f5", "f6", "f7", "e0", "f800", "f814", "40", "4100", "60", "6130"]) {
      refuses(timeItem(bytesOf(content)));
      refuses(arrayItem(timeItem(bytesOf(content))));
    }
    for (const content of ["80", "8100", "a0", "a1616100", "c100", "c1c100", "c000", "c24101", "ff", "1f"]) {
      refuses(timeItem(bytesOf(content)));
      refuses(mapItem([A, timeItem(bytesOf(content))]));
    }
    refuses(mapItem([bytesOf("c100"), ZERO]));
    refuses(mapItem([bytesOf("c16161"), ZERO]));
  });

  test("1 is a time to the furthest that there is, and refused beyond", () => {
    const last = 8_640_000_000_000;
    accepts(timeItem(head(0, last)), new Date(last * 1000));
    accepts(timeItem(head(1, last - 1)), new Date(-last * 1000));
    accepts(timeItem(doubleItem(last)), new Date(last * 1000));
    accepts(timeItem(doubleItem(-last)), new Date(-last * 1000));
    refuses(timeItem(head(0, last + 1)));
    refuses(timeItem(head(1, last)));
    for (const beyond of [last + 2 ** -9, last + 1, 2 ** 53, 1e300]) {
      refuses(timeItem(doubleItem(beyond)));
      refuses(timeItem(doubleItem(-beyond)));
    }
    // The singles on both sides of the bound.
    accepts(timeItem(bytesOf("fa54fb7504")), new Date(8_639_999_901_696_000));
    refuses(timeItem(bytesOf("fa54fb7505")));
    refuses(timeItem(bytesOf("fa7f7fffff")));
    refuses(timeItem(bytesOf("faff7fffff")));
    refuses(timeItem(bytesOf("1b001fffffffffffff")));
    accepts(timeItem(doubleItem(0.0005)), new Date(1));
    accepts(timeItem(doubleItem(-0.0005)), new Date(0));
    accepts(timeItem(doubleItem(0.00049)), new Date(0));
    accepts(timeItem(doubleItem(1.001)), new Date(1001));
    accepts(timeItem(doubleItem(-1.001)), new Date(-1001));
    accepts(timeItem(doubleItem(5e-324)), new Date(0));
  });
});

const nested = (depth: number, wrap: (inner: Uint8Array, level: number) => Uint8Array): Uint8Array => {
  let item = ZERO;
  for (let level = 0; level < depth; level++) item = wrap(item, level);
  return item;
};

const times = (count: number, item: Uint8Array): Uint8Array =>
  arrayItem(...Array<Uint8Array>(count).fill(item));

const entries = (count: number): Uint8Array =>
  mapItem(...Array.from({ length: count }, (_, i) => [textItem(`${i}`), ZERO] as const));

/** So many items, an array and its maps of one entry among them. */
const rows = (items: number): Uint8Array =>
  arrayItem(
    ...Array<Uint8Array>((items - 1) >> 1).fill(mapItem([A, ZERO])),
    ...(items % 2 === 0 ? [ZERO] : []),
  );

const keyed = (text: string): Uint8Array => mapItem([textItem(text), ZERO]);

describe("the limits", () => {
  const SMALL: DataLimits = { maxDepth: 3, maxItems: 10, maxEntries: 3, maxKeyBytes: 5, maxCost: 10_000 };
  const LIMITS = { LOGIN_DATA, SESSION_DATA, SMALL };
  /** Wide open but for what a test is about. */
  const WIDE: DataLimits = {
    maxDepth: 60,
    maxItems: 100_000,
    maxEntries: 2_048,
    maxKeyBytes: 256,
    maxCost: 100_000_000,
  };

  const shapes: readonly ((inner: Uint8Array, level: number) => Uint8Array)[] = [
    (inner) => arrayItem(inner),
    (inner) => mapItem([A, inner]),
    (inner, level) => (level % 2 === 0 ? arrayItem(inner) : mapItem([A, inner])),
    (inner, level) => (level === 0 ? bytesOf("80") : arrayItem(inner)),
    (inner, level) => (level === 0 ? bytesOf("a0") : mapItem([A, inner])),
    (inner, level) => (level === 0 ? arrayItem(bytesOf("c100")) : arrayItem(inner)),
    (inner) => arrayItem(inner, ZERO),
  ];

  for (const [name, limits] of Object.entries(LIMITS)) {
    test(`of ${name} have exact edges`, () => {
      const { maxDepth, maxItems, maxEntries, maxKeyBytes } = limits;
      for (const shape of shapes) {
        const deep: DataLimits = { ...WIDE, maxDepth };
        assert.ok(accepted(nested(maxDepth, shape), deep));
        refuses(nested(maxDepth + 1, shape), deep);
      }

      const many: DataLimits = { ...WIDE, maxItems };
      for (const hex of ["00", "80", "a0", "c100", "40"]) {
        assert.ok(accepted(times(maxItems - 1, bytesOf(hex)), many));
        refuses(times(maxItems, bytesOf(hex)), many);
      }

      // A key is no item.
      assert.ok(accepted(rows(maxItems), many));
      refuses(rows(maxItems + 1), many);
      assert.ok(accepted(entries(maxEntries), { ...WIDE, maxEntries }));
      refuses(entries(maxEntries + 1), { ...WIDE, maxEntries });
      // Each map has its own count.
      assert.ok(accepted(arrayItem(entries(maxEntries), entries(maxEntries)), { ...WIDE, maxEntries }));

      const keys: DataLimits = { ...WIDE, maxKeyBytes };
      assert.ok(accepted(keyed("k".repeat(maxKeyBytes)), keys));
      refuses(keyed("k".repeat(maxKeyBytes + 1)), keys);
      // Bytes, not characters.
      assert.ok(accepted(keyed("\u00e4".repeat(Math.floor(maxKeyBytes / 2))), keys));
      refuses(keyed("\u00e4".repeat(Math.floor(maxKeyBytes / 2) + 1)), keys);
      assert.ok(accepted(mapItem([A, textItem("v".repeat(maxKeyBytes + 1))]), keys));
    });
  }

  test("bound one item of each kind as they are", () => {
    const none: DataLimits = { maxDepth: 0, maxItems: 1, maxEntries: 0, maxKeyBytes: 0, maxCost: 1_000 };
    accepts(ZERO, 0, none);
    accepts(bytesOf("c100"), new Date(0), none);
    refuses(bytesOf("80"), none);
    refuses(bytesOf("a0"), none);
    accepts(bytesOf("a0"), {}, { ...none, maxDepth: 1 });
    accepts(
      bytesOf("a16000"),
      { "": 0 },
      { maxDepth: 1, maxItems: 2, maxEntries: 1, maxKeyBytes: 0, maxCost: 1_000 },
    );
    refuses(bytesOf("a16000"), { maxDepth: 1, maxItems: 1, maxEntries: 1, maxKeyBytes: 0, maxCost: 1_000 });
  });
});

describe("any value of the profile", () => {
  test("comes back as it was, and both decoders say so", () => {
    fc.assert(
      fc.property(profileValue, (value) => {
        const bytes = new Uint8Array(encode(value));
        accepts(bytes, withoutNegativeZero(value));
      }),
      { numRuns: 2000 },
    );
  });

  test("is not changed by what is encoded or decoded after it", () => {
    fc.assert(
      fc.property(profileValue, profileValue, (one, other) => {
        const sent = encode([one]);
        const arrived = new Uint8Array(sent);
        const back = decode(arrived, SESSION_DATA);
        decode(encode([other, other]), SESSION_DATA);
        assert.equal(hexOf(sent), hexOf(arrived));
        arrived.fill(0xff);
        assert.deepStrictEqual(back, [withoutNegativeZero(one)]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("any bytes", () => {
  const smallLimits: fc.Arbitrary<DataLimits> = fc.record({
    maxDepth: fc.nat({ max: 5 }),
    maxItems: fc.nat({ max: 24 }),
    maxEntries: fc.nat({ max: 5 }),
    maxKeyBytes: fc.nat({ max: 24 }),
    maxCost: fc.nat({ max: 4_000 }),
  });

  test("of one and two bytes are judged the same", () => {
    agreed(new Uint8Array(), SESSION_DATA);
    for (let one = 0; one < 0x100; one++) agreed(new Uint8Array([one]), SESSION_DATA);
    for (let both = 0; both < 0x1_0000; both++)
      agreed(new Uint8Array([both >> 8, both & 0xff]), SESSION_DATA);
  });

  test("at random are judged the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        agreed(bytes, SESSION_DATA);
      }),
      { numRuns: 20_000 },
    );
  });

  test("that have the form of CBOR are judged the same", () => {
    let acceptedCount = 0;
    const runs = 10_000;
    fc.assert(
      fc.property(anyItem, fc.oneof(smallLimits, fc.constant(LOGIN_DATA)), (bytes, limits) => {
        agreed(bytes, limits);
        if (accepted(bytes)) acceptedCount++;
      }),
      { numRuns: runs },
    );
    // Both verdicts have to occur often, or the agreement says nothing.
    assert.ok(
      acceptedCount > runs / 4 && acceptedCount < runs * 0.95,
      `${acceptedCount} of ${runs} accepted`,
    );
  });
});

describe("a byte string", () => {
  test("shares no memory with the bytes that it came in", () => {
    for (const length of [0, 1, 2, 7, 8, 15, 16, 23, 24, 63, 64, 65, 255, 256, 4096, 70_000]) {
      const content = new Uint8Array(length).map((_, i) => i % 251);
      const item = arrayItem(
        joined(head(2, length), content),
        mapItem([A, joined(head(2, length), content)]),
      );
      // As it arrives: a part of a larger chunk, a Buffer or not.
      for (const chunk of [new Uint8Array(item.length + 20), Buffer.alloc(item.length + 20)]) {
        chunk.set(item, 7);
        const value = decode(chunk.subarray(7, 7 + item.length), SESSION_DATA);
        assertPlain(value);
        const found = byteStringsIn(value);
        assert.equal(found.length, 2);
        chunk.fill(0xee);
        for (const one of found) {
          assert.notEqual(one.buffer, chunk.buffer);
          assert.deepEqual([...one], [...content]);
        }
        const [first, second] = found;
        assert.ok(first !== undefined && second !== undefined);
        first.fill(0xdd);
        assert.deepEqual([...second], [...content]);
      }
    }
  });
});

/** What a value is for its reader: −0 is 0. */
function withoutNegativeZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Date) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = withoutNegativeZero(inner);
  return copy;
}

function byteStringsIn(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(byteStringsIn);
}
