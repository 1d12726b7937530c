import type { RunRecord } from '../../../tools/accept/record';

/** The record of a run that was asked for nothing, did nothing and left nothing. A test says what is different. */
export const runRecord = (over: Partial<RunRecord>): RunRecord => ({
  id: '1a2b3c',
  account: '111122223333',
  region: 'eu-west-1',
  caller: 'arn:aws:iam::111122223333:role/tester',
  startedAt: '2026-03-01T09:00:00.000Z',
  endedAt: '2026-03-01T09:20:00.000Z',
  versions: {},
  checks: [],
  parts: [],
  isInterrupted: false,
  isKept: false,
  removed: [],
  left: [],
  notShown: [],
  rehearsal: undefined,
  ...over,
});
