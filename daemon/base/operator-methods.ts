/**
 * What makes a principal an operator: that the policy grants it one of these. Operators are recorded to the last when a disk is full,
 * and have connections beyond the limit. A test holds the list to the services.
 */
export const OPERATOR_METHODS = [
  "rpcd.health",
  "rpcd.stats",
  "rpcd.sessions.list",
  "rpcd.sessions.end",
] as const;
