import { Stage, TO_PUBLICATION } from '../support/stage';

test('a deletion that comes a millisecond early, by another clock, goes back to the check, and starts no wait anew', async () => {
  const stage = new Stage({ enrolled: { deactivationWindow: 'always' } });
  try {
    const rotation = stage.execution('first');
    await rotation.walk(...TO_PUBLICATION);
    await stage.waitDays(5);
    await rotation.step('deactivate-access-key');
    const deactivatedAt = Date.parse(String(rotation.state.deactivatedAt));
    // The clock of confirm-health was ahead: it has found the recovery period over.
    await stage.wait(deactivatedAt + 14 * 86_400_000 - 1 - stage.clock.now().getTime());
    expect(await rotation.step('delete-access-key')).toMatchObject({
      status: 'look-again',
      waitUntil: new Date(stage.clock.now().getTime() + 60_000).toISOString(),
    });
    expect(stage.keys()[stage.oldKey]).toBe('Inactive');
    await stage.wait(60_000);
    expect((await rotation.step('confirm-health')).status).toBe('recovered');
    expect((await rotation.step('delete-access-key')).status).toBe('completed');
    expect(stage.keys()[stage.oldKey]).toBeUndefined();
  } finally {
    stage.close();
  }
});
