import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { count } from '../../../format/numbers.js';
import { Button } from '../../../ui/button.js';
import { CheckField } from '../../../ui/inputs.js';
import { Icon } from '../../../ui/icon.js';
import { canJoin, joinTexts } from './join-texts.js';
import { uploads } from './uploads.js';

const ENDINGS = '.txt,.md,.jsonl,.zip,.tar.gz,.tgz';

/** Where files are dropped, or chosen. Several texts may become one corpus. */
export function DropZone(): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [waiting, setWaiting] = useState<readonly File[]>([]);
  const [isJoined, setJoined] = useState(true);
  const [isJoining, setJoining] = useState(false);
  const take = (files: readonly File[]): void => {
    if (canJoin(files)) setWaiting(files);
    else for (const file of files) uploads.add(file.name, file);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    take([...event.dataTransfer.files]);
  };
  const start = async (): Promise<void> => {
    if (isJoined) {
      setJoining(true);
      uploads.add(nameOf(waiting), await joinTexts(waiting));
      setJoining(false);
    } else for (const file of waiting) uploads.add(file.name, file);
    setWaiting([]);
  };
  return (
    <div className="corpora-upload">
      <div
        className="corpora-drop"
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="upload" size={22} />
        <div>
          <strong>Drop text here</strong>
          <div className="muted small">
            .txt, .md, .jsonl with one {'{"text": …}'} per line, or a .zip or .tar.gz of those
          </div>
        </div>
        <Button kind="primary" onClick={() => input.current?.click()}>
          Choose files
        </Button>
        <input
          ref={input}
          className="visually-hidden"
          type="file"
          multiple
          accept={ENDINGS}
          tabIndex={-1}
          aria-label="Files to upload"
          onChange={({ target }) => {
            take([...(target.files ?? [])]);
            target.value = '';
          }}
        />
      </div>
      {waiting.length > 0 && (
        <div className="corpora-waiting">
          <strong>{count(waiting.length)} texts</strong>
          <CheckField
            label="Make one corpus of them"
            checked={isJoined}
            onChange={setJoined}
            hint="A model learns from one corpus; each text is a document of it."
          />
          <div className="row">
            <Button kind="primary" busy={isJoining} onClick={() => void start()}>
              Upload
            </Button>
            <Button onClick={() => setWaiting([])}>Leave it</Button>
          </div>
        </div>
      )}
    </div>
  );
}

function nameOf(files: readonly File[]): string {
  const first = (files[0]?.name ?? 'texts').replace(/\.[^.]+$/u, '');
  return `${first}-and-${files.length - 1}-more.jsonl`;
}
