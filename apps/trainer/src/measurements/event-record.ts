import protobuf from 'protobufjs';
import { crc32c } from './crc32c.js';

/**
 * The part of TensorFlow's event format that is written here; names and numbers are those of `tensorflow/core/util/event.proto`,
 * `framework/summary.proto`, `framework/tensor.proto` and `framework/tensor_shape.proto`.
 */
const EVENT_FORMAT = `
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what {
      string file_version = 3;
      Summary summary = 5;
      SessionLog session_log = 7;
    }
  }
  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; }
    SessionStatus status = 1;
  }
  message Summary { repeated Value value = 1; }
  message Value {
    string tag = 1;
    oneof value {
      float simple_value = 2;
      TensorProto tensor = 8;
    }
    SummaryMetadata metadata = 9;
  }
  message SummaryMetadata {
    message PluginData { string plugin_name = 1; }
    PluginData plugin_data = 1;
    enum DataClass { DATA_CLASS_UNKNOWN = 0; DATA_CLASS_TENSOR = 2; }
    DataClass data_class = 4;
  }
  message TensorProto {
    enum DataType { DT_INVALID = 0; DT_STRING = 7; }
    DataType dtype = 1;
    TensorShapeProto tensor_shape = 2;
    repeated bytes string_val = 8;
  }
  message TensorShapeProto {
    message Dim { int64 size = 1; }
    repeated Dim dim = 2;
  }`;

const EventMessage = protobuf.parse(EVENT_FORMAT, { keepCase: true }).root.lookupType('Event');
const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;
const SESSION_START = 1;

/** One entry of an event file. */
export type FileEvent =
  /** The first of every file. */
  | { readonly kind: 'version' }
  /** Readers drop what earlier files of the run say about `step` and later. */
  | { readonly kind: 'restart'; readonly step: number }
  | { readonly kind: 'scalars'; readonly step: number; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'text'; readonly step: number; readonly tag: string; readonly text: string };

/**
 * An event as it stands in a file: 8 bytes length, 4 bytes masked CRC-32C of these, the event, 4 bytes masked CRC-32C of
 * the event; little-endian.
 *
 * @param wallTimeSeconds since 1970.
 * @see tensorflow/core/lib/io/record_writer.cc
 */
export function encodeRecord(event: FileEvent, wallTimeSeconds: number): Buffer {
  const data = EventMessage.encode({ wall_time: wallTimeSeconds, ...fieldsOf(event) }).finish();
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

function fieldsOf(event: FileEvent): Record<string, unknown> {
  switch (event.kind) {
    case 'version':
      return { file_version: 'brain.Event:2' };
    case 'restart':
      return { step: event.step, session_log: { status: SESSION_START } };
    case 'scalars': {
      const value = Object.entries(event.values).map(([tag, number]) => ({ tag, simple_value: number }));
      return { step: event.step, summary: { value } };
    }
    case 'text': {
      const tensor = {
        dtype: DT_STRING,
        tensor_shape: { dim: [{ size: 1 }] },
        string_val: [Buffer.from(event.text)],
      };
      const metadata = { plugin_data: { plugin_name: 'text' }, data_class: DATA_CLASS_TENSOR };
      return { step: event.step, summary: { value: [{ tag: event.tag, metadata, tensor }] } };
    }
  }
}

/** A CRC of data that holds CRCs is weak, so the stored one is rotated by 15 bits and shifted by a constant. @see tensorflow/core/lib/hash/crc32c.h */
function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
