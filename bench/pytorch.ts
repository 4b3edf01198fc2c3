import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Architecture } from '#language-model/workbench';

/** The same training step in PyTorch; tokens/s by precision as JSON on the last line. On a GPU nn.LSTM is cuDNN's. */
const PROGRAM = `
import contextlib, json, sys, time, torch
from torch import nn
device = sys.argv[1]
V, E, H, L, B, T = map(int, sys.argv[2:8])
if device == 'cuda' and not torch.cuda.is_available():
    sys.exit('torch ' + torch.__version__ + ' finds no CUDA device')
torch.manual_seed(1)
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.layers = nn.ModuleList([nn.LSTM(E if i == 0 else H, H) for i in range(L)])
        self.norms = nn.ModuleList([nn.LayerNorm(H) for _ in range(L)])
        self.output = nn.Linear(H, V)
        self.drop = nn.Dropout(0.25)
    def forward(self, x):
        x = self.drop(self.embedding(x))
        for layer, norm in zip(self.layers, self.norms):
            x = self.drop(norm(layer(x)[0]))
        return self.output(x)
def measure(precision, steps):
    model = Model().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    half = lambda: torch.autocast(device, dtype=torch.bfloat16) if precision == 'bfloat16' else contextlib.nullcontext()
    times = []
    for step in range(steps):
        ids = torch.randint(0, V, (T, B), device=device); targets = torch.randint(0, V, (T * B,), device=device)
        if device == 'cuda': torch.cuda.synchronize()
        start = time.perf_counter()
        optimizer.zero_grad()
        with half():
            loss = nn.functional.cross_entropy(model(ids).reshape(T * B, V), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        if device == 'cuda': torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    times = sorted(times[2:])
    return B * T / times[len(times) // 2]
rates = {}
if device == 'cuda':
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    rates = {precision: measure(precision, 30) for precision in ('float32', 'bfloat16')}
else:
    for threads in (1, 2):
        torch.set_num_threads(threads)
        rates['float32'] = max(rates.get('float32', 0), measure('float32', 8))
print(json.dumps(rates))
`;

/** Tokens per second of PyTorch; on the processor the better of one and two threads, float32 only. */
export interface PyTorchRates {
  readonly peerTokensPerSecond: number;
  readonly peerBfloat16TokensPerSecond?: number;
}

/** Debian installs its packages for its own interpreter, which need not be the first python3 of the path. */
const INTERPRETERS = ['python3', '/usr/bin/python3'];

/**
 * Trains the same model with PyTorch, in a process of its own.
 * @throws TypeError when no python3 has torch, or its torch cannot use the device; the message says which
 */
export async function measurePyTorch(
  device: 'cpu' | 'cuda',
  architecture: Architecture,
  batchSize: number,
  sequenceLength: number,
): Promise<PyTorchRates> {
  const { vocabularySize, embeddingDim, lstmUnits, numLayers } = architecture;
  const sizes = [vocabularySize, embeddingDim, lstmUnits, numLayers, batchSize, sequenceLength].map(String);
  const reasons: string[] = [];
  for (const interpreter of INTERPRETERS) {
    const { code, output, errors } = await run(interpreter, ['-c', PROGRAM, device, ...sizes]);
    if (code === 0) {
      const { float32, bfloat16 } = JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, number>;
      return { peerTokensPerSecond: float32!, ...(bfloat16 && { peerBfloat16TokensPerSecond: bfloat16 }) };
    }
    reasons.push(`${interpreter}: ${errors.trim().split('\n').at(-1) ?? ''}`);
  }
  const cure = device === 'cpu' ? 'apt-get install python3-torch' : 'pip install torch, with CUDA';
  throw new TypeError(`--peer needs a python3 with torch (${cure}). ${reasons.join('; ')}`);
}

async function run(program: string, args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let failure = '';
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve).on('error', (error) => {
      failure = error.message;
      resolve(null);
    });
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, errors: failure || errors };
}
