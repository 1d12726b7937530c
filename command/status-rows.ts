import * as z from 'zod/mini';
import { safeParse } from '../lambdas/shared/contract/schema';
import type { SurveyedUser } from '../lambdas/shared/contract/survey';
import { milliseconds } from '../lambdas/shared/rotation/calendar';
import { mask } from '../lambdas/shared/text/mask';
import {
  type Finding,
  isUrgent,
  type KeyReport,
  needsAttention,
  type UserReport,
} from '../lambdas/survey/decide';
import type { Stage } from '../lambdas/survey/limits';
import { say } from '../lambdas/survey/words';
import type { Table } from './table';
import { at, fromNow } from './times';

/** How the last execution of a user has ended. */
export interface LastEnd {
  /** Name of the execution. */
  readonly name: string;
  readonly status: string;
  readonly stoppedAt: Date | undefined;
  readonly error: string | undefined;
  readonly output: unknown;
}

/** What a person is told of a user, the most urgent thing first. */
type Need = 'urgent' | 'attention' | 'hold' | 'paused' | 'under-way' | 'fine';

/** What AWSCURRENT holds, of which the keys say more if it is one of them. */
type InSecret = 'one-of-the-keys' | 'not-known' | keyof typeof NO_KEY_IN_SECRET;

/** A user in the list. */
export interface StatusRow {
  readonly userName: string;
  readonly need: Need;
  readonly keys: readonly {
    /** The last four characters of its ID, as logs have it. */
    readonly accessKeyId: string;
    readonly status: string;
    readonly ageDays: number;
    readonly role: KeyReport['role'];
    /** When a rotation of it is due. Undefined: it is Inactive, and waits for its end. */
    readonly due: Date | undefined;
  }[];
  /** Undefined: IAM has not said. */
  readonly keysKnown: boolean;
  readonly inSecret: InSecret;
  readonly stage: Stage | 'none' | 'unfinished' | 'unknown';
  readonly since: Date | undefined;
  readonly waitsFor: string | undefined;
  readonly waitsUntil: Date | undefined;
  readonly onHold: boolean | undefined;
  readonly paused: string | undefined;
  readonly last: { readonly result: string; readonly at: Date | undefined } | undefined;
  /** What is wrong, or not known, as sentences. */
  readonly findings: readonly string[];
}

const WAITS_FOR: Readonly<Record<Stage, string>> = {
  starting: 'the start',
  testing: 'the test of the new key',
  adoption: 'consumers to move',
  recovery: 'the recovery period',
  rollback: 'the old key to be back',
};

const NO_KEY_IN_SECRET = {
  // Whoever has put it there by hand has not said which it is.
  'not-said': 'not said',
  'key-gone': 'a key that is gone',
  'no-current': 'nothing',
  'no-secret': 'no secret',
  'secret-deleted': 'secret deleted',
} as const;

const NEEDS: readonly Need[] = ['urgent', 'attention', 'hold', 'paused', 'under-way', 'fine'];

/** The last execution has not done its work, and none goes on with it. */
const isLeftUndone = ({ rotation }: UserReport, last: LastEnd | undefined): boolean =>
  rotation.kind !== 'running' && last !== undefined && last.status !== 'SUCCEEDED';

const needOf = (report: UserReport, last: LastEnd | undefined): Need => {
  if (isUrgent(report)) return 'urgent';
  if (needsAttention(report) || isLeftUndone(report, last)) return 'attention';
  if (report.onHold === true) return 'hold';
  if (report.paused !== undefined) return 'paused';
  return report.rotation.kind === 'none' ? 'fine' : 'under-way';
};

/** Whether a person has something to do. Who has paused a user knows it. */
export const isForPerson = ({ need }: StatusRow): boolean =>
  need === 'urgent' || need === 'attention' || need === 'hold';

const Output = z.object({ status: z.string() });

/** In a word or two: what came of an execution. */
export const resultOf = ({ status, error, output }: Pick<LastEnd, 'status' | 'error' | 'output'>): string => {
  if (status === 'SUCCEEDED') {
    const parsed = safeParse(Output, output);
    return parsed.success ? parsed.data.status.replaceAll('-', ' ') : 'succeeded';
  }
  return error ?? status.toLowerCase().replaceAll('_', ' ');
};

const isUnread = (findings: readonly Finding[], check: Finding['check']): boolean =>
  findings.some(
    (finding) => finding.check === check && finding.verdict === 'unknown' && finding.why.code !== 'not-said',
  );

const inSecretOf = ({ findings }: UserReport): InSecret => {
  const current = findings.find(({ check }) => check === 'current');
  if (current === undefined || isUnread(findings, 'current')) return 'not-known';
  if (current.verdict === 'fine') return 'one-of-the-keys';
  const { code } = current.why;
  return code in NO_KEY_IN_SECRET ? (code as keyof typeof NO_KEY_IN_SECRET) : 'one-of-the-keys';
};

/** What the list says of a user. */
export const rowOf = (user: SurveyedUser, report: UserReport, last: LastEnd | undefined): StatusRow => {
  const { rotation, keys, onHold, paused } = report;
  const rotateAfter = milliseconds(user.rotateAfter);
  const isRunning = rotation.kind === 'running';
  return {
    userName: user.userName,
    need: needOf(report, last),
    keysKnown: !isUnread(report.findings, 'key-age'),
    inSecret: inSecretOf(report),
    keys: (keys ?? []).map(({ accessKeyId, status, ageDays, role, createDate }) => ({
      accessKeyId: mask(accessKeyId),
      status,
      ageDays: Math.floor(ageDays),
      role,
      due: status === 'Active' ? new Date(createDate.getTime() + rotateAfter) : undefined,
    })),
    stage: isRunning ? rotation.stage : rotation.kind,
    since: isRunning || rotation.kind === 'unfinished' ? rotation.since : undefined,
    waitsFor: isRunning ? WAITS_FOR[rotation.stage] : undefined,
    waitsUntil: isRunning ? rotation.waitsUntil : undefined,
    onHold,
    paused: paused && (paused.reason || 'no reason given'),
    last: last && { result: resultOf(last), at: last.stoppedAt },
    findings: [
      ...report.findings.flatMap((finding) =>
        finding.verdict === 'unknown' && finding.why.code === 'not-said' ? [] : (say(finding) ?? []),
      ),
      ...(isLeftUndone(report, last)
        ? [
            `The last execution has ended in ${resultOf(last as LastEnd)}: access-key-rotation explain ${last?.name}`,
          ]
        : []),
    ],
  };
};

/** The users in whom a person has to look come first. */
export const sorted = (rows: readonly StatusRow[]): readonly StatusRow[] =>
  rows.toSorted(
    (one, other) =>
      NEEDS.indexOf(one.need) - NEEDS.indexOf(other.need) || (one.userName < other.userName ? -1 : 1),
  );

const keyCell = ({ keys, keysKnown }: StatusRow): string => {
  if (!keysKnown) return 'not known';
  if (keys.length === 0) return 'none';
  return keys
    .map(
      ({ accessKeyId, ageDays, status }) =>
        `${accessKeyId} ${ageDays} d${status === 'Active' ? '' : ` ${status}`}`,
    )
    .join(', ');
};

/** The key that consumers read. */
const currentCell = ({ keys, inSecret }: StatusRow): string => {
  if (inSecret === 'not-known') return 'not known';
  if (inSecret !== 'one-of-the-keys') return NO_KEY_IN_SECRET[inSecret];
  return keys.find(({ role }) => role === 'current')?.accessKeyId ?? 'not known';
};

const dueCell = ({ keys, keysKnown }: StatusRow, now: Date): string => {
  if (!keysKnown) return 'not known';
  const due = keys.flatMap((key) => key.due ?? []).toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (due === undefined) return '-';
  return due > now ? fromNow(due, now) : `since ${due.toISOString().slice(0, 10)}`;
};

const sinceCell = ({ stage, since }: StatusRow, now: Date): string => {
  if (since !== undefined) return fromNow(since, now);
  return stage === 'none' ? '-' : 'not known';
};

const waitsCell = ({ stage, waitsFor, waitsUntil }: StatusRow): string => {
  if (waitsFor === undefined) return stage === 'unknown' ? 'not known' : '-';
  return `${waitsFor}${waitsUntil === undefined ? '' : `, next ${at(waitsUntil)}`}`;
};

/** The secret says who is paused, as it says who is on hold. */
const pausedCell = ({ paused, onHold }: StatusRow): string =>
  paused ?? (onHold === undefined ? 'not known' : '-');

const yes = (value: boolean | undefined): string => {
  if (value === undefined) return 'not known';
  return value ? 'yes' : '-';
};

/** The list. */
export const tableOf = (rows: readonly StatusRow[], now: Date): Table => ({
  columns: [
    'user',
    'keys',
    'in secret',
    'due',
    'stage',
    'since',
    'waits for',
    'hold',
    'paused',
    'last outcome',
  ],
  rows: rows.map((row) => [
    row.userName,
    keyCell(row),
    currentCell(row),
    dueCell(row, now),
    row.stage === 'none' ? '-' : row.stage.replace(/^unknown$/, 'not known'),
    sinceCell(row, now),
    waitsCell(row),
    yes(row.onHold),
    pausedCell(row),
    row.last === undefined
      ? '-'
      : `${row.last.result}${row.last.at === undefined ? '' : `, ${fromNow(row.last.at, now)}`}`,
  ]),
});

/** What a person has to look at, a line each. */
export const linesOf = (rows: readonly StatusRow[]): readonly string[] =>
  rows.flatMap(({ userName, findings, need }) => [
    ...findings.map((sentence) => `${userName}: ${sentence}`),
    ...(need === 'hold'
      ? [`${userName}: On hold. When the reason is gone: access-key-rotation resume ${userName}`]
      : []),
  ]);
