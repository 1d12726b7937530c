import { type AdoptionFacts, decideAdoption } from '../../../lambdas/confirm-adoption/decide';
import { gatherUses, notSeenAgain, proofOf } from '../../../lambdas/confirm-adoption/evidence';
import type { LastUse } from '../../../lambdas/shared/gateways/iam-gateway';
import type { KeyUse } from '../../../lambdas/shared/rotation/rotation-state';
import { adoptionFacts, SILENT, used } from '../support/facts';
import { at, ENROLLED, NOW } from '../support/fixtures';

const SECRETS = 'secretsmanager';
const by = (serviceName: string, date = at(-1, 'h')): LastUse => ({ date, serviceName, region: 'eu-west-1' });
const seen = (...services: readonly string[]): KeyUse[] =>
  services.map((service) => ({ service, region: 'eu-west-1', at: at(-2, 'd').toISOString() }));

/** The user reads its own secret with the new key, and did so with the old one. */
const facts = (overrides: Partial<AdoptionFacts> = {}): AdoptionFacts =>
  adoptionFacts({ oldKeyUse: by(SECRETS, at(-4, 'd')), newKeyUse: by(SECRETS), ...overrides });

describe('proof that programs use the new key', () => {
  test.each<[string, readonly string[], readonly string[], string | undefined]>([
    ['no use at all', [], [], undefined],
    ['reads of the secret only', [SECRETS], [SECRETS], undefined],
    ['reads of the secret, while the old key was used for S3', ['s3'], [SECRETS], undefined],
    ['a use for S3', [SECRETS], ['s3'], 's3'],
    ['a use for S3 among reads of the secret', ['s3'], [SECRETS, 's3'], 's3'],
    ['a use for another service than before', ['dynamodb'], ['s3'], 's3'],
    ['the first of two', [], ['s3', 'dynamodb'], 's3'],
    ['a use for STS, by a user of which nothing else is known', ['sts', SECRETS], [SECRETS, 'sts'], 'sts'],
    ['a use for STS, by a user that has used S3', ['sts', 's3'], ['sts'], undefined],
    ['a use of which IAM does not name the service', [], ['N/A'], undefined],
  ])('%s', (_case, oldKey, newKey, service) => {
    expect(proofOf({ oldKey: seen(...oldKey), newKey: seen(...newKey) })?.service).toBe(service);
  });
});

describe('evidence gathers', () => {
  test('a use that a later check does not show any more stays known', () => {
    const first = gatherUses(facts({ newKeyUse: by('s3', at(-2, 'h')) }));
    const second = gatherUses(facts({ usesSeen: first }));
    expect(second.newKey.map(({ service }) => service)).toEqual([SECRETS, 's3']);
    expect(gatherUses(facts({ usesSeen: second, newKeyUse: by('s3', at(-1, 's')) })).newKey).toEqual([
      { service: 's3', region: 'eu-west-1', at: at(-1, 's').toISOString() },
      expect.objectContaining({ service: SECRETS }),
    ]);
  });

  test.each<[string, Partial<AdoptionFacts>]>([
    ['our own test', { newKeyUse: by('sts', at(-4, 'd')) }],
    [
      'a use within 15 minutes of our own test',
      { newKeyUse: by('s3', new Date(at(-4, 'd').getTime() + 900_000)) },
    ],
    ['no use', { newKeyUse: used(undefined) }],
    ['a use that is not known', { newKeyUse: undefined }],
  ])('%s is none', (_case, overrides) => {
    expect(gatherUses(facts(overrides)).newKey).toEqual([]);
  });

  test('the state carries eight services of each key', () => {
    const many = seen('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const { oldKey, newKey } = gatherUses(
      facts({ usesSeen: { oldKey: many, newKey: many }, oldKeyUse: by('s3'), newKeyUse: by('s3') }),
    );
    for (const uses of [oldKey, newKey]) {
      expect(uses.map(({ service }) => service)).toEqual(['s3', 'a', 'b', 'c', 'd', 'e', 'f', 'g']);
    }
  });

  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], [], []],
    [['s3'], ['s3'], []],
    [['s3', SECRETS, 'sts'], ['dynamodb'], ['s3']],
    [['s3', 'dynamodb'], [], ['s3', 'dynamodb']],
  ])('of %p, %p leaves %p unseen', (oldKey, newKey, unseen) => {
    expect(notSeenAgain({ oldKey: seen(...oldKey), newKey: seen(...newKey) })).toEqual(unseen);
  });
});

describe('a user that reads its own secret with the key', () => {
  const acknowledgement = { deadline: 'P1D' };
  const late = { publishedAt: at(-7, 'd') };

  test.each<[string, Partial<AdoptionFacts>, string]>([
    ['is not taken for moved', {}, 'wait-for-consumers'],
    [
      'has moved when a program was seen at an earlier check',
      { usesSeen: { oldKey: [], newKey: seen('s3') } },
      'adopted',
    ],
    ['stops at the deadline', late, 'refuse'],
    [
      'is deactivated at the deadline all the same, if the owner wants that',
      { ...late, settings: { ...ENROLLED, onAdoptionDeadline: 'go-on' } },
      'go-on',
    ],
    [
      'is looked for until the deadline, before the owner is bothered',
      { settings: { ...ENROLLED, acknowledgement } },
      'wait-for-consumers',
    ],
    [
      'is the owner’s to judge at the deadline, where the owner is asked anyway',
      { ...late, settings: { ...ENROLLED, acknowledgement } },
      'ask-acknowledgement',
    ],
    [
      'has moved when the owner says so',
      { ...late, settings: { ...ENROLLED, acknowledgement }, acknowledgement: { kind: 'given' } },
      'adopted',
    ],
    [
      'stops at the deadline when something else is in the way, too',
      { ...late, settings: { ...ENROLLED, acknowledgement }, oldKeyUse: by('s3') },
      'refuse',
    ],
    [
      'stops at the deadline when the alarms are not OK, whoever is asked',
      { ...late, settings: { ...ENROLLED, acknowledgement }, health: SILENT },
      'refuse',
    ],
    ['has nothing to prove when the old key was idle', { oldKeyUse: by('s3', at(-60, 'd')) }, 'adopted'],
  ])('%s', (_case, overrides, kind) => {
    expect(decideAdoption(facts(overrides), NOW).kind).toBe(kind);
  });

  test('is told what was seen, that it proves nothing, and that nothing else is in the way', () => {
    const uses = [{ service: SECRETS, region: 'eu-west-1', at: at(-1, 'h').toISOString() }];
    expect(decideAdoption(facts(late), NOW)).toMatchObject({
      error: 'AdoptionTimedOut',
      why: {
        code: 'timed-out',
        objections: [{ kind: 'unmoved', why: { code: 'nothing-proved', uses } }],
        hidden: true,
      },
    });
  });

  test('and the owner says so: what is overruled is told', () => {
    const settings = { ...ENROLLED, acknowledgement };
    const decision = decideAdoption(facts({ ...late, settings, acknowledgement: { kind: 'given' } }), NOW);
    expect(decision).toMatchObject({
      kind: 'adopted',
      why: {
        code: 'confirmed',
        ground: { code: 'owners-call', overruled: [{ why: { code: 'nothing-proved' } }] },
      },
    });
  });

  /** Published just now, so that no deadline cuts it short, and without a time to wait for. */
  const justNow = {
    publishedAt: at(0, 'd'),
    testedAt: at(-1, 'd'),
    settings: { ...ENROLLED, overlapPeriod: 'PT0S' },
  };

  test.each<[string, number, number]>([
    ['the first look comes as the next check would', 0, 60],
    ['later looks meet every rhythm at another moment', 1, 67],
    ['also after many', 239, 67],
    ['very many are further apart, and drift', 240, 24 * 60 + 67],
  ])('%s', (_case, checks, minutes) => {
    const decision = decideAdoption(facts({ ...justNow, checks, oldKeyUse: used(at(-4, 'd')) }), NOW);
    expect(decision).toMatchObject({ kind: 'wait-for-consumers', until: at(minutes, 'm') });
  });

  test.each<[string, Partial<AdoptionFacts>]>([
    ['something else is missing, too', { health: SILENT }],
    ['nothing hides the use of the new key', { newKeyUse: used(undefined) }],
  ])('looks are not closer when %s', (_case, overrides) => {
    const decision = decideAdoption(facts({ ...justNow, checks: 4, ...overrides }), NOW);
    expect(decision).toMatchObject({ kind: 'wait-for-consumers', until: at(16, 'h') });
  });
});

test('what was not seen again is told', () => {
  const usesSeen = { oldKey: seen('dynamodb'), newKey: [] };
  expect(decideAdoption(adoptionFacts({ usesSeen }), NOW)).toMatchObject({
    kind: 'adopted',
    why: { code: 'confirmed', ground: { code: 'moved', proof: { service: 's3' }, unseen: ['dynamodb'] } },
  });
});
