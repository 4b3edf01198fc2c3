import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TRACING } from '#observability';
import { guardAgainstLeaks, openTraceReceiver, type ReceivedSpan, type TraceReceiver } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();

/** Two clocks, that of the process and that of its decoder's thread, and the way between them. */
const CLOCK_MS = 50;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';

let stand: GeneratorStand;
let receiver: TraceReceiver;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
});
afterAll(() => stand.close());
beforeEach(async () => {
  receiver = await openTraceReceiver();
});
afterEach(() => receiver.close());

async function start(settings: Readonly<Record<string, string>>): Promise<Replica> {
  const replica = await stand.start(settings);
  await replica.ready();
  return replica;
}

async function complete(
  { url }: Replica,
  headers: Readonly<Record<string, string>> = {},
  body = {},
): Promise<Response> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'production', prompt: 'The old man', max_tokens: 5, ignore_eos: true, ...body }),
  });
  await response.text();
  return response;
}

function only(name: string): ReceivedSpan {
  const [span, ...others] = receiver.spans.filter((candidate) => candidate.name === name);
  expect(others, `more than one "${name}"`).toEqual([]);
  if (span === undefined) throw new Error(`No span "${name}" among ${receiver.spans.map((each) => each.name).join()}`);
  return span;
}

describe('the trace of a completion', () => {
  it('goes on with that of the client, from the request over the queue to each step of the decoder', async () => {
    const replica = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, TRACE_SAMPLE_SHARE: '0' });
    await complete(replica, { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01`, 'x-request-id': 'req-1' });
    await replica.app.close();

    const request = only('POST /v1/completions');
    expect(request).toMatchObject({ traceId: TRACE_ID, parentSpanId: CLIENT_SPAN, failed: false });
    expect(request.attributes).toMatchObject({ 'http.response.status_code': 200, 'understudy.request_id': 'req-1' });
    const completion = only('complete');
    const decode = only('decode');
    expect([only('queue'), completion].map(({ parentSpanId }) => parentSpanId)).toEqual([
      request.spanId,
      request.spanId,
    ]);
    expect([only('prefill'), decode].map(({ parentSpanId }) => parentSpanId)).toEqual([
      completion.spanId,
      completion.spanId,
    ]);
    expect(completion.attributes).toMatchObject({
      'understudy.version': stand.versions[0]?.id,
      'understudy.arm': 'incumbent',
    });
    const steps = receiver.spans.filter(({ name }) => name === 'decode step');
    expect(steps.map(({ parentSpanId }) => parentSpanId)).toEqual(Array.from({ length: 5 }, () => decode.spanId));
    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual(receiver.spans.map(() => TRACE_ID));
    for (const span of receiver.spans) {
      expect(span.endMs, span.name).toBeGreaterThanOrEqual(span.startMs);
      expect(span.startMs, span.name).toBeGreaterThanOrEqual(request.startMs - CLOCK_MS);
      expect(span.endMs, span.name).toBeLessThanOrEqual(request.endMs + CLOCK_MS);
    }
  });

  it('is made for the share of the requests that a setting says, unless the client wants none', async () => {
    const replica = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, TRACE_SAMPLE_SHARE: '1' });
    await complete(replica);
    await complete(replica, { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-00` });
    await fetch(`${replica.url}/health/live`);
    await replica.app.close();
    expect(receiver.spans.filter(({ parentSpanId }) => parentSpanId === '').map(({ name }) => name)).toEqual([
      'POST /v1/completions',
    ]);
    expect(receiver.spans.some(({ traceId }) => traceId === TRACE_ID)).toBe(false);
  });

  it('tells of a request that is refused', async () => {
    const replica = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, TRACE_SAMPLE_SHARE: '1' });
    expect((await complete(replica, {}, { model: 'nothing' })).status).toBe(404);
    await replica.app.close();
    expect(only('POST /v1/completions').attributes).toMatchObject({ 'http.response.status_code': 404 });
    expect(receiver.spans).toHaveLength(1);
  });

  it('is none, and OpenTelemetry is not even loaded, where no receiver is set', async () => {
    const replica = await start({});
    await complete(replica, { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01` });
    expect(replica.app.get<unknown>(TRACING)).toBeNull();
    await replica.app.close();
    expect(receiver.spans).toEqual([]);
  });
});
