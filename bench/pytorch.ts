import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Architecture } from '#language-model/workbench';

/** The same training step in PyTorch: best of one and two threads, tokens/s on the last line. */
const PROGRAM = `
import sys, time, torch
from torch import nn
V, E, H, L, B, T = map(int, sys.argv[1:7])
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
best = 0
for threads in (1, 2):
    torch.set_num_threads(threads)
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    times = []
    for step in range(8):
        ids = torch.randint(0, V, (T, B)); targets = torch.randint(0, V, (T * B,))
        start = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids).reshape(T * B, V), targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(time.perf_counter() - start)
    times = sorted(times[2:])
    best = max(best, B * T / times[len(times) // 2])
print(best)
`;

/**
 * Trains the same model with PyTorch, in a process of its own.
 * @returns tokens per second
 * @throws TypeError when python3 or torch is not installed
 */
export async function measurePyTorch(
  architecture: Architecture,
  batchSize: number,
  sequenceLength: number,
): Promise<number> {
  const { vocabularySize, embeddingDim, lstmUnits, numLayers } = architecture;
  const sizes = [vocabularySize, embeddingDim, lstmUnits, numLayers, batchSize, sequenceLength].map(String);
  // Debian installs its packages for its own interpreter, which need not be the first python3 of the path.
  const child = spawn('/usr/bin/python3', ['-c', PROGRAM, ...sizes], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve).on('error', () => resolve(null));
  });
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const rate = Number(out.trim());
  if (code !== 0 || !(rate > 0)) {
    const reason = errors.trim().split('\n').at(-1) ?? '';
    throw new TypeError(`--peer needs Debian's python3-torch (apt-get install python3-torch). ${reason}`);
  }
  return rate;
}
