import { useSyncExternalStore, type ReactNode } from 'react';
import { Link } from 'wouter';
import { bytes, percent } from '../../../format/numbers.js';
import { Badge } from '../../../ui/badge.js';
import { Button, IconButton } from '../../../ui/button.js';
import { Meter } from '../../../ui/meter.js';
import type { Upload } from './upload-queue.js';
import { uploads } from './uploads.js';

/** The files that are on their way, or have arrived since the page was opened. */
export function UploadList(): ReactNode {
  const items = useSyncExternalStore(uploads.watch, uploads.items);
  if (items.length === 0) return null;
  return (
    <ul className="corpora-uploads" aria-label="Uploads">
      {items.map((upload) => (
        <UploadLine key={upload.key} upload={upload} />
      ))}
    </ul>
  );
}

function UploadLine({ upload }: { readonly upload: Upload }): ReactNode {
  const { key, name, sizeBytes, sentBytes, state, failure, file } = upload;
  return (
    <li>
      <div className="row spread">
        <span className="clip">
          {file === null ? name : <Link href={`/corpora/${encodeURIComponent(file.id)}`}>{name}</Link>}{' '}
          <span className="muted num">{bytes(sizeBytes)}</span>
        </span>
        <span className="row">
          <Standing upload={upload} />
          {state === 'failed' && (
            <Button small onClick={() => uploads.retry(key)}>
              Try again
            </Button>
          )}
          <IconButton
            small
            icon="close"
            label={state === 'done' ? `Take ${name} off this list` : `Stop uploading ${name}`}
            onClick={() => uploads.remove(key)}
          />
        </span>
      </div>
      {state === 'sending' && <Meter value={sentBytes} max={sizeBytes} label={`Upload of ${name}`} />}
      {failure !== null && <span className="tone-bad">{failure.message}</span>}
    </li>
  );
}

function Standing({ upload }: { readonly upload: Upload }): ReactNode {
  const { state, sentBytes, sizeBytes } = upload;
  switch (state) {
    case 'waiting':
      return <span className="muted">waits</span>;
    case 'sending':
      return <span className="num">{sentBytes >= sizeBytes ? 'being stored' : percent(sentBytes / sizeBytes, 0)}</span>;
    case 'done':
      return <Badge tone="good">uploaded</Badge>;
    case 'failed':
      return <Badge tone="bad">failed</Badge>;
  }
}
