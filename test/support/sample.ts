/**
 * Rows of a table of which each takes a process, or several: all of them in CI (RPCD_PROCESSES=all), else every `nth`, begun with the
 * first. A new row is run by CI at the latest.
 */
export function sample<T>(rows: readonly T[], nth = 4): readonly T[] {
  return process.env["RPCD_PROCESSES"] === "all" ? rows : rows.filter((_, i) => i % nth === 0);
}
