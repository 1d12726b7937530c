import * as z from 'zod/mini';
import { safeParse } from '../lambdas/shared/contract/schema';
import type { SeenEvent } from './gateways/state-machines';
import { at } from './times';

const Data = z.object({
  outcome: z.optional(z.string()),
  waitUntil: z.optional(z.iso.datetime()),
  deactivatedAt: z.optional(z.iso.datetime()),
  contained: z.optional(z.object({ at: z.iso.datetime() })),
});

const dataOf = ({ data }: SeenEvent): z.infer<typeof Data> => {
  const parsed = safeParse(Data, data);
  return parsed.success ? parsed.data : {};
};

/** A line of what is watched. */
export interface FollowLine {
  readonly at: Date;
  readonly state: string;
  /** What a step has said. */
  readonly said: string | undefined;
  /** Until when it waits. */
  readonly until: Date | undefined;
}

/** States that wait are called so in the definition. */
const WAITS = /^(Wait|Ask the owner to) /;

/**
 * What events tell a person: what each step has said when it was done, and what is waited for until when. What is handed on has the
 * words of the last step, so only new ones are told.
 *
 * @param before - the words that were told last.
 */
export const linesOf = (
  events: readonly SeenEvent[],
  before: string | undefined,
): { readonly lines: readonly FollowLine[]; readonly said: string | undefined } => {
  const lines: FollowLine[] = [];
  let said = before;
  for (const event of events) {
    const { outcome, waitUntil } = dataOf(event);
    const { at: time, state } = event;
    if (event.kind === 'exited' && outcome !== undefined && outcome !== said) {
      said = outcome;
      lines.push({ at: time, state, said: outcome, until: undefined });
    }
    if (event.kind === 'entered' && WAITS.test(state)) {
      lines.push({
        at: time,
        state,
        said: undefined,
        until: waitUntil === undefined ? undefined : new Date(waitUntil),
      });
    }
  }
  return { lines, said };
};

/** Since when the old, or leaked, key is Inactive, as far as these events say it. */
export const inactiveSince = (events: readonly SeenEvent[]): Date | undefined => {
  const [last] = events
    .map(dataOf)
    .flatMap(({ deactivatedAt, contained }) => deactivatedAt ?? contained?.at ?? [])
    .slice(-1);
  return last === undefined ? undefined : new Date(last);
};

/** A line as a person reads it. */
export const written = ({ at: time, state, said, until }: FollowLine): string => {
  const what = said ?? (until === undefined ? 'waits.' : `until ${at(until)}.`);
  return `${at(time)}  ${state}: ${what}`;
};
