import * as z from 'zod/mini';
import { RotationRecord } from '../lambdas/record-rotation/record';
import { safeParse } from '../lambdas/shared/contract/schema';
import { mask } from '../lambdas/shared/text/mask';
import type { Table } from './table';

/** A record, as far as the list has it. A later release may have written more. */
const Known = z.pick(RotationRecord, {
  kind: true,
  recordedAt: true,
  result: true,
  userName: true,
  action: true,
  reason: true,
});
const Shown = z.extend(z.object(Known.shape), {
  result: z.string(),
  execution: z.object({
    arn: z.string(),
    startedAt: z.nullable(z.string()),
    endedAt: z.nullable(z.string()),
  }),
  startedBy: z.object({
    claimed: z.nullable(z.string()),
    identity: z.nullable(z.string()),
    evidence: z.string(),
  }),
  error: z.nullable(z.object({ name: z.string() })),
  oldKey: z.nullable(z.object({ accessKeyId: z.string() })),
  newKey: z.nullable(z.object({ accessKeyId: z.string() })),
});
type ShownRecord = z.infer<typeof Shown>;

/** A record as it was read, and as far as it is understood. */
export interface ReadRecord {
  readonly whole: unknown;
  readonly shown: ShownRecord;
}

/**
 * The records of what was read: of each execution the one that was made last, the youngest execution first.
 *
 * @returns also how many were not understood.
 */
export const recordsIn = (
  read: readonly unknown[],
): { readonly records: readonly ReadRecord[]; readonly odd: number } => {
  const latest = new Map<string, ReadRecord>();
  let odd = 0;
  for (const whole of read) {
    const parsed = safeParse(Shown, whole);
    if (!parsed.success) {
      odd += 1;
      continue;
    }
    const { data: shown } = parsed;
    const key = `${shown.execution.arn} ${shown.execution.startedAt}`;
    const before = latest.get(key);
    if (before === undefined || before.shown.recordedAt <= shown.recordedAt)
      latest.set(key, { whole, shown });
  }
  const endOf = ({ shown }: ReadRecord): string => shown.execution.endedAt ?? shown.recordedAt;
  return { records: [...latest.values()].toSorted((a, b) => (endOf(a) < endOf(b) ? 1 : -1)), odd };
};

/** The last part of an ARN tells who it was: a user, or a session of a role. */
const nameIn = (arn: string): string => arn.split(':').at(-1) ?? arn;

/** The list. `starters`: by the ARN of the execution, what CloudTrail says now. */
export const historyTable = (
  records: readonly ReadRecord[],
  starters: ReadonlyMap<string, string>,
): Table => ({
  columns: ['ended', 'user', 'result', 'action', 'old key', 'new key', 'started by', 'error', 'reason'],
  rows: records.map(({ shown }) => {
    const { execution, userName, result, kind, action, oldKey, newKey, startedBy, error, reason } = shown;
    const identity = startedBy.identity ?? starters.get(execution.arn);
    return [
      execution.endedAt?.slice(0, 16).replace('T', ' ') ?? '-',
      userName ?? '-',
      result,
      kind === 'declaration' ? kind : (action ?? '-'),
      oldKey === null ? '-' : mask(oldKey.accessKeyId),
      newKey === null ? '-' : mask(newKey.accessKeyId),
      identity === undefined ? `${startedBy.claimed ?? 'not known'} (not seen)` : nameIn(identity),
      error?.name ?? '-',
      reason ?? '-',
    ];
  }),
});
