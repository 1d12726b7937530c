import type { CurrentProblem } from '../findings/situation';
import type { Obstacle } from '../secret/key-document';
import type { Place } from '../secret/key-traces';
import { mask } from '../text/mask';

const MOST_OF_A_NAME = 60;

/** Where something stands: `db.url`, `hosts[0]`. */
export const describePlace = (place: Place): string =>
  place
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      if (step === null) return '.(a name with the key in it)';
      return /^[\w-]+$/.test(step) && step.length <= MOST_OF_A_NAME
        ? `.${step}`
        : `.${JSON.stringify(step.slice(0, MOST_OF_A_NAME))}`;
    })
    .join('')
    .replace(/^\./, '');

const MOST_NAMED = 5;

const listed = (places: readonly Place[]): string => {
  const names = [...new Set(places.map(describePlace))];
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const hasTwice = (place: Place): string =>
  `has the field ${describePlace(place)} twice, and readers differ in which of the two they take`;

/** What is wrong with a document, in a clause: "its value is not JSON". */
export const describeProblem = (why: CurrentProblem): string => {
  switch (why.code) {
    case 'binary':
      return 'its value is binary, not text';
    case 'not-json':
      return 'its value is not JSON';
    case 'not-an-object':
      return 'its value is JSON, but not an object';
    case 'repeated-field':
      return `it ${hasTwice(why.place)}`;
    case 'no-id':
      return `its field ${why.field} is not an access key ID`;
    case 'no-secret':
      return `its field ${why.field} is missing or not text`;
    case 'not-a-secret':
      return `its field ${why.field} is not a secret access key: it is empty, has blanks, or is too short or too long`;
    case 'smtp-password':
      return `its field ${why.field} holds a password for SES's SMTP interface, which is made of a secret access key and is none; sesSmtp of the user is for such`;
    case 'fields-differ':
      return `its fields ${why.field} and ${why.other} should hold the same and do not`;
    case 'rotations-own':
      return `AWSCURRENT is on the rotation's own ${why.document}`;
  }
};

/** Why the document of a secret cannot take another key, in a sentence, and what to do. */
export const explainObstacle = (
  obstacle: Obstacle,
  secretId: string,
): { readonly what: string; readonly next: string } => {
  switch (obstacle.code) {
    case 'unreadable':
      return {
        what: `The secret ${secretId} cannot be understood: ${describeProblem(obstacle.problem)}.`,
        next: 'Correct AWSCURRENT, and start again.',
      };
    case 'repeated-field':
      return {
        what: `The secret ${secretId} ${hasTwice(obstacle.place)}.`,
        next: 'Leave one of them in AWSCURRENT, and start again.',
      };
    case 'temporary':
      return {
        what:
          `The secret ${secretId} has ${listed(obstacle.places)} beside the key. Programs would take a new key for a temporary ` +
          'one, or for one that has ended, and fail.',
        next: 'Take that out of AWSCURRENT, or leave it empty, and start again.',
      };
    case 'unknown-login':
      return {
        what:
          `The secret ${secretId} has a login for SES's SMTP interface and no key beside it. The login's user name is the access key ID ` +
          `${mask(obstacle.accessKeyId)}, which the user does not have: that key was deleted, or is somebody else's, who would lose the login.`,
        next:
          'If it was deleted, nothing can log in with it: empty the fields that sesSmtp of the user names in AWSCURRENT, and start ' +
          "again; the next key's login takes that place. If it is somebody else's, choose other names in sesSmtp and deploy.",
      };
    case 'strange-login':
      return {
        what:
          `The secret ${secretId} has something else at ${listed(obstacle.places)} than SES's SMTP interface takes of the user's key: a ` +
          'password for another Region, say, or what is of another key. Whoever uses that would lose it.',
        next: 'Choose other names or Regions in sesSmtp of the user and deploy, or empty these fields in AWSCURRENT; then start again.',
      };
    case 'smtp-password':
      return {
        what: `The secret ${secretId} has a password for SES's SMTP interface at ${listed(obstacle.places)}. It is made of the key, and would be that of the old one.`,
        next: 'Let sesSmtp of the user name its Region and its field, and deploy, or take it out of AWSCURRENT; then start again.',
      };
    case 'hidden-key':
      return {
        what:
          `The secret ${secretId} holds a key of the user elsewhere than in fields that follow it, at ${listed(obstacle.places)}: as a ` +
          'part of a longer text, as a name, or under names that the rotation was not told of. It would be the old one there.',
        next:
          'Take it out, or put ID and secret into fields of their own, whose whole values follow the key; names other than AccessKeyId and ' +
          'SecretAccessKey belong into fieldNames. Then start again.',
      };
    case 'too-large':
      return {
        what:
          `The value of the secret ${secretId} leaves no room for a new key: with it, it has ${obstacle.tooMany} bytes too many for the 65,536 ` +
          'that Secrets Manager takes.',
        next: "Take so much out of the fields that are not the rotation's, and start again.",
      };
    case 'key-not-found':
      return {
        what: `Whoever reads the secret ${secretId} would not find the new key in it: it is not of a form that readers know.`,
        next: 'Delete that key, and start again.',
      };
  }
};
