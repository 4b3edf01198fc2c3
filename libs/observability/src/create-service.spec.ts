import 'reflect-metadata';
import { BadRequestException, Body, Controller, Delete, Get, Module, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodedError, type ErrorBody } from '#errors';
import type { ApiKeyIdentity } from './api-key-cache.js';
import { createService, type ServiceOptions } from './create-service.js';
import { CurrentApiKey, Public, RequireScope } from './scopes.js';

class MixDto {
  @Min(1) @Max(9) @IsInt() amount!: number;
  @IsOptional()
  @IsIn([null], { message: 'sugar is not supported', context: { code: 'unsupported_parameter' } })
  sugar?: null;
}

@RequireScope('training')
@Controller('kitchen')
class KitchenController {
  @Post('mix') mix(@Body() dto: MixDto, @CurrentApiKey() owner: ApiKeyIdentity): object {
    return { amount: dto.amount, for: owner.name };
  }
  @Delete(':dish') remove(@Param('dish') dish: string): object {
    return { dish };
  }
  @Public() @Get('coded') coded(): void {
    throw new CodedError('server_is_overloaded', 'Too many cooks.', { retryAfterMs: 1500 });
  }
  @Public() @Get('greedy') greedy(): void {
    throw new CodedError('rate_limit_exceeded', 'More than there will ever be.');
  }
  @Public() @Get('corrupt') corrupt(): void {
    throw new CodedError('bundle_corrupt', 'The pan has a hole.');
  }
  @Public() @Get('slow') async slow(): Promise<string> {
    await delay(100);
    return 'stew';
  }
  @Public() @Get('http') http(): void {
    throw new BadRequestException('No such spoon.');
  }
  @Public() @Get('unforeseen') unforeseen(): void {
    throw new Error('secret path /etc/kitchen');
  }
}

@Controller('open')
class ForgottenController {
  @Get() read(): string {
    return 'nobody declared who may read this';
  }
}

@Module({ controllers: [KitchenController, ForgottenController] })
class KitchenModule {}

const KEYS: Readonly<Record<string, ApiKeyIdentity>> = {
  'sk-cook': { id: '1', name: 'cook', scopes: ['training'] },
  'sk-chief': { id: '2', name: 'chief', scopes: ['admin'] },
  'sk-guest': { id: '3', name: 'guest', scopes: ['completions'] },
};

const OPTIONS: ServiceOptions = {
  logging: { name: 'kitchen', level: 'silent', format: 'json' },
  maxBodyBytes: 1000,
  verifyApiKey: (key) => Promise.resolve(KEYS[key] ?? null),
  docs: { title: 'Kitchen', description: 'Dishes.', version: '1' },
};

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: ErrorBody['error'];
  raw: string;
}

let app: NestFastifyApplication;

async function send(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  more: { key?: string; payload?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...more.headers };
  if (more.key !== undefined) headers['authorization'] = `Bearer ${more.key}`;
  if (more.payload !== undefined || more.type !== undefined) headers['content-type'] = more.type ?? 'application/json';
  const answer = await app.inject({
    method,
    url,
    headers,
    ...(more.payload === undefined ? {} : { payload: more.payload }),
  });
  const parsed: Partial<ErrorBody> = answer.body.startsWith('{') ? answer.json() : {};
  const none = { message: '', type: 'server_error', param: null, code: 'server_error' } as const;
  return { status: answer.statusCode, headers: answer.headers, body: parsed.error ?? none, raw: answer.body };
}

beforeAll(async () => {
  app = await createService(KitchenModule, OPTIONS);
  await app.listen(0, '127.0.0.1');
});

afterAll(() => app.close());

describe('an answer to an error', () => {
  it.each([
    ['a coded error', 'GET', '/kitchen/coded', 503, 'server_is_overloaded', 'server_error'],
    ['an exception of the framework', 'GET', '/kitchen/http', 400, 'invalid_value', 'invalid_request_error'],
    ['an unforeseen error', 'GET', '/kitchen/unforeseen', 500, 'server_error', 'server_error'],
    ['an unknown path', 'GET', '/nowhere', 404, 'not_found', 'invalid_request_error'],
    ['an unknown method', 'DELETE', '/kitchen/coded/x', 404, 'not_found', 'invalid_request_error'],
    ['a malformed path', 'GET', '/kitchen/%zz', 400, 'invalid_value', 'invalid_request_error'],
    ['an over-long id', 'GET', `/kitchen/${'x'.repeat(3000)}`, 404, 'not_found', 'invalid_request_error'],
    ['a handler that declares no access', 'GET', '/open', 500, 'server_error', 'server_error'],
  ] as const)(
    'to %s has the OpenAI shape with all four keys and the request id',
    async (_what, method, url, status, code, type) => {
      const answer = await send(method, url);
      expect({ status: answer.status, code: answer.body.code, type: answer.body.type }).toEqual({ status, code, type });
      expect(Object.keys(answer.body).sort()).toEqual(['code', 'message', 'param', 'type']);
      expect(answer.headers['x-request-id']).toMatch(/^req_[0-9a-f]{24}$/);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    },
  );

  it('never tells what an unforeseen error said', async () => {
    expect((await send('GET', '/kitchen/unforeseen')).raw).not.toContain('secret');
  });

  it('says when to try again, and when not to', async () => {
    const overloaded = await send('GET', '/kitchen/coded');
    expect([overloaded.headers['retry-after'], overloaded.headers['retry-after-ms']]).toEqual(['2', '1500']);
    const corrupt = await send('GET', '/kitchen/corrupt');
    expect(corrupt.headers['x-should-retry']).toBe('false');
    expect(overloaded.headers['x-should-retry']).toBeUndefined();
    expect((await send('GET', '/kitchen/greedy')).headers).toMatchObject({ 'x-should-retry': 'false' });
  });

  it('keeps the shape for bytes that are not HTTP', async () => {
    const { port } = new URL(await app.getUrl());
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('hello\r\n\r\n'));
      socket
        .on('data', (data) => (received += data.toString()))
        .on('end', () => resolve(received))
        .on('error', reject);
    });
    expect(text).toContain('400 Bad Request');
    expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({ error: { code: 'invalid_value', param: null } });
  });
});

describe('a request body', () => {
  const cook = { key: 'sk-cook' };
  it.each([
    ['broken JSON', '{"amount": 3', 400, 'invalid_json', null],
    ['nothing', '', 400, 'missing_parameter', 'amount'],
    ['an array', '[1]', 400, 'invalid_value', null],
    ['a string', '"mix"', 400, 'invalid_value', null],
    ['null', 'null', 400, 'missing_parameter', 'amount'],
    ['an unknown field', '{"amount": 3, "salt": 1}', 400, 'unknown_parameter', 'salt'],
    ['an unknown field beside a bad one', '{"amount": 30, "salt": 1}', 400, 'unknown_parameter', 'salt'],
    ['a field out of range', '{"amount": 30}', 400, 'invalid_value', 'amount'],
    ['a number as text', '{"amount": "3"}', 400, 'invalid_value', 'amount'],
    ['an unsupported field', '{"amount": 3, "sugar": 2}', 400, 'unsupported_parameter', 'sugar'],
    ['a field that every object has', '{"amount": 3, "toString": 1}', 400, 'unknown_parameter', 'toString'],
    ['deep nesting', `{"amount": ${'['.repeat(400)}${']'.repeat(400)}}`, 400, 'invalid_json', null],
    ['a prototype', '{"amount": 3, "__proto__": {"admin": true}}', 400, 'invalid_json', null],
    ['more bytes than the limit', JSON.stringify({ amount: 'x'.repeat(1000) }), 413, 'body_too_large', null],
  ])('of %s is refused and named', async (_what, payload, status, code, param) => {
    const answer = await send('POST', '/kitchen/mix', { ...cook, payload, type: 'application/json' });
    expect({ status: answer.status, code: answer.body.code, param: answer.body.param }).toEqual({
      status,
      code,
      param,
    });
  });

  it('is answered with the limit and the value given', async () => {
    expect((await send('POST', '/kitchen/mix', { ...cook, payload: '{"amount": 30}' })).body.message).toBe(
      'amount must not be greater than 9. Got 30.',
    );
    expect((await send('POST', '/kitchen/mix', { ...cook, payload: ' '.repeat(1001) })).body.message).toContain(
      '1000 bytes',
    );
  });

  it('of another type than JSON is refused', async () => {
    const answer = await send('POST', '/kitchen/mix', { ...cook, payload: 'amount=3', type: 'text/plain' });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 415, code: 'unsupported_media_type' });
  });

  it('may be empty where none is needed, whatever its header says', async () => {
    expect((await send('DELETE', '/kitchen/soup', { ...cook, type: 'application/json' })).raw).toBe('{"dish":"soup"}');
  });
});

describe('an API key', () => {
  const payload = '{"amount": 3}';
  it.each([
    ['with the scope is let through', 'sk-cook', 201, undefined],
    ['with the scope admin is let through', 'sk-chief', 201, undefined],
    ['without the scope is refused', 'sk-guest', 403, 'insufficient_scope'],
    ['that does not exist is refused', 'sk-thief', 401, 'invalid_api_key'],
  ])('%s', async (_what, key, status, code) => {
    const answer = await send('POST', '/kitchen/mix', { key, payload });
    expect(answer.status).toBe(status);
    if (code !== undefined) expect(answer.body.code).toBe(code);
  });

  it('that is missing or in another form is refused, saying how to send it', async () => {
    for (const headers of [{}, { authorization: 'Basic Y29vaw==' }, { authorization: 'Bearer' }]) {
      const answer = await send('POST', '/kitchen/mix', { payload, headers });
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 401, code: 'invalid_api_key' });
      expect(answer.body.message).toContain('Authorization: Bearer');
    }
  });

  it('tells the handler who it belongs to', async () => {
    expect((await send('POST', '/kitchen/mix', { key: 'sk-chief', payload })).raw).toBe('{"amount":3,"for":"chief"}');
  });

  it('that lacks the scope learns which scope it lacks', async () => {
    expect((await send('POST', '/kitchen/mix', { key: 'sk-guest', payload })).body.message).toContain('"training"');
  });
});

describe('a service', () => {
  it('stops while a client holds a connection on which it says nothing', async () => {
    const silent = await createService(KitchenModule, OPTIONS);
    await silent.listen(0, '127.0.0.1');
    const socket = connect(Number(new URL(await silent.getUrl()).port), '127.0.0.1');
    await once(silent.getHttpServer(), 'connection');
    await silent.close();
    socket.destroy();
  });

  it('stops as soon as it has answered, and tells the client that its connection ends', async () => {
    const slow = await createService(KitchenModule, OPTIONS);
    await slow.listen(0, '127.0.0.1');
    const arrived = once(slow.getHttpServer(), 'request');
    const answer = fetch(`${await slow.getUrl()}/kitchen/slow`);
    await arrived;
    await slow.close();
    const response = await answer;
    expect(await response.text()).toBe('stew');
    expect(response.headers.get('connection')).toBe('close');
  });

  it('answers a client that takes too long to send its request, and closes the connection', async () => {
    const strict = await createService(KitchenModule, { ...OPTIONS, requestTimeoutMs: 50 });
    await strict.listen(0, '127.0.0.1');
    const socket = connect(Number(new URL(await strict.getUrl()).port), '127.0.0.1');
    socket.write(
      'POST /kitchen/mix HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    const parts: Buffer[] = (await socket.toArray()) as Buffer[];
    const [head = '', body = ''] = String(Buffer.concat(parts)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'request_timeout', type: 'invalid_request_error' } });
    await strict.close();
  });

  it('keeps a sane request id of the client and replaces any other', async () => {
    const sane = await send('GET', '/kitchen/coded', { headers: { 'x-request-id': 'trace-42' } });
    expect(sane.headers['x-request-id']).toBe('trace-42');
    const odd = await send('GET', '/kitchen/coded', { headers: { 'x-request-id': 'a b"c' } });
    expect(odd.headers['x-request-id']).toMatch(/^req_/);
  });

  it('counts requests by route and status, never by id', async () => {
    await send('DELETE', '/kitchen/goulash', { key: 'sk-cook' });
    const metrics = (await send('GET', '/metrics')).raw;
    expect(metrics).toContain(
      'understudy_http_request_duration_seconds_count{method="DELETE",route="/kitchen/:dish",status="200"}',
    );
    expect(metrics).not.toContain('goulash');
  });

  it('serves its own description', async () => {
    const document: unknown = JSON.parse((await send('GET', '/docs/openapi.json')).raw);
    expect(document).toMatchObject({
      info: { title: 'Kitchen' },
      paths: { '/kitchen/mix': { post: { security: [{ bearer: [] }] } } },
    });
    expect((await send('GET', '/docs')).status).toBe(200);
  });
});
