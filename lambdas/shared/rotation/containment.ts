import type { Contained, Effort } from './rotation-state';

/** A leaked key is Inactive now: how long that took since the emergency was declared, and what it took. */
export const containedAt = (
  now: Date,
  { declaredAt }: { readonly declaredAt?: string | undefined },
  effort: Effort,
): Contained => ({
  at: now.toISOString(),
  ...effort,
  ...(declaredAt !== undefined && {
    seconds: Math.max(0, Math.round((now.getTime() - Date.parse(declaredAt)) / 1000)),
  }),
});
