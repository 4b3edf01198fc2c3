// Loaded into a generator before its own code (`node --expose-gc --import`): what is alive there can be asked for, free of what
// only waits to be collected.
process.on('message', (message) => {
  if (message !== 'collect') return;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ liveBytes: heapUsed + external });
});
// Listening must not keep a process alive that wants to end.
process.channel?.unref();
