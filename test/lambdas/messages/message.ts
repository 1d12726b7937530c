/** A message as a person meets it. */
export interface Message {
  /** The situation. */
  readonly when: string;
  /** The error in which the execution ends, or else the status, or what was decided. */
  readonly as: string;
  readonly text: string;
  /** Of a mail. */
  readonly subject?: string;
}

/** Messages of one origin. */
export interface Section {
  readonly title: string;
  readonly messages: readonly Message[];
}
