import type { ConsumerLane, ExecutionLane, KeyLane, LabelLane, PictureData } from './data';

/** Something that happened. */
interface Moment {
  readonly at: Date;
  /** A sentence. */
  readonly text: string;
}

/** What happened at about the same time. */
export interface Moments {
  readonly at: Date;
  readonly texts: readonly string[];
}

/** Moments that are less far from each other than this are told as one. */
const AT_ONCE_MS = 2000;

/** An access key as it is told: its last four characters. */
export const shortKey = (accessKeyId: string): string => `…${accessKeyId.slice(-4)}`;

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'An' : 'A'} ${noun}`;

const startsOf = ({ name, from, by }: ExecutionLane): readonly Moment[] => [
  { at: from, text: `${article(name)} starts${by === undefined ? '' : `, by ${by}`}.` },
];

const endsOf = ({ to, end }: ExecutionLane): readonly Moment[] =>
  end === undefined ? [] : [{ at: to, text: `${end}.` }];

const momentsOfKey = (
  { accessKeyId, spans }: KeyLane,
  { from, to, roles }: PictureData,
): readonly Moment[] => {
  const role = roles[accessKeyId] ?? 'other';
  const key = `${role === 'other' ? 'Another' : `The ${role}`} key ${shortKey(accessKeyId)}`;
  const end = spans.at(-1)?.to ?? to;
  return [
    ...spans.flatMap(({ from: at, status }, index) => {
      const before = spans[index - 1]?.status;
      if (index === 0) return at > from ? [{ at, text: `${key} is created.` }] : [];
      if (before === status || status === undefined) return [];
      return [{ at, text: status === 'Active' ? `${key} is Active again.` : `${key} is set ${status}.` }];
    }),
    ...(end < to ? [{ at: end, text: `${key} is deleted.` }] : []),
  ];
};

const momentsOfLabel = ({ label, spans }: LabelLane): readonly Moment[] =>
  label !== 'AWSCURRENT'
    ? []
    : spans
        .slice(1)
        .flatMap(({ from: at, accessKeyId }) =>
          accessKeyId === undefined ? [] : [{ at, text: `Consumers can read ${shortKey(accessKeyId)}.` }],
        );

/** What happened to one consumer: of much, how it began and how it ended. All of it is drawn. */
const few = (name: string, moments: readonly Moment[]): readonly Moment[] => {
  const [first, last] = [moments.slice(0, 3), moments.slice(-2)];
  const between = moments.slice(first.length, -last.length);
  const at = between[0]?.at;
  if (at === undefined || between.length < 6) return moments;
  return [...first, { at, text: `${name}: ${between.length} more changes from here on.` }, ...last];
};

const momentsOfConsumer = ({ name, spans }: ConsumerLane, { from }: PictureData): readonly Moment[] =>
  spans.flatMap(({ from: at, accessKeyId, failed }, index) => {
    const before = spans[index - 1];
    if (failed) return before?.failed === true ? [] : [{ at, text: `${name}: calls fail.` }];
    if (before?.failed === true) return [{ at, text: `${name}: calls succeed again.` }];
    const known = accessKeyId === undefined || accessKeyId === before?.accessKeyId || at <= from;
    return known ? [] : [{ at, text: `${name} uses ${shortKey(accessKeyId)}.` }];
  });

/** `URGENT [alice @ 111122223333/us-east-1] the old key was deleted (Code)` without what everybody knows who looks at the picture. */
const subjectOf = (subject: string): string =>
  subject.replace(/^(URGENT )?\[[^\]]*\] /, '$1').replace(/ \(\w+\)$/, '');

/** What happened, in order. */
export const momentsOf = (data: PictureData): readonly Moments[] => {
  const { executions = [], keys = [], labels = [], consumers = [], messages = [], remarks } = data;
  const all = [
    ...remarks,
    ...executions.flatMap(startsOf),
    ...keys.flatMap((key) => momentsOfKey(key, data)),
    ...labels.flatMap(momentsOfLabel),
    ...consumers.flatMap((consumer) => few(consumer.name, momentsOfConsumer(consumer, data))),
    ...messages.map(({ at, subject }) => ({ at, text: `Message: ${subjectOf(subject)}.` })),
    ...executions.flatMap(endsOf),
  ];
  const groups: Moment[][] = [];
  // What happened at the same millisecond stays in the order above.
  for (const moment of all.sort((one, other) => one.at.getTime() - other.at.getTime())) {
    const group = groups.at(-1);
    const first = group?.[0]?.at.getTime() ?? Number.NEGATIVE_INFINITY;
    if (moment.at.getTime() - first < AT_ONCE_MS) group?.push(moment);
    else groups.push([moment]);
  }
  return groups.map((group) => ({ at: (group[0] as Moment).at, texts: group.map(({ text }) => text) }));
};
