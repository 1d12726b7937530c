/** Why a read has shown nothing. */
export type Problem =
  /** AWS has said so. */
  | { readonly code: 'aws'; readonly answer: string }
  /** Nobody has asked: the time was up. */
  | { readonly code: 'out-of-time' }
  /** The history of an execution has no state that was entered, or one that is not understood. */
  | { readonly code: 'no-state' | 'state-not-understood' }
  /** Secrets Manager does not say when the secret was last changed. */
  | { readonly code: 'change-undated' }
  | { readonly code: 'alarm-unreadable'; readonly name: string; readonly answer: string }
  | { readonly code: 'alarm-not-asked'; readonly name: string };

/** What a read has shown, or why it has shown nothing. What is not seen is neither there nor absent. */
export type Reading<T> = { readonly value: T } | { readonly problem: Problem };
