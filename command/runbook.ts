import { anchorOf } from '../lambdas/shared/text/anchor';
import { nearest } from '../lib/config/nearest';

/** A section of the runbook. */
export interface Section {
  readonly heading: string;
  readonly text: string;
}

/** The sections of the runbook that have a heading of the third level: errors, messages and procedures. */
export const sectionsOf = (runbook: string): readonly Section[] =>
  runbook
    .split(/^(?=#{2,3} )/m)
    .filter((part) => part.startsWith('### '))
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      return { heading: heading.slice('### '.length), text: lines.join('\n').trim() };
    });

/** The section of a heading, or of its anchor. */
export const sectionOf = (sections: readonly Section[], wanted: string): Section | undefined =>
  sections.find(({ heading }) => anchorOf(heading) === anchorOf(wanted));

/** What was probably meant. */
export const suggestionFor = (sections: readonly Section[], wanted: string): string | undefined =>
  nearest(
    wanted,
    sections.map(({ heading }) => heading),
  );

/** Longer lists are no help. */
const MOST_RELATED = 8;

/** Headings with a word of what a person has typed at 3 a.m.: `leaked` finds `LeakedKeyInactive`, too. */
export const relatedTo = (sections: readonly Section[], wanted: string): readonly string[] => {
  const words = wanted.toLowerCase().match(/[a-z]{4,}/g) ?? [];
  const hits = (heading: string): number =>
    words.filter((word) => heading.toLowerCase().includes(word)).length;
  return sections
    .map(({ heading }) => ({ heading, hits: hits(heading) }))
    .filter((one) => one.hits > 0)
    .sort((one, other) => other.hits - one.hits)
    .slice(0, MOST_RELATED)
    .map(({ heading }) => heading);
};

/** What is known of the case: by the names of the runbook's variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

const FENCE = /^```sh\n.*?^```$/gms;

/**
 * A section with names and IDs in its commands. What is not known stays a variable. The values have no character that a shell
 * would change between quotation marks: names of users, secrets and stacks, IDs of keys, and ARNs.
 *
 * @param executionName - with what the names of the user's executions begin.
 */
export const filledIn = (
  { text }: Section,
  variables: Variables,
  {
    userName,
    executionName,
  }: { readonly userName?: string | undefined; readonly executionName?: string | undefined },
): string => {
  const known = text.replace(FENCE, (commands) =>
    commands.replace(/\$([A-Z_]+)\b/g, (variable, name: string) => variables[name] ?? variable),
  );
  return userName === undefined
    ? known
    : known
        .replaceAll('"userName":"alice"', `"userName":${JSON.stringify(userName)}`)
        .replaceAll('"alice-$(', `"${executionName ?? userName}-$(`);
};
