import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import tar from 'tar-stream';

/** A file of an archive in a spec. */
export interface PackedEntry {
  readonly name: string;
  readonly content: string | Buffer;
  readonly linkTo?: string;
}

export async function tarGzOf(entries: readonly PackedEntry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { name, content, linkTo } of entries) {
    if (linkTo !== undefined) pack.entry({ name, type: 'symlink', linkname: linkTo });
    else if (name.endsWith('/')) pack.entry({ name, type: 'directory' });
    else pack.entry({ name }, content);
  }
  pack.finalize();
  return gzipSync(await buffer(pack));
}

/** @see APPNOTE.TXT of PKWARE, 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end). */
export function zipOf(entries: readonly PackedEntry[]): Promise<Buffer> {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, linkTo } of entries) {
    const bytes = Buffer.from(linkTo ?? content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26); // what both headers have, from "version needed" to "extra field length"
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.byteLength, 14);
    fields.writeUInt32LE(bytes.byteLength, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const place = Buffer.alloc(14); // from "comment length" to "offset of the local header"
    const unixMode = linkTo === undefined ? 0o100644 : 0o120777;
    place.writeUInt32LE((unixMode << 16) >>> 0, 6);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    // "Version made by" 3.20: the upper half of the attributes is a mode of Unix.
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), fields, place, Buffer.from(name));
    locals.push(local);
    offset += local.byteLength;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.byteLength, 12);
  end.writeUInt32LE(offset, 16);
  return Promise.resolve(Buffer.concat([...locals, directory, end]));
}
