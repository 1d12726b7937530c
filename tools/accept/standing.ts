import { LABELS } from '../../lambdas/shared/contract/names';
import { mask } from '../../lambdas/shared/text/mask';

/** What IAM, the secret and calls say of a user's keys. Keys are named by their IDs. */
export interface Standing {
  /** Their status, as IAM lists them. */
  readonly keys: Readonly<Record<string, string>>;
  /** The key in the version that is AWSCURRENT; undefined if there is none. */
  readonly current: string | undefined;
  /** The key in the version that is AWSPREVIOUS; undefined if there is none. */
  readonly previous: string | undefined;
  /** All staging labels of the secret, each once. */
  readonly labels: readonly string[];
  /** What AWS answers to a call that is signed with them. */
  readonly answers: Readonly<Record<string, 'accepted' | 'refused' | 'no answer'>>;
}

/** What is promised of them. What is left out is not looked at. */
export interface Promised {
  readonly keys: Readonly<Record<string, 'Active' | 'Inactive'>>;
  readonly current: string;
  readonly previous?: string;
  /** Labels that must be there, and those that must not. */
  readonly labels?: { readonly there?: readonly string[]; readonly gone?: readonly string[] };
  readonly answers: Readonly<Record<string, 'accepted' | 'refused'>>;
}

const inWords = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([id, said]) => `${mask(id)} ${said}`)
    .sort()
    .join(', ') || 'none';

const named = (id: string | undefined): string => (id === undefined ? 'no key' : mask(id));

/** What is not as promised, one line each. Empty: all is. */
export const unlike = (promised: Promised, found: Standing): readonly string[] => {
  const lines: string[] = [];
  const compare = (what: string, is: string, should: string): void => {
    if (is !== should) lines.push(`${what}: ${is}, and not ${should}`);
  };
  compare('keys in IAM', inWords(found.keys), inWords(promised.keys));
  compare(`key in ${LABELS.current}`, named(found.current), named(promised.current));
  if (promised.previous !== undefined) {
    compare(`key in ${LABELS.previous}`, named(found.previous), named(promised.previous));
  }
  const { there = [], gone = [] } = promised.labels ?? {};
  lines.push(...there.filter((label) => !found.labels.includes(label)).map((label) => `no label ${label}`));
  lines.push(
    ...gone.filter((label) => found.labels.includes(label)).map((label) => `still a label ${label}`),
  );
  for (const [id, answer] of Object.entries(promised.answers)) {
    compare(`a call with ${mask(id)}`, found.answers[id] ?? 'no answer', answer);
  }
  return lines;
};
