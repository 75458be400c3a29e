/**
 * What whoever has started this process says to it alone: the variables are taken out of the environment, so that no child of a
 * service believes that they are for it.
 *
 * @returns their values in that order; an empty one is none
 */
export function takeVariables(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
): readonly (string | undefined)[] {
  return names.map((name) => {
    const value = env[name];
    delete env[name];
    return value === "" ? undefined : value;
  });
}
