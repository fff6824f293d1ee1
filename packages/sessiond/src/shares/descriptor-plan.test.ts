import { expect, it } from 'vitest';
import { planDescriptors } from './descriptor-plan.ts';

it.each([256, 1024, 4096, 20_000, 1_048_576])('a daemon with %i descriptors keeps an eighth for itself', (limit) => {
  const { appConnections, rings, clientConnections } = planDescriptors(limit);
  expect(4 * appConnections + rings + clientConnections).toBeLessThanOrEqual((7 / 8) * limit);
  expect(4 * rings).toBeLessThan(limit);
  expect(appConnections).toBeGreaterThan(0);
  expect(clientConnections).toBeGreaterThanOrEqual(4);
});
