import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { escapeShort, escapeText } from "../../base/escape.ts";

describe("escapeText", () => {
  test("leaves text as people write it alone", () => {
    for (const text of ["plain", "Grüße, 你好 👋", "a\\b \"quoted\" 'x'", ""])
      assert.equal(escapeText(text), text);
  });

  test("writes out whatever moves a cursor, ends a line or turns the direction of reading", () => {
    assert.equal(escapeText("a\u001b[2Jb"), "a\\u{1b}[2Jb");
    assert.equal(escapeText("\u001b]52;c;eA==\u0007"), "\\u{1b}]52;c;eA==\\u{7}");
    assert.equal(escapeText("a\r\n\tb"), "a\\r\\n\\tb");
    assert.equal(escapeText("\u009b31m"), "\\u{9b}31m");
    assert.equal(escapeText("\u202egpj.exe"), "\\u{202e}gpj.exe");
    assert.equal(
      escapeText("\u2066\u2069\u2028\u2029\u200b\ufeff\u007f"),
      "\\u{2066}\\u{2069}\\u{2028}\\u{2029}\\u{200b}\\u{feff}\\u{7f}",
    );
    assert.equal(escapeText("\ud800 and \udc00"), "\\u{d800} and \\u{dc00}");
  });

  test("leaves no C0, DEL, C1, separator or direction control in any text", () => {
    for (let code = 0; code < 0x3000; code++) {
      const shown = escapeText(String.fromCharCode(code));
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, code.toString(16));
    }
  });

  test("cuts at exactly the length asked for, and says how much is left out", () => {
    assert.equal(escapeShort("abcd", 4), "abcd");
    assert.equal(escapeShort("abcde", 4), "abcd… (1 more)");
  });
});
