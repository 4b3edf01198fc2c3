// Loaded into a service before its own code: a service whose launcher is gone, even by kill -9, stops by itself.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone shall not keep the service alive.
process.channel?.unref();
