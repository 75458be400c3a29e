import { isDeepStrictEqual } from "node:util";
import { frozenCopy } from "../base/frozen-data.ts";
import type { LiveShape, MethodEntry, Parameter, Shape } from "../catalogue/catalogue.ts";
import type { Method, Param } from "./declared.ts";
import { isLiveType, liveShape } from "./live.ts";
import { fullName } from "./service.ts";
import { shapeOfSchema } from "./shape-of-schema.ts";

/**
 * What the catalogue says of a method: made once, when the service is loaded.
 *
 * @param isOfObject - whether it is the method of an interface, whose name `service` is then
 * @throws TypeError if a default is not a constant
 */
export function methodEntry(service: string, key: string, method: Method, isOfObject = false): MethodEntry {
  const name = fullName(service, key);
  return {
    name,
    doc: method.doc,
    params: method.params.map((one) => parameterEntry(name, one)),
    returns: returnShape(method),
    ...(isOfObject ? { on: service } : {}),
    effect: method.effect,
    idempotent: method.idempotent,
    errors: new Map(
      Object.entries(method.errors).map(([reason, data]) => [fullName(service, reason), shapeOfSchema(data)]),
    ),
    reserved: method.reserved,
  };
}

function returnShape({ returns }: Method): Shape | LiveShape {
  if (returns === undefined) return { type: "any" };
  return isLiveType(returns) ? liveShape(returns, shapeOfSchema) : shapeOfSchema(returns);
}

function parameterEntry(method: string, { name, schema, shape, optional }: Param): Parameter {
  if (isLiveType(schema)) return { name, shape: liveShape(schema, shapeOfSchema), optional };
  // What comes out: a value is only let through if it comes out as it went in.
  const entry = { name, shape: shape ?? shapeOfSchema(schema) };
  const absent = schema["~standard"].validate(undefined);
  if (absent instanceof Promise) {
    // A schema that answers later cannot be asked here; its parameter is required. Its answer, or what it
    // throws over an absent value, is for nobody.
    absent.catch(() => undefined);
    return { ...entry, optional: false };
  }
  if (absent.issues !== undefined) return { ...entry, optional: false };
  if (absent.value === undefined) return { ...entry, optional: true };
  const again = schema["~standard"].validate(undefined);
  if (
    again instanceof Promise ||
    again.issues !== undefined ||
    !isDeepStrictEqual(again.value, absent.value)
  ) {
    throw new TypeError(
      `${method}: the default of '${name}' is another each time; only a constant can be held against the policy`,
    );
  }
  const itself = schema["~standard"].validate(absent.value);
  if (itself instanceof Promise || itself.issues !== undefined) {
    throw new TypeError(`${method}: the default of '${name}' is not what its own schema accepts`);
  }
  // A library may give the same list each time: what one call does to it must not reach the next.
  return { ...entry, optional: true, default: frozenCopy(absent.value) };
}
