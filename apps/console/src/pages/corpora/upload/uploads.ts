import { queries } from '../../../data/query-store.js';
import { sendFile } from './send-file.js';
import { UploadQueue } from './upload-queue.js';

/** The uploads of this console. */
export const uploads = new UploadQueue(sendFile, () => queries.reload(['corpora']));
