import { parseArgs } from 'node:util';
import { isCodedError } from '#errors';
import { benchConsole } from './console.js';
import { benchDecode } from './decode.js';
import { benchFleet } from './fleet.js';
import { benchGraphSampling } from './graph-sampling.js';
import { benchHttp } from './http.js';
import { benchQuality } from './quality.js';
import { Report } from './report.js';
import { benchReplicas } from './replicas.js';
import { benchSampling } from './sampling.js';
import { benchScoring } from './scoring.js';
import { benchTraces } from './traces.js';
import { benchTraining } from './training.js';
import { numberUpTo, wholeNumber, type BenchOptions } from './options.js';

const BENCHES = {
  training: benchTraining,
  decode: benchDecode,
  sampling: benchSampling,
  'graph-sampling': benchGraphSampling,
  http: benchHttp,
  scoring: benchScoring,
  quality: benchQuality,
  replicas: benchReplicas,
  fleet: benchFleet,
  console: benchConsole,
  traces: benchTraces,
};

const USAGE = `Usage: npm run bench -- training|decode|sampling|graph-sampling|http|scoring|quality|replicas|fleet|console|traces [options]

  --preset small|intermediate|medium   which sizes (default small)
  --json                               one JSON object per line instead of a table
  --threads N                          threads (default: one per core)
  training: --batch-size N[,N...] (default 32,64)   --engine onnxruntime|tensorflow   --device cpu|cuda|webgpu
            --peer: also PyTorch on the same device (cuDNN on a GPU: float32 and bfloat16), where python3 has torch
  http:     --clients N (default 64) --tokens M (default 64) --stream
            --duration SECONDS (default 10) or --requests N, after --warm-up SECONDS (default 2)
            --rate R: open loop, R arrivals per second at random moments over at most N connections
            --aborts SHARE: this share of the requests is broken off   --seed N
            --base-url URL --key KEY --model NAME: a running server instead of one of its own
  scoring:  what scoring for a release costs; --clients N --tokens M --duration SECONDS --warm-up SECONDS as above
  quality:  --corpus FOLDER with train.txt, valid.txt, test.txt (tokenised)   --epochs N (default 5)
            --vocabulary N (default 10000)   --seed N   --hyperparameters JSON, by the API's names
  replicas: several generators on this machine; --replicas N[,N...] (default 1,2,4), and --clients, --tokens,
            --duration, --warm-up as above
  fleet:    what thousands of replicas ask of one database: what it can do is measured, the rest computed (docs/scale.md)
  console:  how fluid the runs page of the console is with 200 runs of 10,000 points each, in Chromium
  traces:   what OpenTelemetry costs, with a collector that drops all; --clients, --tokens, --stream, --duration, --warm-up`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: 'string', default: 'small' },
      json: { type: 'boolean', default: false },
      threads: { type: 'string', default: '0' },
      'batch-size': { type: 'string' },
      engine: { type: 'string', default: 'onnxruntime' },
      device: { type: 'string', default: 'cpu' },
      peer: { type: 'boolean', default: false },
      clients: { type: 'string', default: '64' },
      tokens: { type: 'string', default: '64' },
      requests: { type: 'string' },
      stream: { type: 'boolean', default: false },
      rate: { type: 'string', default: '0' },
      aborts: { type: 'string', default: '0' },
      duration: { type: 'string' },
      'warm-up': { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      replicas: { type: 'string', default: '1,2,4' },
      'base-url': { type: 'string' },
      key: { type: 'string' },
      model: { type: 'string', default: 'production' },
      corpus: { type: 'string' },
      epochs: { type: 'string', default: '5' },
      vocabulary: { type: 'string', default: '10000' },
      hyperparameters: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false },
    },
  });
  const name = positionals[0];
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (name === undefined || positionals.length > 1 || !Object.hasOwn(BENCHES, name)) {
    throw new TypeError(`Name one of ${Object.keys(BENCHES).join(', ')}.\n\n${USAGE}`);
  }
  const options: BenchOptions = {
    ...values,
    threads: wholeNumber('threads', values.threads),
    clients: wholeNumber('clients', values.clients),
    tokens: wholeNumber('tokens', values.tokens),
    epochs: wholeNumber('epochs', values.epochs),
    vocabulary: wholeNumber('vocabulary', values.vocabulary),
    batchSizes: (values['batch-size'] ?? '32,64').split(',').map((text) => wholeNumber('batch-size', text)),
    requests: values.requests === undefined ? undefined : wholeNumber('requests', values.requests),
    rate: numberUpTo(1e6, 'rate', values.rate),
    aborts: numberUpTo(1, 'aborts', values.aborts),
    duration: values.duration === undefined ? undefined : numberUpTo(86_400, 'duration', values.duration),
    warmUp: numberUpTo(3_600, 'warm-up', values['warm-up']),
    seed: wholeNumber('seed', values.seed),
    replicas: values.replicas.split(',').map((text) => wholeNumber('replicas', text)),
    baseUrl: values['base-url'],
  };
  const report = new Report(options.json);
  await BENCHES[name as keyof typeof BENCHES](options, report);
  report.end();
}

try {
  await main();
} catch (error) {
  const known = isCodedError(error) || error instanceof TypeError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
