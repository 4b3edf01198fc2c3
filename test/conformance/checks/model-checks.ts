import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertError } from '../error-shape.js';

const { standard, extension } = checksOf('models');

interface Model {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly owned_by: string;
}

/** Which models there are. */
export const modelChecks: readonly Check[] = [
  standard('the list of models has the one that is asked for', async (server) => {
    const { object, data } = (await server.get('/v1/models')) as { object: string; data: readonly Model[] };
    assert.equal(object, 'list');
    for (const model of data) assertModel(model);
    assert.ok(
      data.some(({ id }) => id === server.model),
      `${server.model} is not among ${data.map(({ id }) => id).join()}`,
    );
  }),
  standard('a model can be read by its id', async (server) => {
    const model = (await server.get(`/v1/models/${encodeURIComponent(server.model)}`)) as Model;
    assertModel(model);
    assert.equal(model.id, server.model);
  }),
  standard('an unknown model is a 404 with the code model_not_found', async (server) => {
    assertError(await server.request('GET', '/v1/models/no-such-model'), { status: 404, code: 'model_not_found' });
  }),
  extension('every model of the list completes', async (server) => {
    const { data } = (await server.get('/v1/models')) as { data: readonly Model[] };
    for (const { id } of data.slice(0, 4)) await server.complete({ model: id, max_tokens: 2 });
  }),
];

function assertModel({ id, object, created, owned_by }: Model): void {
  assert.equal(object, 'model');
  assert.ok(typeof id === 'string' && id !== '', 'id is missing.');
  assert.ok(Number.isInteger(created), 'created is not a time.');
  assert.equal(typeof owned_by, 'string');
}
