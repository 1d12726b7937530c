import * as z from 'zod/mini';

/** What a person is told of besides failures. A subscription can filter by these names, and the runbook has a section of each. */
export const TELLINGS = [
  'RotationOnHold',
  'RotationAhead',
  'DeactivationAhead',
  'AdoptionOverruled',
  'NoVerdict',
  'LeakedKeyInactive',
  'LeakedKeyGone',
  'LeakedKeyTraced',
  'RolledBackByHand',
  'SurveyFindings',
  'RotationEndedUntold',
  'DeclarationEndedUntold',
  'KeyExposed',
] as const;

/** One of {@link TELLINGS}. */
export type Telling = (typeof TELLINGS)[number];

/** A message to people, as a step makes it and the state machine sends it. */
export const Message = z.object({
  /** At most 99 ASCII characters: SNS takes no more (Amazon SNS API Reference, Publish). */
  subject: z.string(),
  /** The mail. */
  text: z.string(),
  /** Attributes, for subscriptions that filter: name of the IAM user, what it is, and whether a person has to act now. */
  user: z.string(),
  event: z.string(),
  urgent: z.enum(['yes', 'no']),
  /** Heading of a section of docs/runbook.md. */
  section: z.string(),
});
export type Message = Readonly<z.infer<typeof Message>>;

/** The status by which a definition says that it takes errors as {@link Message}s, and sends the messages of steps. */
export const UNDERSTANDS_MESSAGES = 'messages';

/** With what the subject of an urgent message begins: a list of mails shows little more. */
export const URGENT_MARK = 'URGENT ';
