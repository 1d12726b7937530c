import type { Contained } from '../rotation/rotation-state';

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** How long it took until a leaked key was Inactive. Nothing when nobody declared the emergency that this execution goes on with. */
export const sayContainment = (contained: Contained | undefined): readonly string[] =>
  contained?.seconds === undefined
    ? []
    : [
        `That was ${counted(contained.seconds, 'second')} after the emergency was declared, with ${counted(contained.functions, 'function')} and ` +
          `${counted(contained.calls, 'call')} to AWS.`,
      ];
