import type { ExecutionLane, KeyRole, PictureData, Span } from './data';
import { shortKey } from './moments';

/** A part of a lane. */
export interface Bar extends Span {
  /** The class of its fill. */
  readonly fill: string;
  /** What is written on it: the first of these for which there is room. */
  readonly says: readonly string[];
  /** `outline`: what is there, but out of use. `thread`: what is behind other bars. */
  readonly form?: 'outline' | 'thread';
}

/** What has no length. */
export interface Sign {
  readonly at: Date;
  readonly sign: 'check' | 'message' | 'failure';
}

/** A row of the picture. */
export interface Lane {
  readonly name: string;
  readonly bars: readonly Bar[];
  readonly signs?: readonly Sign[];
}

/** Lanes of one kind. */
export interface Group {
  readonly title: string;
  /** Undefined: nobody has recorded them. */
  readonly lanes: readonly Lane[] | undefined;
}

const ROLES: Readonly<Record<KeyRole, string>> = {
  old: 'old key',
  new: 'new key',
  other: 'another key',
};

const lanesOfExecutions = (executions: readonly ExecutionLane[]): readonly Lane[] => {
  const checks = executions.flatMap((execution) =>
    execution.checks.map((at) => ({ at, sign: 'check' as const })),
  );
  return [
    ...executions.map(({ name, from, to, failed, waits }) => ({
      name,
      bars: [
        { from, to, fill: 'dim', says: [], form: 'thread' as const },
        ...waits.map((wait) => ({ ...wait, fill: 'quiet', says: [wait.name] })),
      ],
      signs: failed ? [{ at: to, sign: 'failure' as const }] : [],
    })),
    ...(checks.length === 0 ? [] : [{ name: 'checks', bars: [], signs: checks }]),
  ];
};

/** The lanes of a picture, from top to bottom. */
export const groupsOf = (data: PictureData): readonly Group[] => {
  const { roles, keys, labels, consumers, executions, messages } = data;
  const roleOf = (accessKeyId: string): KeyRole => roles[accessKeyId] ?? 'other';
  const fillOf = (accessKeyId: string | undefined): string =>
    accessKeyId === undefined ? 'quiet' : roleOf(accessKeyId);
  return [
    {
      title: 'Access keys',
      lanes: keys?.map(({ accessKeyId, spans }) => ({
        name: `${ROLES[roleOf(accessKeyId)]} ${shortKey(accessKeyId)}`,
        bars: spans.map(({ status, ...span }) => ({
          ...span,
          fill: roleOf(accessKeyId),
          says: [status ?? 'not known', ...(status === undefined ? ['?'] : [])],
          ...(status !== 'Active' && { form: 'outline' as const }),
        })),
      })),
    },
    {
      title: 'Labels of the secret',
      lanes: labels?.map(({ label, spans }) => ({
        name: label,
        bars: spans.map(({ accessKeyId, holds, ...span }) => ({
          ...span,
          fill: fillOf(accessKeyId),
          says: [accessKeyId === undefined ? holds : shortKey(accessKeyId)],
        })),
      })),
    },
    {
      title: 'Calls of consumers',
      lanes: consumers?.map(({ name, spans }) => ({
        name,
        bars: spans.map(({ accessKeyId, calls, failed, ...span }) => ({
          ...span,
          fill: failed ? 'fail' : fillOf(accessKeyId),
          says: failed
            ? [`${calls} failed`, String(calls)]
            : accessKeyId === undefined
              ? []
              : [`use ${shortKey(accessKeyId)}`],
        })),
      })),
    },
    { title: 'Executions', lanes: executions && lanesOfExecutions(executions) },
    {
      title: 'Messages to people',
      lanes: messages?.length
        ? [{ name: '', bars: [], signs: messages.map(({ at }) => ({ at, sign: 'message' })) }]
        : messages && [],
    },
  ];
};
