import { freezeData, frozenCopy, type Settable } from "../../base/frozen-data.ts";
import { isLive, type Parameter } from "../../catalogue/catalogue.ts";
import { ShapeCheck } from "../../catalogue/shape-check.ts";
import { isKnownToOnlyCheck, isLiveType, type Param } from "../../service/engine.ts";

/** What is prepared for a parameter when its method is registered. */
export interface ParameterCheck {
  /** Runs before the schema; missing where every value fits, and where the argument is passed by reference. */
  readonly shape: ShapeCheck | undefined;
  /** Whether the schema has no code of an author: its input is neither frozen nor compared. */
  readonly isTrusted: boolean;
  /** Gives what an absent argument stands for; missing where there is no default. */
  readonly absent: (() => unknown) | undefined;
}

export function parameterCheck(param: Parameter, { schema }: Param): ParameterCheck {
  const shape = isLive(param.shape) ? undefined : new ShapeCheck(param.shape);
  return {
    shape: shape?.isAny === true ? undefined : shape,
    isTrusted: !isLiveType(schema) && isKnownToOnlyCheck(schema),
    absent: "default" in param ? defaultOf(param.default) : undefined,
  };
}

/** A default is frozen and the same for all calls; one with dates or byte strings, which cannot be frozen, is a copy for each. */
function defaultOf(constant: unknown): () => unknown {
  const settable: Settable[] = [];
  freezeData(constant, settable);
  return settable.length === 0 ? () => constant : () => frozenCopy(constant);
}
