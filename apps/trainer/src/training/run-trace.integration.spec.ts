import 'reflect-metadata';
import { expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, openTraceReceiver, tinyCorpus } from '#testing';
import { RunningTrainer, TINY } from '../testing/running-trainer.js';

guardAgainstLeaks();

it('a run is part of the trace of the request for it, with its phases and its training steps', async () => {
  const receiver = await openTraceReceiver();
  const database = await createTestDatabase();
  // A share of nothing: the training of a job that nobody traces is traced all the same.
  const trainer = await RunningTrainer.start(database.connectionString, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    TRACE_SAMPLE_SHARE: '0',
  });
  const corpus = await tinyCorpus({ documents: 4, words: 200, seed: 5 });
  const training_file = await trainer.upload(corpus.texts.join('\n\n'));
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await trainer.fetch('/v1/fine_tuning/jobs', {
    body: {
      model: 'small',
      training_file,
      seed: 1,
      method: { type: 'supervised', supervised: { hyperparameters: TINY } },
    },
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  const traced = ((await answer.json()) as { id: string }).id;
  const untraced = await trainer.train(corpus.texts.join('\n\n'));
  for (const id of [traced, untraced]) await trainer.until(id, ({ state }) => state === 'succeeded');
  await trainer.close();
  await receiver.close();
  await database.close();
  await corpus.remove();

  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const request = spans.find(({ name }) => name === 'POST /v1/fine_tuning/jobs');
  const attempt = spans.find(({ name }) => name === 'training attempt');
  expect(attempt).toMatchObject({
    parentSpanId: request?.spanId,
    failed: false,
    attributes: {
      'understudy.training_run': traced,
      'understudy.preset': 'small',
      'understudy.attempt': 1,
      'understudy.end': 'succeeded',
    },
  });
  const phases = spans.filter(({ parentSpanId }) => parentSpanId === attempt?.spanId);
  expect(phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['reading', 'training', 'exporting', 'verifying']),
  );
  const training = phases.find(({ name }) => name === 'training');
  const steps = spans.find(({ name }) => name === 'training steps');
  expect(steps).toMatchObject({ parentSpanId: training?.spanId, attributes: { 'understudy.first_step': 1 } });
  const step = spans.find(({ name }) => name === 'training step');
  expect(spans.filter(({ parentSpanId }) => parentSpanId === step?.spanId).map(({ name }) => name)).toEqual([
    'read',
    'compute',
    'optimizer',
  ]);

  const others = receiver.spans.filter((span) => span.traceId !== traceId);
  expect(others.filter(({ name }) => name === 'training attempt')).toHaveLength(1);
  expect(others.filter(({ name }) => name.startsWith('POST'))).toEqual([]);
});
