import type { ParentMessage } from '../training/child-messages.js';
import { fillDisk } from './full-disk.js';

/** The training process on a disk that has no room for the part of its work folder that the corpus is named after: `bundle.txt`. */
process.once('message', (message: ParentMessage) => {
  void start(message);
});

async function start(message: ParentMessage): Promise<void> {
  if (message.type !== 'train') throw new Error(`The first message is ${message.type}, not train.`);
  const { filename } = message.order.corpus;
  const folder = `/${filename.slice(0, filename.indexOf('.'))}`;
  fillDisk((path) => path.includes(folder));
  await import('../training/training-child.js');
  process.emit('message', message, undefined);
}
