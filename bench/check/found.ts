/** What came of one kind of data. */
export interface CheckFound {
  readonly kind: string;
  /** of the message */
  readonly bytes: number;
  /** that the check has computed, in bytes */
  readonly cost: number;
  /** microseconds of one check, and of decoding the same bytes, round by round */
  readonly checkUs: number[];
  readonly decodeUs: number[];
}
