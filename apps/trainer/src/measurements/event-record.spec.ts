import { describe, expect, it } from 'vitest';
import { encodeRecord, type FileEvent } from './event-record.js';

const WALL_TIME_SECONDS = 1763812345.25;

/** Written by TensorBoard 2.21.0 itself: `RecordWriter` and the messages of `tensorboard.compat.proto`, in base64. */
const BY_TENSORBOARD: readonly (readonly [FileEvent, string])[] = [
  [{ kind: 'version' }, 'GAAAAAAAAACjf0siCQAAUP5oSNpBGg1icmFpbi5FdmVudDoyd32GWw=='],
  [{ kind: 'restart', step: 101 }, 'DwAAAAAAAABtUysJCQAAUP5oSNpBEGU6AggB+qmCdQ=='],
  [
    { kind: 'scalars', step: 300, values: { 'loss/train': 4.125, 'step_ms/read': 0 } },
    'NgAAAAAAAABPV4zvCQAAUP5oSNpBEKwCKigKEQoKbG9zcy90cmFpbhUAAIRAChMKDHN0ZXBfbXMvcmVhZBUAAAAAAJoU4A==',
  ],
  [
    { kind: 'text', step: 70_000, tag: 'sample', text: 'Ein Käfer.\n' },
    'PQAAAAAAAABgSfHsCQAAUP5oSNpBEPCiBCouCiwKBnNhbXBsZUIWCAcSBBICCAFCDEVpbiBLw6RmZXIuCkoKCgYKBHRleHQgAvbfjh0=',
  ],
];

describe('encodeRecord', () => {
  it.each(BY_TENSORBOARD)('writes %j as TensorBoard writes it, byte for byte', (event, expected) => {
    expect(encodeRecord(event, WALL_TIME_SECONDS).toString('base64')).toBe(expected);
  });
});
