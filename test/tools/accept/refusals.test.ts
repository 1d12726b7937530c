import {
  endpointsIn,
  notBootstrapped,
  refusedAccount,
  refusedEndpoints,
  refusedLeftovers,
  refusedNames,
} from '../../../tools/accept/refusals';

const HERE = ['AWS_ENDPOINT_URL', 'http://127.0.0.1:4566'] as const;

test('endpoints are found under every name that the SDK reads, and an empty variable is none', () => {
  expect(
    endpointsIn({
      AWS_ENDPOINT_URL: 'a',
      AWS_ENDPOINT_URL_IAM: 'b',
      AWS_ENDPOINT_URL_S3: '',
      AWS_REGION: 'c',
    }),
  ).toEqual([
    ['AWS_ENDPOINT_URL', 'a'],
    ['AWS_ENDPOINT_URL_IAM', 'b'],
  ]);
});

describe('endpoints', () => {
  it.each<[string, Parameters<typeof refusedEndpoints>, RegExp | undefined]>([
    ['AWS itself', [[], false], undefined],
    ['an emulator, in a rehearsal', [[HERE], true], undefined],
    ['an emulator on localhost', [[['AWS_ENDPOINT_URL', 'http://localhost:1']], true], undefined],
    [
      'an emulator at another address of this machine',
      [[['AWS_ENDPOINT_URL', 'http://[::1]:1']], true],
      undefined,
    ],
    ['an emulator that would pass for AWS', [[HERE], false], /says nothing of AWS/],
    ['a rehearsal in AWS', [[], true], /AWS_ENDPOINT_URL names none/],
    [
      'a rehearsal in which only one service is an emulator',
      [[['AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:4566']], true],
      /AWS_ENDPOINT_URL names none/,
    ],
    [
      'another machine',
      [[['AWS_ENDPOINT_URL', 'https://aws.example']], true],
      /neither AWS nor on this machine/,
    ],
    [
      'another machine, for one service, beside an emulator',
      [[HERE, ['AWS_ENDPOINT_URL_STS', 'http://127.0.0.1.example']], true],
      /AWS_ENDPOINT_URL_STS leads to http:\/\/127\.0\.0\.1\.example/,
    ],
    ['what is no address', [[['AWS_ENDPOINT_URL', 'nonsense']], true], /neither AWS nor/],
  ])('%s', (_what, args, refusal) => {
    const said = refusedEndpoints(...args);
    if (refusal === undefined) expect(said).toBeUndefined();
    else {
      expect(said).toMatch(refusal);
      expect(said).toContain('Nothing was sent.');
    }
  });
});

test('any account but the named one is refused', () => {
  expect(refusedAccount('111122223333', '111122223333')).toBeUndefined();
  expect(refusedAccount('111122223333', '999988887777')).toBe(
    'The credentials are of the account 999988887777, and --account names 111122223333. Nothing was created.',
  );
  expect(refusedAccount('111122223333', '')).toBeDefined();
});

test('names that are taken are refused, and named', () => {
  expect(refusedNames('p-', [])).toBeUndefined();
  const things = ['p-a', 'p-b'].map((name) => ({ what: 'secret', name, removal: '' }));
  expect(refusedNames('p-', things)).toContain('secret p-a, secret p-b. Nothing was created.');
});

test('what statements have left is refused, with the command that removes it', () => {
  const place = { account: '111122223333', region: 'eu-west-1' };
  expect(refusedLeftovers(place, [])).toBeUndefined();
  expect(refusedLeftovers(place, [{ what: 'secret', name: 'a', removal: '' }])).toMatch(
    /: secret a\. Nothing was created\..*npm run accept -- --account 111122223333 --region eu-west-1 --clean$/,
  );
});

test('where the CDK was not bootstrapped, the command is said', () => {
  expect(notBootstrapped('111122223333', 'eu-west-1')).toMatch(
    /Nothing was created\..*npx cdk bootstrap aws:\/\/111122223333\/eu-west-1$/,
  );
});
