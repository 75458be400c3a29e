import { assertNever } from "../../base/assert-never.ts";
import { closest } from "../../base/closest.ts";
import type { NameTree } from "../../yaml/name-tree.ts";
import type { Place, Problem } from "../../yaml/problem.ts";
import { renaming } from "../../yaml/renaming.ts";
import { accepts } from "../patterns/dfa.ts";
import type { TestTree } from "../syntax/test-tree.ts";
import type { PolicyTree, SubjectTree } from "../syntax/tree.ts";

type Kind = "role" | "identity" | "authority";

/** Words that point at what is not declared. */
export function checkNames(policy: PolicyTree): Problem[] {
  const { roles, identities, authorities, revoked, grants, shadow, never, tests } = policy;
  const names = new Names(policy);
  return [
    ...[...roles.values()].flatMap(({ includes }) => names.undeclared("role", includes)),
    ...[...identities.values(), ...authorities.values()].flatMap((holder) =>
      names.undeclared("role", holder.roles),
    ),
    ...revoked.flatMap((one) =>
      one.kind === "certificate" ? names.undeclared("authority", [{ name: one.authority, at: one.at }]) : [],
    ),
    ...[...grants.values(), ...shadow.values()].flatMap(({ to }) =>
      to.flatMap((one) => names.ofSubject(one)),
    ),
    ...[...never.values()].flatMap(({ unless }) => unless.flatMap((one) => names.ofSubject(one))),
    ...tests.flatMap(({ as }) => names.ofTest(as)),
  ];
}

class Names {
  readonly #policy: PolicyTree;

  constructor(policy: PolicyTree) {
    this.#policy = policy;
  }

  ofSubject(subject: SubjectTree): Problem[] {
    switch (subject.kind) {
      case "everyone":
        return [];
      case "role":
      case "identity":
        return this.undeclared(subject.kind, [subject]);
      case "certificate": {
        const slash = subject.name.indexOf("/");
        const authority = { name: subject.name.slice(0, slash), at: subject.at };
        const missing = this.undeclared("authority", [authority]);
        return missing.length > 0
          ? missing
          : this.#mayGive(authority.name, subject.name.slice(slash + 1), subject.at);
      }
      default:
        return assertNever(subject.kind, "a subject");
    }
  }

  /** What an authority may give is for the test to try; only who is meant has to be there. */
  ofTest(as: TestTree["as"]): Problem[] {
    return as.kind === "identity"
      ? this.undeclared("identity", [as.identity])
      : [...this.undeclared("authority", [as.authority]), ...this.undeclared("role", as.roles)];
  }

  undeclared(kind: Kind, names: readonly NameTree[]): Problem[] {
    const declared = this.#declared(kind);
    return names.filter(({ name }) => !declared.has(name)).map((name) => this.#problem(kind, name));
  }

  #mayGive(authority: string, name: string, at: Place): Problem[] {
    const names = this.#policy.authorities.get(authority)?.names ?? [];
    if (names.some(({ dfa }) => accepts(dfa, name))) return [];
    const text = `the authority '${authority}' may not give the name '${name}'`;
    const given = names.map((pattern) => pattern.text).join(", ");
    return [{ code: "P301", severity: "error", at, text, hint: `it gives ${given === "" ? "none" : given}` }];
  }

  #problem(kind: Kind, { name, at }: NameTree): Problem {
    const section = SECTIONS[kind];
    const declaredAt = this.#policy[`${section}At`];
    const related =
      declaredAt === undefined ? {} : { related: [{ at: declaredAt, text: `${section} are declared` }] };
    const text = `${kind} '${name}' is not declared`;
    return { code: "P301", severity: "error", at, text, ...this.#mend(kind, name), ...related };
  }

  #mend(kind: Kind, name: string): Pick<Problem, "hint" | "fix"> {
    if (kind === "role" && this.#policy.identities.has(name))
      return { hint: `for the identity write id:${name}` };
    const near = closest(name, this.#declared(kind).keys());
    if (near === undefined) return { hint: `declare it under '${SECTIONS[kind]}'` };
    return { hint: `did you mean '${near}'?`, ...renaming(name, near) };
  }

  #declared(kind: Kind): ReadonlyMap<string, unknown> {
    return this.#policy[SECTIONS[kind]];
  }
}

const SECTIONS = { role: "roles", identity: "identities", authority: "authorities" } as const;
