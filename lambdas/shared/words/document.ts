import type { CurrentProblem } from '../findings/situation';
import type { Obstacle } from '../secret/key-document';
import type { Place } from '../secret/key-traces';
import type { Advice } from '../text/said';

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
      return `it has the field ${describePlace(why.place)} twice, and readers differ in which of the two they take`;
    case 'no-id':
      return `its field ${why.field} is not an access key ID`;
    case 'no-secret':
      return `its field ${why.field} is missing or not text`;
    case 'not-a-secret':
      return `its field ${why.field} is not a secret access key: it is empty, has blanks, or is too short or too long`;
    case 'smtp-password':
      return `its field ${why.field} holds a password for SES's SMTP interface instead of a secret access key; name such fields in sesSmtp of the user`;
    case 'fields-differ':
      return `its fields ${why.field} and ${why.other} should hold the same and do not`;
    case 'rotations-own':
      return `AWSCURRENT is on the rotation's own ${why.document}`;
  }
};

/** What is in the way, and what to do about it, before a start that comes after that. */
interface Explained {
  readonly what: readonly string[];
  readonly next: Advice;
}

type LoginObstacle = Extract<
  Obstacle,
  { readonly code: 'unknown-login' | 'strange-login' | 'smtp-password' }
>;

const explainLogin = (obstacle: LoginObstacle, secretId: string): Explained => {
  switch (obstacle.code) {
    case 'unknown-login':
      return {
        what: [
          `The secret ${secretId} has a login for SES's SMTP interface, and no key beside it.`,
          `The login is of the access key ${obstacle.accessKeyId}, which the user does not have.`,
          "That key was deleted, or it is somebody else's, who would lose the login.",
        ],
        next: [
          'If the key was deleted, nobody can log in with it: empty the fields of AWSCURRENT that sesSmtp of the user names. The login of the next key takes their place.',
          "If the key is somebody else's, choose other names in sesSmtp of the user, and deploy.",
        ],
      };
    case 'strange-login':
      return {
        what: [
          `The secret ${secretId} has something at ${listed(obstacle.places)} that is not the login of the user's key for SES's SMTP interface.`,
          'It may be a password for another Region, or of another key. A rotation would overwrite it.',
        ],
        next: [
          'Choose other names or Regions in sesSmtp of the user and deploy, or empty these fields in AWSCURRENT.',
        ],
      };
    case 'smtp-password':
      return {
        what: [
          `The secret ${secretId} has a password for SES's SMTP interface at ${listed(obstacle.places)}.`,
          'The password is made of the key, and would stay that of the old key.',
        ],
        next: [
          'Name the field and its Region in sesSmtp of the user and deploy, or remove the password from AWSCURRENT.',
        ],
      };
  }
};

/** Why the document of a secret cannot take another key. */
export const explainObstacle = (obstacle: Obstacle, secretId: string): Explained => {
  switch (obstacle.code) {
    case 'unreadable':
      return {
        what: [`The secret ${secretId} cannot be understood: ${describeProblem(obstacle.problem)}.`],
        next: ['Correct AWSCURRENT of the secret.'],
      };
    case 'repeated-field':
      return {
        what: [
          `The secret ${secretId} has the field ${describePlace(obstacle.place)} twice.`,
          'Readers differ in which of the two they take.',
        ],
        next: ['Leave only one of them in AWSCURRENT.'],
      };
    case 'temporary':
      return {
        what: [
          `The secret ${secretId} has ${listed(obstacle.places)} beside the key.`,
          'Programs would take a new key for a temporary key, or for one that has ended, and fail.',
        ],
        next: ['Remove that from AWSCURRENT, or leave it empty.'],
      };
    case 'unknown-login':
    case 'strange-login':
    case 'smtp-password':
      return explainLogin(obstacle, secretId);
    case 'hidden-key':
      return {
        what: [
          `The secret ${secretId} holds a key of the user at ${listed(obstacle.places)}, where no rotation replaces it.`,
          'It is a part of a longer text, or a name, or under names that the rotation was not told of.',
          'After a rotation, it would be the old key.',
        ],
        next: [
          'Remove it, or put the access key ID and the secret access key into fields of their own.',
          'If these fields are not called AccessKeyId and SecretAccessKey, name them in fieldNames of the user, and deploy.',
        ],
      };
    case 'too-large':
      return {
        what: [
          `With a new key, the value of the secret ${secretId} would have ${obstacle.tooMany} bytes too many.`,
          'Secrets Manager takes 65,536 bytes.',
        ],
        next: ["Remove as many bytes from the fields that are not the rotation's."],
      };
    case 'key-not-found':
      return {
        what: [
          `Readers of the secret ${secretId} would not find the new key in it: the key does not look like one that they know.`,
        ],
        next: ['Delete the new key. The next start creates another one.'],
      };
  }
};
